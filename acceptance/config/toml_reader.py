"""Turns a TOML table into a frozen dataclass and collects every problem instead of stopping at the first."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
UNFILLED = re.compile(r"<[^<>]+>")
"""What an example has where a deployment's own value belongs."""


@dataclass
class Reader:
    """Reads sections of one file. `info` fills `${key}` placeholders; None leaves them for a second reading."""

    source: Path
    known: frozenset[str]
    info: Mapping[str, object] | None
    problems: list[str] = field(default_factory=list)

    def section(self, kind: type[T], table: object, name: str) -> T | None:
        """`table` as a `kind`, or None after noting what is wrong; `name` is the section's name in the file."""
        assert dataclasses.is_dataclass(kind)
        if not isinstance(table, Mapping):
            self.problems.append(f"[{name}] is missing: add the section [{name}]")
            return None
        hints = typing.get_type_hints(kind)
        before = len(self.problems)
        values: dict[str, object] = {}
        keys = {_key(f.name, hints[f.name]): f for f in dataclasses.fields(kind)}
        for key in table.keys() - keys.keys():
            self.problems.append(
                f"{name}.{key} is no setting: remove it or choose one of {', '.join(sorted(keys))}"
            )
        for key, setting in keys.items():
            if key in table:
                values[setting.name] = self._value(table[key], hints[setting.name], f"{name}.{key}")
            elif setting.default is dataclasses.MISSING:
                self.problems.append(f"{name}.{key} is missing: add {key} = {_example(hints[setting.name])}")
        if len(self.problems) > before:
            return None
        return typing.cast(T, kind(**values))

    def _value(self, raw: object, hint: Any, key: str) -> object:
        unfilled = UNFILLED.findall(" ".join(map(str, raw)) if isinstance(raw, list) else str(raw))
        if unfilled:
            self.problems.append(
                f"{key} = {raw!r} is not filled in: put your deployment's own in place of {', '.join(unfilled)}"
            )
            return None
        if isinstance(raw, str):
            raw, complete = self._filled(raw, key)
            if not complete:
                return raw
        try:
            return _converted(raw, hint)
        except ValueError as wrong:
            self.problems.append(f"{key} = {raw!r} is wrong: {wrong}")
            return None

    def _filled(self, text: str, key: str) -> tuple[object, bool]:
        """The text with placeholders filled; whole-value placeholders keep the type of what fills them."""
        names = PLACEHOLDER.findall(text)
        unknown = [name for name in names if name not in self.known]
        for name in unknown:
            self.problems.append(
                f"{key}: ${{{name}}} is no placeholder: use one of {', '.join(sorted(self.known))}"
            )
        if unknown or (names and self.info is None):
            return text, False
        info = self.info or {}
        missing = [name for name in names if name not in info]
        if missing:
            self.problems.append(
                f"{key}: the sandbox's info document has no {', '.join(missing)}: start a newer one"
            )
            return text, False
        if len(names) == 1 and text == f"${{{names[0]}}}":
            return info[names[0]], True
        return PLACEHOLDER.sub(lambda match: str(info[match[1]]), text), True


def _key(name: str, hint: Any) -> str:
    return f"{name}_s" if hint is timedelta else name


def _example(hint: Any) -> str:
    if hint is timedelta or hint is float:
        return "<seconds>" if hint is timedelta else "<number>"
    if _choices(hint):
        return "[]"
    return '["<text>"]' if typing.get_origin(hint) is tuple else '"<text>"'


def _converted(raw: object, hint: Any) -> object:
    """`raw` as the type a field asks for; ValueError says what was expected."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    if hint is timedelta:
        return timedelta(seconds=_positive(raw))
    if hint is float:
        return _positive(raw)
    if hint is str or hint is Path:
        if not isinstance(raw, str) or not raw:
            raise ValueError("expected a non-empty text")
        return Path(raw) if hint is Path else raw
    choices = _choices(hint)
    if choices:
        return _chosen(raw, choices)
    if not isinstance(raw, list) or not raw or not all(isinstance(item, str) and item for item in raw):
        raise ValueError('expected a list of texts, as in ["one", "two"]')
    return tuple(raw)


def _choices(hint: Any) -> type[StrEnum] | None:
    """The words of which a list may have some or none; None where the field is no such list."""
    kind = next(iter(typing.get_args(hint)), None)
    return kind if isinstance(kind, type) and issubclass(kind, StrEnum) else None


def _chosen(raw: object, choices: type[StrEnum]) -> object:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise ValueError(f"expected a list of some of {', '.join(choices)}")
    known = [str(choice) for choice in choices]
    wrong = [word for word in raw if word and word not in known]
    if wrong:
        told = [f"there is no {word!r}{_meant(word, known)}" for word in wrong]
        raise ValueError(f"{', '.join(told)}; there are {', '.join(known)}")
    return tuple(choices(word) for word in raw if word)


def _meant(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f": did you mean {near[0]!r}?" if near else ""


def _positive(raw: object) -> float:
    try:
        number = (
            float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else float("nan")
        )
    except ValueError:
        number = float("nan")
    if not 0 < number < float("inf"):
        raise ValueError("expected a number greater than 0")
    return number
