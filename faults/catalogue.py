"""All faults: whoever imports this module has them in `FAULTS`."""

from __future__ import annotations

from faults import (
    cold_start,
    concurrency,
    conversation,
    persistence,
    routing,
    safety,
    second_look,
    session_api,
)
from faults.registry import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Fault",
    "cold_start",
    "concurrency",
    "conversation",
    "persistence",
    "routing",
    "safety",
    "second_look",
    "session_api",
]
