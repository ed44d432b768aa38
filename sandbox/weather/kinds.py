"""The kinds of weather by name."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What `--weather` takes, several with commas between them; `aws` is all that AWS's documents know of."""

    BLIND_TASKS = "blind-tasks"
    STALE_SERVICES = "stale-services"
    PAGES = "pages"
    THROTTLING = "throttling"
    LATE_INDEX = "late-index"
    LATE_COUNTS = "late-counts"
    ONE_SHELL = "one-shell"
    LATE_AGENT = "late-agent"
    LATE_MAIL = "late-mail"
    NODES = "nodes"
    INITIAL_TARGETS = "initial-targets"


REPORTED = frozenset({Kind.NODES, Kind.INITIAL_TARGETS})
"""What users report and no document of AWS says, or another thing: by its name only."""

ALL = "aws"


def kinds(text: str) -> frozenset[Kind]:
    """The kinds that a list names; ValueError for one that there is not."""
    return frozenset(Kind) - REPORTED if text == ALL else frozenset(map(Kind, text.split(",")))
