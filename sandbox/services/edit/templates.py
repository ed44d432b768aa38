"""What new pages and components look like, and how existing ones are changed without touching the rest of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from .draft import Draft
from .wording import literal, markup, title_of

_FRONTMATTER = re.compile(r"\A\s*---\n.*?\n---[ \t]*\n?", re.DOTALL)
_HEADING = re.compile(r"(<h1\b[^>]*>)(.*?)(</h1>)", re.DOTALL | re.IGNORECASE)
_PARAGRAPH = re.compile(r"(<p\b[^>]*>)(.*?)(</p>)", re.DOTALL | re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"^(#\s+)(.*)()$", re.MULTILINE)
_LAST_TAG = re.compile(r"[ \t]*</[\w.:-]+>\s*\Z")
_NOT_TEXT = re.compile(
    r"(<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>|\{(?:[^{}]|\{[^{}]*\})*\})",
    re.DOTALL | re.IGNORECASE,
)
_PLAIN_ATTRIBUTE = re.compile(r"[\w .,:;!?()'/+-]*")
_LANDMARKS = ("header", "footer", "nav", "main", "aside")


def new_page(draft: Draft, path: str, title: str, text: str | None) -> str:
    """A page's source: the site's layout, the title as its heading, and the text if there is one."""
    body = f"  <h1>{markup(title)}</h1>\n" + (f"  <p>{markup(text)}</p>\n" if text else "")
    layouts = draft.files("src/layouts", (".astro",))
    if not layouts:
        head = f'<head>\n  <meta charset="utf-8" />\n  <title>{markup(title)}</title>\n</head>'
        return f'<html lang="en">\n{head}\n<body>\n{body}</body>\n</html>\n'
    layout = next((found for found in layouts if PurePosixPath(found).stem in {"Base", "Layout"}), layouts[0])
    name = PurePosixPath(layout).stem
    up = "../" * (len(PurePosixPath(path).parts) - 2)
    source = literal(up + layout.removeprefix("src/"))
    shown = f'"{title}"' if _PLAIN_ATTRIBUTE.fullmatch(title) else f"{{{literal(title)}}}"
    return f"---\nimport {name} from {source};\n---\n\n<{name} title={shown}>\n{body}</{name}>\n"


def new_component(path: str, text: str | None) -> str:
    """A component's source: a landmark when its name is one's, else a section."""
    name = PurePosixPath(path).stem
    tag = name.lower() if name.lower() in _LANDMARKS else "section"
    return f"<{tag}>\n  <p>{markup(text or title_of(name))}</p>\n</{tag}>\n"


def with_heading(source: str, path: str, heading: str) -> str | None:
    """The source with its first heading's text replaced, and the page's title where it was the same.

    None when there is no heading.
    """
    if path.endswith((".md", ".mdx")):
        return _first(_MARKDOWN_HEADING, source, heading)
    found = _HEADING.search(source)
    changed = _first(_HEADING, source, markup(heading))
    if found is None or changed is None:
        return None
    same = f'title="{found[2].strip()}"'
    return changed.replace(same, f"title={{{literal(heading)}}}", 1) if found[2].strip() else changed


def with_text(source: str, path: str, text: str) -> str:
    """The source with its first paragraph's text replaced; with a paragraph more, at its end, if it has none."""
    if path.endswith((".md", ".mdx", ".txt")):
        return source.rstrip("\n") + f"\n\n{text}\n"
    return _first(_PARAGRAPH, source, markup(text)) or with_element(source, path, "p", text)


def with_element(source: str, path: str, tag: str, text: str) -> str:
    """The source with one more element, inside the last one that closes it."""
    if path.endswith((".md", ".mdx", ".txt")):
        return source.rstrip("\n") + ("\n\n## " if tag == "h2" else "\n\n") + text + "\n"
    line = f"<{tag}>{markup(text)}</{tag}>\n"
    end = _LAST_TAG.search(source)
    if end is None:
        return source.rstrip("\n") + "\n" + line if source.strip() else line
    return source[: end.start()].rstrip("\n") + f"\n  {line}" + source[end.start() :]


def with_replaced(source: str, path: str, old: str, new: str) -> str:
    """The source with `old` replaced wherever it is text: never in tags, code, styles or scripts."""
    if not path.endswith((".astro", ".html")):
        return source.replace(old, new)
    front = _FRONTMATTER.match(source)
    head, template = (source[: front.end()], source[front.end() :]) if front else ("", source)
    old_markup, new_markup = markup(old), markup(new)

    def text(piece: str) -> str:
        return (
            piece.replace(old_markup, new_markup) if old_markup in piece else piece.replace(old, new_markup)
        )

    pieces = _NOT_TEXT.split(template)
    return head + "".join(piece if index % 2 else text(piece) for index, piece in enumerate(pieces))


def without_component(source: str, name: str) -> str:
    """The source without the component's import and without its elements."""
    imported = re.compile(rf"^import\s+{re.escape(name)}\s+from\s+[^\n]*\n", re.MULTILINE)
    element = re.compile(
        rf"[ \t]*<{re.escape(name)}\b[^>]*?(?:/>|>.*?</{re.escape(name)}>)[ \t]*\n?", re.DOTALL
    )
    return _FRONTMATTER.sub(_drop_empty, element.sub("", imported.sub("", source)), count=1)


def _drop_empty(front: re.Match[str]) -> str:
    return "" if not front[0].replace("-", "").strip() else front[0]


def _first(pattern: re.Pattern[str], source: str, text: str) -> str | None:
    replaced: Callable[[re.Match[str]], str] = lambda found: f"{found[1]}{text}{found[3]}"  # noqa: E731
    changed, count = pattern.subn(replaced, source, count=1)
    return changed if count else None
