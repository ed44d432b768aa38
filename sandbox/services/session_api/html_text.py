"""The words of an HTML mail, as its reader sees them, in time that grows with its length (`html.parser`'s does not)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_UNSEEN = ("head", "script", "style", "template", "blockquote")
_RAW = ("script", "style")
_BREAKS = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr")
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]{0,20}")


def text_of(markup: str) -> str:
    """The text of an HTML document, a line for each block; without what is not shown and what is quoted."""
    pieces: list[str] = []
    unseen = 0
    for tag, text in _tokens(markup):
        name = tag.removeprefix("/")
        if name == "body":
            unseen = 0
        elif name in _UNSEEN:
            unseen = max(0, unseen + (1 if tag == name else -1))
        elif name in _BREAKS:
            pieces.append("\n")
        if not unseen:
            # A line's end in the source is a blank to the reader; its own ends come from tags.
            pieces.append(" ".join(html.unescape(text).split("\n")))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _tokens(markup: str) -> Iterator[tuple[str, str]]:
    """Each tag (lower case, with `/` where it ends) and the text up to the next; first the text before all."""
    lower = markup.lower()
    tag, at = "", 0
    while True:
        start = markup.find("<", at)
        while start >= 0 and not (_NAME.match(markup, start + 1) or markup.startswith("!", start + 1)):
            start = markup.find("<", start + 1)
        end = _end_of_tag(markup, start)
        if start < 0 or end < 0:
            yield tag, markup[at:]
            return
        yield tag, markup[at:start]
        found = _NAME.match(lower, start + 1)
        tag, at = found[0] if found else "", end
        if tag in _RAW:
            closing = lower.find(f"</{tag}", at)
            at = len(markup) if closing < 0 else closing


def _end_of_tag(markup: str, start: int) -> int:
    closing = "-->" if markup.startswith("<!--", start) else ">"
    found = markup.find(closing, start)
    return -1 if found < 0 else found + len(closing)
