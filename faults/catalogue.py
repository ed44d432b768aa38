"""All faults: whoever imports this module has them in `FAULTS`."""

from __future__ import annotations

from faults.platforms import (
    answers,
    boundaries,
    capacity,
    cold_start,
    commands,
    concurrency,
    conversation,
    correspondence,
    neighbours,
    pages,
    persistence,
    previews,
    records,
    repeats,
    routes,
    routing,
    safety,
    second_look,
    session_api,
    states,
    workspaces,
)
from faults.registry import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Fault",
    "answers",
    "boundaries",
    "capacity",
    "cold_start",
    "commands",
    "concurrency",
    "conversation",
    "correspondence",
    "neighbours",
    "pages",
    "persistence",
    "previews",
    "records",
    "repeats",
    "routes",
    "routing",
    "safety",
    "second_look",
    "session_api",
    "states",
    "workspaces",
]
