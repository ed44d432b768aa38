"""The closed list of tags: a misspelt tag must stop a run, or a scenario silently proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from behave.model import Feature, Rule, Scenario

from acceptance.capabilities import NEEDS_TAGS
from acceptance.results.criteria import ALL
from acceptance.waiting.errors import DriverError

WHERE = frozenset({"anywhere", "sandbox_only", "aws_only"})
SHARED = "shared"
"""The scenario changes nothing of its live session, which may therefore be one that others look at, too."""
BROWSER = "browser"
"""The scenario's pages are open in a real browser; elsewhere our own client of their update sockets stands for one."""
PROMISES = frozenset(criterion.tag for criterion in ALL)
KNOWN = WHERE | {"slow", SHARED, BROWSER} | PROMISES | NEEDS_TAGS
BUG = re.compile(r"bug\.[a-z0-9-]+")
"""`@bug.<id>`: it is known why the scenario fails. It runs all the same, is red while it fails, and is named once it
passes."""
SKIP = re.compile(r"skip\.([a-z0-9-]+)")
"""`@skip.<reason>`, the reason's words joined by hyphens: how a scenario is left out of a run that is judged."""


class WrongTags(DriverError):
    """A feature carries tags that mean nothing, or does not say where it may run and what it proves."""


def check_tags(feature: Feature) -> None:
    """Every scenario carries known tags, one for where it may run, at least one for what it proves; else WrongTags."""
    problems = [problem for scenario in feature.walk_scenarios() for problem in _problems(scenario)]
    if problems:
        raise WrongTags(f"{feature.filename}: " + "; ".join(problems))


def reason_to_skip(tags: Iterable[str]) -> str | None:
    """Why a scenario with these tags may be left out of a run; None when it may not."""
    for tag in sorted(tags):
        given = SKIP.fullmatch(tag)
        if given:
            return given[1].replace("-", " ")
        if tag in WHERE - {"anywhere"}:
            return tag.replace("_", " ")
    return None


def bugs_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The known bugs for which a scenario with these tags fails, as tags."""
    return tuple(sorted(tag for tag in tags if BUG.fullmatch(tag)))


def rule_of(scenario: Scenario) -> str | None:
    """The name of the rule that a scenario is an example of."""
    above = scenario.parent
    while above is not None and not isinstance(above, Rule):
        above = getattr(above, "parent", None)
    return str(above.name) if above is not None else None


def _problems(scenario: Scenario) -> Iterator[str]:
    tags = {str(tag) for tag in scenario.effective_tags}
    unknown = sorted(tag for tag in tags - KNOWN if not BUG.fullmatch(tag) and not SKIP.fullmatch(tag))
    if unknown:
        known = f"{', '.join(sorted(KNOWN))}, bug.<id>, skip.<reason>"
        yield f"line {scenario.line}: unknown tags {', '.join(unknown)}; known are {known}"
    if len(tags & WHERE) != 1:
        yield f"line {scenario.line}: needs exactly one of {', '.join(sorted(WHERE))}"
    if not tags & PROMISES:
        yield f"line {scenario.line}: needs at least one of {', '.join(sorted(PROMISES))}"
