"""Who is hurt if a rule is broken, and how badly: a line of the rule's description in its feature file.

Rule: A workspace is opened for its owner only
  If broken (critical): a customer sees or changes another customer's files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How badly, the worst first. What each means stands in docs/glossary.md."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    MODERATE = "moderate"


REQUEST = "In the request's words: "
"""So begins the line of a feature's description that says which words of the request it proves."""

_LINE = re.compile(rf"^\s*If broken \(({'|'.join(Severity)})\): (\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Impact:
    """What a broken rule does to whom, a sentence that begins with a small letter, and how bad that is."""

    severity: Severity
    sentence: str


def impact_of(description: str) -> Impact | None:
    """What a rule's description says of it; None if it says nothing, or in another form."""
    found = _LINE.search(description)
    return Impact(Severity(found[1]), found[2].strip()) if found else None


def narrative_of(description: str) -> str:
    """A feature's description without the line that is for engineers, where it stands in the request."""
    lines = (line.strip() for line in description.splitlines())
    return "\n".join(line for line in lines if not line.startswith(REQUEST)).strip()
