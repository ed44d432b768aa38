"""A run's JSON files as dataclasses: whatever cannot be read names its file, the field, what was expected and found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from acceptance.results.atomic_write import write_whole

T = TypeVar("T")


class Unreadable(ValueError):
    """A file of a run is not what it should be; the text says where it lies, what was expected and what was found."""


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON. What is no character (half of a surrogate pair, from bytes that were no UTF-8) becomes `?`."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return text.encode("utf-8", errors="replace").decode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value for machines and for people."""
    write_whole(path, json_text(value, indent=1) + "\n")


def read_json(path: Path, kind: type[T]) -> T | None:
    """A file as what it should hold, None when there is none; fields that are not known are passed over.

    Raises:
        Unreadable: it holds something else; `$.scenarios[3].seconds` in the text is the field.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
