"""Nothing secret is written down: keys, tokens, cookies, passwords and account ids become `***`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from drivers.files import write_whole

MASK = "***"

_SHORTEST = 8
"""A value that is to be hidden wherever it stands must be longer than a word that stands there by chance."""

_NAMED = r"(?:token(?:value)?|secret|passw(?:or)?d|api[_-]?key|access[_-]?key|private[_-]?key)[a-z_-]*"
_HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie|x-amz-security-token|x-api-key"


@dataclass(frozen=True)
class _Secret:
    """What a secret looks like, and what is written instead; not there without one of the `signs` (lower case)."""

    signs: tuple[str, ...]
    looks: re.Pattern[str]
    shown: str


def _secret(signs: str, pattern: str, shown: str, flags: int = re.IGNORECASE | re.DOTALL) -> _Secret:
    return _Secret(tuple(signs.split("|")), re.compile(pattern, flags), shown)


_HEADER_SIGNS = "authorization|cookie|x-amz-security-token|x-api-key"
_NAMED_SIGNS = "token|secret|passw|key"
_START = r"(?:\b|(?<=\\n))"

_SECRETS = (
    _secret("private key", r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", rf"\1{MASK}\2"),
    # A header's value goes on to the end of its quotes or of its line: cookies hold spaces, commas and quotes.
    _secret(
        _HEADER_SIGNS,
        rf"({_START}(?:{_HEADERS})\\*[\"']?\s*[:=,]\s*)([\"'])(?:(?!\2)[^\\]|\\.)*\2",
        rf"\1\2{MASK}\2",
    ),
    _secret(
        _HEADER_SIGNS,
        rf"({_START}(?:{_HEADERS})\s*[:=]\s*(?:bearer |basic )?)"
        r"(?![\"'\s*]|(?:bearer|basic) \*)(?:(?!\\[rn])[^\r\n])+",
        rf"\1{MASK}",
    ),
    _secret(
        "token=|x-amz-|code=|key=",
        r"([?&](?:token|x-amz-(?:signature|credential|security-token)|code|key)=)(?!\*)[^&\s\"'<>\\]+",
        rf"\1{MASK}",
    ),
    _secret(
        _NAMED_SIGNS,
        rf"({_NAMED}\\*[\"']?\s*[:=]\s*)([\"'])(?:(?!\2)[^\\]|\\.)+\2",
        rf"\1\2{MASK}\2",
    ),
    _secret(
        _NAMED_SIGNS,
        rf"({_NAMED}\\*[\"']?\s*[:=]\s*(?:\\+[\"'])?)(?![\"'*])[^\s\"'\\}}&]{{4,}}",
        rf"\1{MASK}",
    ),
    _secret("bearer", r"(\bbearer\s+)[a-z0-9._~+/=-]{8,}", rf"\1{MASK}"),
    _secret("eyj", r"\beyJ[a-z0-9_-]{8,}\.[a-z0-9_-]+\.[a-z0-9_-]*", MASK),
    _secret("gh", r"\b(gh[pousr]_)[a-z0-9]{20,}", rf"\1{MASK}"),
    _secret("://", r"(\b[a-z][a-z0-9+.-]*://[^/\s:@\"']*:)[^/\s@\"']+@", rf"\1{MASK}@"),
    _secret(
        "akia|asia|aroa|aida", r"\b((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{4})[A-Z0-9]{12,17}\b", rf"\1{MASK}", 0
    ),
    # An AWS account: twelve digits that stand alone, as in an ARN, in a queue's or a registry's address, or between the
    # hyphens of a bucket's name. The last group of a UUID follows a hyphen and ends there.
    _secret("", r"(?<![\w.-])\d{12}(?!\w|\.\d)", MASK, 0),
    _secret("-", r"(?<=[a-z]-)\d{12}(?=-[a-z])", MASK, 0),
)

_SECRET_NAME = re.compile(rf"(?:^|[a-z_-])(?:{_NAMED}|{_HEADERS})$", re.IGNORECASE)

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
    """A JSON-like value with every text in it masked, and wholly so where its name says that it is secret."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(key)): _member(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value


def mask_file(path: Path) -> None:
    """Mask a text file that somebody else has written; one that is not there is no error."""
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        safe = "".join(mask(line) for line in text.splitlines(keepends=True))
        write_whole(path, safe)


def _member(name: str, value: Any) -> Any:
    return MASK if isinstance(value, str) and value and _SECRET_NAME.search(name) else masked(value)


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    # Statuses, keywords and sentences come again and again.
    return _masked(text)


def _masked(text: str) -> str:
    for value in _hidden:
        text = text.replace(value, MASK)
    lower = text.lower()
    for secret in _SECRETS:
        if any(sign in lower for sign in secret.signs):
            text = secret.looks.sub(secret.shown, text)
    return text
