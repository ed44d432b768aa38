"""All faults: whoever imports this module has them in `FAULTS`."""

from __future__ import annotations

from faults import (
    answers,
    boundaries,
    capacity,
    cold_start,
    commands,
    concurrency,
    conversation,
    correspondence,
    persistence,
    previews,
    records,
    routes,
    routing,
    safety,
    second_look,
    session_api,
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
    "persistence",
    "previews",
    "records",
    "routes",
    "routing",
    "safety",
    "second_look",
    "session_api",
    "workspaces",
]
