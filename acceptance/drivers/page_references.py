"""What a page, a module or a stylesheet makes a browser load. Resolved URLs; nothing is fetched here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

_IMPORT = re.compile(
    r"""(?:^|[;}\n])\s*(?:import|export)\b[^"'`;()]*?["']([^"'\n]+)["']""",
)
_DYNAMIC = re.compile(r"""\bimport\(\s*["']([^"'\n]+)["']\s*\)""")
_CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """A resolved URL, its kind (`page`, `script`, `style`, `image`, `link`, `module`) and the URL that names it."""

    url: str
    kind: str
    named_by: str

    def __str__(self) -> str:
        return f"{self.kind} {self.url} (named by {self.named_by})"


def in_page(base: str, html: str) -> tuple[Reference, ...]:
    """References of an HTML page: scripts, inline modules' imports, styles, images, and links to other pages."""
    parser = _Page(base)
    parser.feed(html)
    parser.close()
    return tuple(parser.found)


def in_code(base: str, source: str) -> tuple[Reference, ...]:
    """Static imports and literal dynamic ones of a JavaScript module; bare specifiers are no URLs and left out."""
    plain = _COMMENT.sub("", source)
    return tuple(
        Reference(urljoin(base, name), "module", base)
        for pattern in (_IMPORT, _DYNAMIC)
        for name in dict.fromkeys(pattern.findall(plain))
        if name.startswith(("/", "./", "../", "http:", "https:"))
    )


def in_styles(base: str, source: str) -> tuple[Reference, ...]:
    """`url(...)` and `@import` of a stylesheet; data URLs are left out."""
    return tuple(_style_references(base, source))


def _style_references(base: str, source: str) -> Iterator[Reference]:
    for by_url, by_import in _CSS_URL.findall(_COMMENT.sub("", source)):
        name = (by_url or by_import).strip()
        if name and not name.startswith(("data:", "#")):
            yield Reference(urljoin(base, name), "style" if by_import else "image", base)


class _Page(HTMLParser):
    """Collects what the elements of a page name. `<base href>` counts, as in a browser."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._page = base
        self._base = base
        self._text_of: str | None = None
        self.found: list[Reference] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._text_of = None
        if tag == "base" and values.get("href"):
            self._base = urljoin(self._page, values["href"])
        elif tag == "script":
            self._add(values.get("src"), "script")
            if values.get("type") == "module" and not values.get("src"):
                self._text_of = "module"
        elif tag == "style":
            self._text_of = "style"
        elif tag == "link":
            self._link(values)
        elif tag in ("img", "source", "video", "audio", "iframe"):
            self._add(values.get("src"), "image")
            for candidate in values.get("srcset", "").split(","):
                self._add(next(iter(candidate.split()), None), "image")
        elif tag == "a":
            self._add(values.get("href"), "link")

    def handle_data(self, data: str) -> None:
        if self._text_of == "module":
            self.found += in_code(self._base, data)
        elif self._text_of == "style":
            self.found += in_styles(self._base, data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._text_of = None

    def _link(self, values: dict[str, str]) -> None:
        relations = values.get("rel", "").lower().split()
        if "stylesheet" in relations:
            self._add(values.get("href"), "style")
        elif "modulepreload" in relations:
            self._add(values.get("href"), "module")
        elif {"icon", "preload", "apple-touch-icon"} & set(relations):
            self._add(values.get("href"), "image")

    def _add(self, reference: str | None, kind: str) -> None:
        if not reference or reference.startswith(("#", "data:", "mailto:", "tel:", "javascript:", "blob:")):
            return
        self.found.append(Reference(urljoin(self._base, reference), kind, self._page))
