"""The results of the bench as one JSON document."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from acceptance.results.atomic_write import write_whole

COMPUTED = (
    "met",
    "cpu_share",
    "added_ms",
    "added_p95_ms",
    "suite_cpu_per_session_s",
    "deployment_cpu_s",
    "memory_per_session_mb",
    "other_s",
)
"""Figures that a result computes from its fields, and that a reader of the document should not have to."""


def write(path: Path, document: Mapping[str, object]) -> None:
    """Write the document whole or not at all."""
    write_whole(path, json.dumps(plain(document), indent=1))


def plain(value: object) -> object:
    """The value as JSON has it: results become objects with their fields and computed figures, rounded to 6 digits."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return fields | {name: plain(getattr(value, name)) for name in COMPUTED if hasattr(type(value), name)}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return round(value, 6)
    return value
