"""Failures of one cause as one row, told without tracebacks, ARNs and JSON: those are evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from acceptance.results.masking import mask
from acceptance.results.run_results import ScenarioResult

LINES = 8
"""So many lines of a failure are told before the rest is left to its details."""

_CAUSED = re.compile(r"\n\n?(?:The above exception|During handling of the above exception)[^\n]*\n")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t][^\n]*\n|\n)*")
_CAPTURED = re.compile(r"\n-* ?(?:CAPTURED |Captured )\w+.*", re.DOTALL)
_ARN = re.compile(r"\barn:aws[\w-]*:[^\s,;'\"}\])]*?([^\s/:,;'\"}\])]+)(?=[\s,;'\"}\])]|$)")
_JSON = re.compile(r"[{\[](?=[\"'{\[])[^\n]{30,}[}\]]")
_VARIES = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[\w.@-]*\d[\w.@-]*|[\w.+-]+@[\w.-]+|\bseveral\b")


@dataclass(frozen=True)
class Cause:
    """What several scenarios failed of alike: what was seen, without what is evidence."""

    told: str
    scenarios: Sequence[ScenarioResult]

    @property
    def whole(self) -> str:
        """All that the first of them has to say, if that is more."""
        said = (self.scenarios[0].message or "").strip()
        return said if said != self.told else ""


def causes(scenarios: Iterable[ScenarioResult]) -> list[Cause]:
    """Failed scenarios by cause, in the order in which each was seen first.

    Alike are two whose first line differs in nothing but numbers, ids, addresses and quoted words, and which tell it
    of the same status; scenarios that say nothing are each a cause of their own.
    """
    alike: dict[tuple[str, str], list[ScenarioResult]] = {}
    for each in scenarios:
        first = plainly(each.message or "").partition("\n")[0]
        kind = _VARIES.sub("#", first) or f"{each.location} {each.name}"
        alike.setdefault((each.status, kind), []).append(each)
    return [Cause(plainly(found[0].message or ""), found) for found in alike.values()]


def plainly(message: str) -> str:
    """A failure's message for people: what was expected and seen, at most `LINES` lines."""
    last = _CAUSED.split(_CAPTURED.sub("", mask(message)))[-1]
    text = _JSON.sub("{...}", _ARN.sub(r"\1", _TRACEBACK.sub("", last))).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join([*lines[:LINES], *(["..."] if len(lines) > LINES else [])])
