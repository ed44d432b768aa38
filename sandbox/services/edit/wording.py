"""Names, titles and texts on their way from a sentence into a site's files."""

from __future__ import annotations

import json
import re
import unicodedata

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;"}


class NotUnderstood(ValueError):
    """The instruction cannot be carried out; the text is a sentence for the customer."""


def markup(text: str) -> str:
    """The text as it must stand in an Astro template, where braces are code and angle brackets are tags."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def literal(text: str) -> str:
    """The text as a JavaScript string, free of what a template's parser might take for its own."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\u{ord(letter):04x}" if letter in _ESCAPES else letter for letter in written)


def slug(title: str) -> str:
    """A page's file name for its title: `Test Page` -> `test-page`, `Über uns` -> `uber-uns`.

    Scripts other than Latin keep their letters. Raises NotUnderstood when no letter or digit is left.
    """
    decomposed = unicodedata.normalize("NFKD", title)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    # Only Latin letters lose their marks: elsewhere the marks are part of the letter.
    basis = plain if plain.isascii() else unicodedata.normalize("NFC", title)
    name = re.sub(r"[^\w]+", "-", basis.lower()).replace("_", "-").strip("-")[:80].strip("-")
    if not name:
        raise NotUnderstood(f"I cannot make a file name out of “{title}”.")
    return name


def component_name(title: str) -> str:
    """A component's file name for its title: `site footer` -> `SiteFooter`."""
    words = re.findall(r"\w+", title)
    if not words:
        raise NotUnderstood(f"I cannot make a component's name out of “{title}”.")
    return "".join(word[0].upper() + word[1:] for word in words)


def title_of(name: str) -> str:
    """A title for a file name: `test-page` -> `Test Page`."""
    words = [word for word in re.split(r"[-_\s]+", name) if word]
    return " ".join(word[0].upper() + word[1:] for word in words)
