"""What docs/glossary.md and docs/why.md say, for whoever reads a report and has no repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from acceptance.results.run_folder import PROJECT

GLOSSARY = PROJECT / "docs" / "glossary.md"

WHY = PROJECT / "docs" / "why.md"

_CHAPTER = re.compile(r"^## (.+)\n\n((?:.+\n)+)", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \|$", re.MULTILINE)


@cache
def words() -> Mapping[str, str]:
    """What each word means, in the glossary's order; nothing where the suite has come without its documents.

    A row that explains several words has them by commas.
    """
    return dict(_ROW.findall(GLOSSARY.read_text(encoding="utf-8"))) if GLOSSARY.is_file() else {}


def meaning_of(word: str) -> str:
    """What one word means, empty if the glossary does not have it."""
    return next((meaning for named, meaning in words().items() if word.lower() in named.split(", ")), "")


@cache
def why() -> Mapping[str, str]:
    """Why a report is to be believed: the page's headings with the first paragraph of each, as plain text."""
    text = _LINK.sub(r"\1", WHY.read_text(encoding="utf-8")) if WHY.is_file() else ""
    return {title: re.sub(r"[*`]", "", said).strip() for title, said in _CHAPTER.findall(text)}
