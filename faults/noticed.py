"""What a run against one broken platform showed: who noticed, and whether the fault had taken hold at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from acceptance.results.run_results import NOT_RUN, ScenarioResult
from faults.registry import Fault


class Outcome(StrEnum):
    """How a fault ended."""

    CAUGHT = "caught"
    ELSEWHERE = "caught elsewhere only"
    MISSED = "missed"
    NOT_HELD = "did not take hold"


@dataclass(frozen=True)
class Notice:
    """A scenario that failed, in its words; `looked` says that it did so in a Then, and not before it could look."""

    scenario: str
    step: str
    message: str
    looked: bool


@dataclass(frozen=True)
class Verdict:
    """`by` is the first named scenario that noticed; `others` are all else that failed, named or not, with its reasons.
    `why` says what there is to say where nobody noticed.
    """

    outcome: Outcome
    by: Notice | None
    others: tuple[Notice, ...]
    why: str = ""


def name_pattern(scenario: str) -> str:
    """A regular expression for a scenario's name; the placeholders of an outline stand for any value."""
    return "^" + "(.+)".join(re.escape(part) for part in re.split(r"<[^<>]+>", scenario)) + "( -- @.*)?$"


def names(fault: Fault, scenario: str) -> bool:
    """Whether the fault names this scenario, or the outline that it is a row of."""
    return any(re.match(name_pattern(wanted), scenario) for wanted in fault.caught_by)


def failures(scenarios: Sequence[ScenarioResult]) -> list[ScenarioResult]:
    """Those that speak against the platform, in their order; one that could not look has seen nothing."""
    return [result for result in scenarios if result.broken and result.status not in NOT_RUN]


def notices(scenarios: Sequence[ScenarioResult]) -> list[Notice]:
    """The scenarios that failed, in the order in which they ran."""
    return [
        Notice(
            result.name.strip(), result.failed_step or "", result.message or "", result.step_type == "then"
        )
        for result in failures(scenarios)
    ]


def catcher(fault: Fault, failed: Sequence[Notice]) -> Notice | None:
    """The first scenario that the fault names and that failed in a Then."""
    return next((notice for notice in failed if notice.looked and names(fault, notice.scenario)), None)


def judge(fault: Fault, scenarios: Sequence[ScenarioResult], *, held: bool, why: str = "") -> Verdict:
    """Hold the results of a run against what the fault promises.

    Args:
        held: whether the fault's own code has run; without that whoever failed has failed of something else.
        why: what kept the run from its end, if anything did.
    """
    failed = notices(scenarios)
    by = catcher(fault, failed)
    others = tuple(notice for notice in failed if notice is not by)
    if not held:
        never = f"{'; '.join(filter(None, (why, 'its code never ran')))}"
        return Verdict(Outcome.NOT_HELD, None, tuple(failed), never)
    if by is not None:
        return Verdict(Outcome.CAUGHT, by, others, why)
    if any(notice.looked and not names(fault, notice.scenario) for notice in others):
        return Verdict(Outcome.ELSEWHERE, None, others, why)
    early = [f"{notice.scenario} failed before it could look" for notice in others if not notice.looked]
    unseen = [f"{result.name} could not look" for result in scenarios if result.unseen]
    return Verdict(Outcome.MISSED, None, others, "; ".join(filter(None, (why, *early, *unseen))))
