"""Nothing secret is written down: keys, tokens, cookies, passwords and account ids become `***`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from acceptance.results.atomic_write import write_whole
from acceptance.results.secret_forms import FORMS, MASK, is_secret_name

_SHORTEST = 8
"""A value that is to be hidden wherever it stands must be longer than a word that stands there by chance."""

_hidden: set[str] = set()


def hide(value: str) -> None:
    """Mask a value from now on wherever it stands, whatever is around it: an account id, a key of the profile."""
    if len(value) >= _SHORTEST:
        _hidden.add(value)
        _short.cache_clear()


def mask(text: str) -> str:
    """The text with secrets replaced by `***`; what is masked already stays as it is."""
    return _short(text) if len(text) <= 200 else _masked(text)


def masked(value: Any) -> Any:
    """A JSON-like value with every text in it masked, and wholly so where a name beside it says that it is secret."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        called = next((str(value[key]) for key in ("name", "Name", "key", "Key") if key in value), "")
        return {mask(str(key)): _beside(_name_of(str(key), called), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_beside(name, inner) for name, inner in zip(_names_in(value), value, strict=True)]
    return value


def mask_file(path: Path) -> None:
    """Mask a text file that somebody else has written; one that is not there is no error."""
    if path.is_file():
        write_whole(path, mask(path.read_text(encoding="utf-8", errors="replace")))


def _beside(name: str, value: Any) -> Any:
    return MASK if isinstance(value, str) and value and is_secret_name(name) else masked(value)


def _name_of(key: str, called: str) -> str:
    # ECS, SSM and HAR write a variable as {"name": ..., "value": ...}.
    return called if key.lower() == "value" else key


def _names_in(items: Sequence[Any]) -> list[str]:
    """What each item's name is, if the one before it gives it one: a pair's first, or an option of a command."""
    before = ["", *(item if isinstance(item, str) else "" for item in items[:-1])]
    return [name if len(items) == 2 or name.startswith("--") else "" for name in before][: len(items)]


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    # Statuses, keywords and sentences come again and again.
    return _masked(text)


def _masked(text: str) -> str:
    for value in _hidden:
        text = text.replace(value, MASK)
    lower = text.lower()
    for form in FORMS:
        text = form.hide(text, lower)
    return text
