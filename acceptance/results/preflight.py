"""What is wrong with what a run was asked for, told before a platform starts: that takes time and money."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from behave.configuration import Configuration
from behave.model import Feature, Scenario, Step
from behave.runner_util import FileLocationParser
from behave.step_registry import StepRegistry

from acceptance.results.tags import BUG, KNOWN, SKIP, WrongTags, check_tags
from acceptance.waiting.errors import DriverError

SETTINGS: Mapping[str, str] = {
    "profile": "the TOML file that describes the deployment; `deployments/sandbox.toml` if none is named",
    "sandbox": "the info document (a URL) of a sandbox that runs already, and is used instead of a new one",
    "patience": "multiplies how long the suite looks, never a promise: 2 on a slow machine",
    "keep": "`never`, `on-failure` or `always`: whether sessions and sandbox stay for a look",
    "pause": "`always`: each scenario stops before it puts away what it began, until Enter; else `never`",
    "reports": "the folder that the run writes into; `reports/<run>` if none is named",
    "report": "`page`, `messages` or `none`: what the run writes for people",
    "trace": "`all`: the report has a time line of every scenario; else `failed`, of those that did not pass",
    "lease": "the run that has a platform which others know, too, to itself, and of which this is a part",
}
"""behave's `-D` names that mean something; one with a dot is a value of the profile, checked there."""

_OPERATORS = frozenset({"and", "or", "not"})


class WrongRequest(DriverError):
    """A run was asked for that cannot be had; the text has every reason, a line or more for each."""


def check_request(
    features: Sequence[Feature], config: Configuration, steps: StepRegistry, *, beside: Iterable[str]
) -> None:
    """WrongRequest if anything in a run of behave means nothing, or nothing is left of it to run.

    `beside` is what else is wrong with it: that of which this room knows nothing.
    """
    problems = [
        *wrong_settings(config.userdata or {}),
        *beside,
        *wrong_lines(features, config.paths),
        *wrong_tags(features),
        *wrong_tag_expression(config),
        *undefined_steps(features, config, steps),
    ]
    if not problems and not any(_selected(features, config)):
        problems = ["nothing is selected: expected at least one scenario"]
    if problems:
        raise WrongRequest("\n".join(problems))


def wrong_settings(settings: Mapping[str, str]) -> Iterator[str]:
    """`-D` names that mean nothing."""
    for name in settings:
        if "." not in name and name not in SETTINGS:
            yield f"-D {name} means nothing{_meant(name, SETTINGS)}; there are {', '.join(sorted(SETTINGS))}"


def wrong_lines(features: Iterable[Feature], paths: Iterable[str]) -> Iterator[str]:
    """`FILE:LINE` of which the line is no scenario's: behave would take the scenario before it."""
    known = {Path(str(feature.filename)).resolve(): feature for feature in features}
    for path in paths:
        location = FileLocationParser.parse(path)
        feature = known.get(Path(str(location.filename)).resolve())
        if feature is None or location.line is None or location.line in set(_lines(feature)):
            continue
        nearest = min(feature.walk_scenarios(), key=lambda one: abs(one.line - location.line), default=None)
        hint = f"; the nearest is {location.filename}:{nearest.line} ({nearest.name})" if nearest else ""
        yield f"{path}: no scenario stands at that line{hint}"


def wrong_tags(features: Iterable[Feature]) -> Iterator[str]:
    """Tags in feature files that mean nothing or are missing."""
    for feature in features:
        try:
            check_tags(feature)
        except WrongTags as wrong:
            yield str(wrong)


def unknown_tags(features: Iterable[Feature]) -> Iterator[str]:
    """Tags in feature files that mean nothing, each with the nearest that does."""
    for feature in features:
        for scenario in feature.walk_scenarios():
            for tag in scenario.effective_tags:
                if not _is_tag(str(tag)):
                    yield f"{scenario.location}: there is no tag @{tag}{_meant(str(tag), KNOWN)}"


def wrong_tag_expression(config: Configuration) -> Iterator[str]:
    """Names in `--tags` that no scenario can have."""
    text = config.tag_expression.to_string() if config.tag_expression else ""
    for name in dict.fromkeys(word.lstrip("@-~") for word in re.findall(r"[^\s(),]+", text)):
        if name not in _OPERATORS and not _is_tag(name):
            yield f"--tags: there is no tag @{name}{_meant(name, KNOWN)}; there are @{', @'.join(sorted(KNOWN))}"


def undefined_steps(features: Iterable[Feature], config: Configuration, steps: StepRegistry) -> Iterator[str]:
    """Sentences of selected scenarios that nobody has written a step for, each with one to begin with."""
    told = set[tuple[str, str]]()
    for scenario in _selected(features, config):
        for step in scenario.all_steps:
            if (step.step_type, step.name) not in told and steps.find_step_definition(step) is None:
                told.add((step.step_type, step.name))
                yield f"{step.location}: no step is written for: {step.keyword} {step.name}\n{_snippet(step)}"


def _selected(features: Iterable[Feature], config: Configuration) -> Iterator[Scenario]:
    for feature in features:
        yield from (one for one in feature.walk_scenarios() if one.should_run(config))


def _snippet(step: Step) -> str:
    """The begin of a step of that sentence, to paste into a file of `steps/`."""
    return f"    @{step.step_type}({step.name!r})\n    def _(context: Context) -> None: ..."


def _is_tag(name: str) -> bool:
    """Whether a scenario can have the tag, or one that a pattern such as `criterion.*` means."""
    if BUG.fullmatch(name) or SKIP.fullmatch(name) or name in ("bug.*", "skip.*"):
        return True
    return any(fnmatch.fnmatchcase(tag, name) for tag in KNOWN)


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f": did you mean {near[0]}?" if near else ""


def _lines(feature: Feature) -> Iterator[int]:
    """The lines that stand for a scenario, or for several: their own, and those of their steps with all they hold."""
    yield feature.line
    for part in (*feature.rules, *feature.walk_scenarios(with_outlines=True)):
        yield part.line
        for step in getattr(part, "steps", ()):
            below = [row.line for row in step.table.rows] if step.table else []
            yield from range(step.line, max([step.line, *below]) + 1)
            if step.text:
                yield from range(step.line, step.text.line + len(step.text.splitlines()) + 2)
