"""Which file of a site a customer means."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from .draft import Draft
from .wording import NotUnderstood, component_name, markup, slug

PATH = re.compile(
    r"(?:/|\.{1,2}/)?(?:[\w@.-]+/)*[\w@.-]*[\w@-]\.(?:astro|css|html|json|js|mdx?|mjs|svg|ts|txt)(?![\w/])",
    re.IGNORECASE,
)
"""A file name as customers write it, with or without folders."""

_FOLDERS = ("assets", "components", "content", "data", "layouts", "pages", "styles")
_HOME = re.compile(
    r"(?:home|front|start|main|index|first|landing)(?:\s*page)?|homepage|site|website", re.IGNORECASE
)
_PAGES = (".astro", ".md", ".mdx", ".html")


def place_for(path: str, *, is_page: bool) -> str:
    """Where a new file belongs: `components/Header.astro` -> `src/components/Header.astro`."""
    first, _, rest = path.partition("/")
    if first in {"src", "public"} or not first or first.startswith("."):
        return path
    if rest:
        return f"src/{path}" if first in _FOLDERS else path
    if path.endswith(".css"):
        return f"src/styles/{path}"
    if is_page or path.endswith((".md", ".mdx", ".html")):
        return f"src/pages/{path}"
    return f"src/components/{path}" if path.endswith(".astro") else f"public/{path}"


def existing(draft: Draft, name: str) -> str:
    """The file that has this path, or the only one whose path ends so. Raises NotUnderstood, Outside."""
    if "/" in name:
        path = place_for(name, is_page=False)
        if draft.exists(path) and draft.read(path) is not None:
            return path
    files = draft.files("src") + draft.files("public")
    wanted = f"/{name.lstrip('/').lower()}"
    found = [path for path in files if f"/{path}".lower().endswith(wanted)]
    if len(found) == 1 and draft.read(found[0]) is not None:
        return found[0]
    if found:
        raise NotUnderstood(f"I do not know which file you mean by “{name}”: {', '.join(found)}.")
    raise NotUnderstood(f"There is no file “{name}” on the website.")


def page(draft: Draft, name: str) -> str:
    """The page of this name, title or heading. Raises NotUnderstood."""
    pages = draft.files("src/pages", _PAGES)
    short = re.sub(r"^(?:the\s+)?(.*?)(?:\s+page)?$", r"\1", name.strip(), flags=re.IGNORECASE) or name
    for called in (name, short):
        stems = ("index",) if _HOME.fullmatch(called) else (slug(called), called)
        for path in pages:
            if path.removeprefix("src/pages/").rsplit(".", 1)[0] in stems:
                return path
        shown = re.escape(markup(called))
        heading = re.compile(rf"(?:<h1\b[^>]*>|^#\s+)\s*{shown}\s*(?:</h1>|$)", re.IGNORECASE | re.MULTILINE)
        found = [path for path in pages if heading.search(draft.read(path) or "")]
        if len(found) == 1:
            return found[0]
    raise NotUnderstood(f"There is no page “{short}” on the website.")


def component(draft: Draft, name: str) -> str:
    """The component of this name. Raises NotUnderstood."""
    wanted = component_name(name).lower()
    for path in draft.files("src/components", (".astro",)):
        if PurePosixPath(path).stem.lower() == wanted:
            return path
    raise NotUnderstood(f"There is no component “{name}” on the website.")


def where(draft: Draft, words: str) -> str:
    """The file meant by `Header.astro`, `the about page`, `the Header component` or `home`.

    Raises NotUnderstood, Outside.
    """
    words = re.sub(
        r"^(?:the\s+)?(?:(?:end|top|bottom)\s+of\s+)?(?:the\s+)?", "", words.strip(), flags=re.IGNORECASE
    )
    named = re.fullmatch(r"(?:file\s+)?(.+?)(?:\s+file)?", words, re.IGNORECASE)
    if named is not None and PATH.fullmatch(named[1]):
        return existing(draft, named[1])
    part = re.fullmatch(r"(?:component\s+(.+)|(.+)\s+component)", words, re.IGNORECASE)
    if part is not None:
        return component(draft, part[1] or part[2])
    return page(draft, re.sub(r"^page\s+(?:called\s+|named\s+)?", "", words, flags=re.IGNORECASE))
