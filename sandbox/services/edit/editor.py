"""Carries out instructions in place of an AI agent: a few forms are known, any other wish is put on the home page."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path, PurePosixPath

from .draft import Change, Draft, Outside, TooLong

_HOME = "src/pages/index.astro"
_LAYOUT = "src/layouts/Base.astro"
_STYLES = "src/styles/site.css"
# One repeated part each, and the text's blanks are single: a form is found or not in time that grows with the text.
_NAME = r'["“](.+)["”]'
_HEADING = re.compile(rf"(?:please )?change the heading to {_NAME}\.?", re.IGNORECASE)
_FILE = re.compile(r"(?:please )?create (?:an? |the )?(?:new )?(\S+\.astro)(?: file)?\.?", re.IGNORECASE)
_PAGE = re.compile(rf"(?:please )?add an? (?:new )?page called {_NAME}\.?", re.IGNORECASE)
_COLOUR = re.compile(r'(?:please )?change the text colou?r to ["“]([a-z]+)["”]\.?', re.IGNORECASE)
_UPDATE = re.compile(r"(?:please )?update (\S+\.astro) with (.+)", re.IGNORECASE)
_DELETE = re.compile(rf"(?:please )?delete the page {_NAME}\.?", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[\W_]+")
# Astro takes a page's file for an address, and brackets in it for parameters: over some it serves no new page any more.
_NO_ADDRESS = re.compile(r"[%?#\[\]]")
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;"}


class Impossible(ValueError):
    """The site cannot be changed as asked; the text is a sentence for the customer."""


def plan(instruction: str, root: Path) -> tuple[Change, ...]:
    """The changes that carry the instruction out on the site at `root`; nothing is written. Raises Impossible."""
    if _UNSTORABLE.search(instruction):
        raise Impossible("Your message holds characters that no file of a website can hold.")
    text = " ".join(instruction.split())
    draft = Draft(root)
    try:
        if found := _HEADING.fullmatch(text):
            _change_heading(draft, found[1])
        elif found := _FILE.fullmatch(text):
            _create(draft, found[1] if found[1].startswith("src/") else f"src/{found[1]}")
        elif (found := _PAGE.fullmatch(text)) and (path := _page(found[1])):
            _create(draft, path, found[1])
        elif (found := _COLOUR.fullmatch(text)) and (styles := _coloured(draft, found[1])):
            draft.write(_STYLES, styles)
        elif found := _UPDATE.fullmatch(text):
            _update(draft, found[1], found[2])
        elif found := _DELETE.fullmatch(text):
            _delete(draft, found[1])
        else:
            _put_up(draft, text)
    except Outside as error:
        raise Impossible(f"I cannot touch “{error}”: it is not part of the website.") from error
    except TooLong as error:
        raise Impossible(f"The name “{str(error)[:40]}…” is too long for a file.") from error
    return tuple(draft.changes())


def markup(text: str) -> str:
    """The text as it must stand in an Astro template, where braces are code and angle brackets are tags."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _change_heading(draft: Draft, heading: str) -> None:
    source = _home(draft)
    start, end = source.find(">", source.find("<h1")) + 1, source.find("</h1>")
    if not 0 < start <= end:
        raise Impossible("The home page has no heading that could be changed.")
    draft.write(_HOME, source[:start] + markup(heading) + source[end:])


def _coloured(draft: Draft, colour: str) -> str | None:
    """The site's styles with another colour of text, the first that they name; None if they name none."""
    source = draft.read(_STYLES) or ""
    styles, found = re.subn(r"(?<![\w-])color:[^;}]*", f"color: {colour.lower()}", source, count=1)
    return styles if found else None


def _put_up(draft: Draft, wish: str) -> None:
    """The wish in the customer's own words, below the home page's heading; at the page's end if it has none."""
    before, heading, after = _home(draft).partition("</h1>")
    draft.write(_HOME, f"{before}{heading}\n  <p>{markup(wish)}</p>{after}")


def _create(draft: Draft, path: str, title: str | None = None) -> None:
    """A new page or component. One that is there stays as it is: to create overwrites nobody's work."""
    source = draft.read(path)
    if source is None and draft.exists(path):
        raise Impossible(f"I cannot create {path}: something else is stored there.")
    if source is None and (found := _NO_ADDRESS.search(path)):
        raise Impossible(f"I cannot create {path}: “{found[0]}” is no part of a page's address.")
    shown = title or PurePosixPath(path).stem
    if source is None and path.startswith("src/pages/"):
        source = _new_page(draft, path, shown)
    elif source is None:
        source = f"<section>\n  <p>{markup(shown)}</p>\n</section>\n"
    draft.write(path, source)


def _update(draft: Draft, name: str, text: str) -> None:
    """The text at the end of the component."""
    source = draft.read(f"src/components/{name}")
    if source is None:
        raise Impossible(f"There is no component “{name}” on the website.")
    draft.write(f"src/components/{name}", f"{source.rstrip()}\n<p>{markup(text)}</p>\n")


def _delete(draft: Draft, title: str) -> None:
    path = _page(title)
    if path == _HOME:
        raise Impossible("I do not delete the home page: the website would have no beginning.")
    if path is None or draft.read(path) is None:
        raise Impossible(f"There is no page “{title}” on the website.")
    draft.write(path, None)


def _new_page(draft: Draft, path: str, title: str) -> str:
    heading = f"  <h1>{markup(title)}</h1>\n"
    if draft.read(_LAYOUT) is None:
        return f'<html lang="en">\n<head><title>{markup(title)}</title></head>\n<body>\n{heading}</body>\n</html>\n'
    layout = "../" * (path.count("/") - 1) + _LAYOUT.removeprefix("src/")
    return f'---\nimport Base from "{layout}";\n---\n\n<Base title={{{_literal(title)}}}>\n{heading}</Base>\n'


def _home(draft: Draft) -> str:
    source = draft.read(_HOME)
    if source is None:
        raise Impossible(f"The website has no home page that could be changed: {_HOME} is no text.")
    return source


def _page(title: str) -> str | None:
    """A page's file for its title: `Test Page` -> `test-page.astro`, `Über uns` -> `uber-uns.astro`.

    Scripts other than Latin keep their letters. None when no letter or digit is left.
    """
    decomposed = unicodedata.normalize("NFKD", title)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    # Only Latin letters lose their marks: elsewhere the marks are part of the letter.
    basis = plain if plain.isascii() else unicodedata.normalize("NFC", title)
    name = _NO_LETTERS.sub("-", basis.lower()).strip("-")
    return f"src/pages/{name}.astro" if name else None


def _literal(text: str) -> str:
    """The text as a JavaScript string, free of what a template's parser might take for its own."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\u{ord(letter):04x}" if letter in _ESCAPES else letter for letter in written)
