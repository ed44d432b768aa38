"""The sentences that the rule-based editor understands. Each rule says whether the clause was its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from . import looks, templates
from .draft import Draft
from .phrases import Clause
from .places import PATH, component, existing, page, place_for, where
from .wording import NotUnderstood, component_name, slug, title_of

_Q = "\ue000\\d+\ue001"
_CREATE = r"(?:create|add|make|build|write|insert)\s+(?:an?\s+|the\s+|another\s+|some\s+)?(?:new\s+)?"
_NAMED = r"(?:called|named|titled|entitled|with\s+the\s+(?:title|name)|for|about)\s+"
_WITH = re.compile(
    r"\s+(?:with|containing|saying|that\s+says)\s+(?:the\s+)?(?:(?:text|content|words?|paragraph)\s*:?\s*)?(?P<text>.+)$",
    re.IGNORECASE,
)
_ON = r"(?:\s+(?:of|on|in|to|at|for|from)\s+(?P<where>.+?))?"


def create_files(draft: Draft, clause: Clause) -> bool:
    """`Create a components/Header.astro file`, `Add src/pages/a.astro and src/pages/b.astro with the text "..."`"""
    begun = re.match(_CREATE, clause.text, re.IGNORECASE)
    if begun is None:
        return False
    rest, text = _split_text(clause, clause.text[begun.end() :])
    paths = PATH.findall(clause.plain(rest))
    if not paths or re.search(r"\bstyle\s+rule\b", rest, re.IGNORECASE):
        return False
    for path in paths:
        _create(draft, place_for(path, is_page=bool(re.search(r"\bpage\b", rest))), None, text)
    return True


def create_named(draft: Draft, clause: Clause) -> bool:
    """`Add a new page called "Test Page"`, `Create a "Prices" page`, `Add a component named Footer`"""
    rest, text = _split_text(clause, clause.text)
    patterns = (
        rf"{_CREATE}(?P<kind>page|component)s?\s*:?\s+(?:{_NAMED})?(?P<names>.+)",
        rf"{_CREATE}(?P<names>(?:(?!(?:to|on|in|of|from|for|the)\s)\S+\s+){{1,5}}?)(?P<kind>page|component)s?",
    )
    found = next(filter(None, (re.fullmatch(pattern, rest, re.IGNORECASE) for pattern in patterns)), None)
    if found is None:
        return False
    quoted = [clause.plain(mark) for mark in re.findall(_Q, found["names"])]
    for name in quoted or [clause.plain(found["names"])]:
        if found["kind"].lower() == "page":
            _create(draft, f"src/pages/{slug(name)}.astro", name, text)
        else:
            _create(draft, f"src/components/{component_name(name)}.astro", name, text)
    return True


def add_style(draft: Draft, clause: Clause) -> bool:
    """`Add a style rule "h1 { color: red }"`"""
    pattern = rf"{_CREATE}(?:css|style)(?:\s+rule)?\s*:?\s+(?P<rule>.+?)(?:\s+to\s+(?P<where>\S+\.css))?"
    found = re.fullmatch(pattern, clause.text, re.IGNORECASE)
    if found is None:
        return False
    sheet = existing(draft, found["where"]) if found["where"] else looks.stylesheet(draft)
    looks.add_rule(draft, sheet, clause.plain(found["rule"]))
    return True


def change_look(draft: Draft, clause: Clause) -> bool:
    """`Make the headings blue`, `Change the colour of the links to #b5651d`, `Set the background to light yellow`"""
    rule = looks.rule_for(clause.text)
    if rule is None:
        return False
    looks.add_rule(draft, looks.stylesheet(draft), rule)
    return True


def replace_text(draft: Draft, clause: Clause) -> bool:
    """`Replace "a" with "b"`, `Change the text "a" to "b" on the about page`"""
    pattern = (
        r"(?:replace|change|update|rewrite)\s+(?:the\s+)?(?:(?:text|words?|phrase|sentence)\s+)?"
        rf"(?P<old>{_Q})\s+(?:with|to|by|into)\s+(?P<new>{_Q}){_ON}"
    )
    found = re.fullmatch(pattern, clause.text, re.IGNORECASE)
    if found is None:
        return False
    old, new = clause.plain(found["old"]), clause.plain(found["new"])
    paths = [where(draft, clause.plain(found["where"]))] if found["where"] else _text_files(draft)
    count = 0
    for path in paths:
        source = draft.read(path) or ""
        changed = templates.with_replaced(source, path, old, new) if old else source
        if changed != source:
            draft.write(path, changed)
            count += 1
    if not count:
        raise NotUnderstood(f"I did not find the text “{old}” on the website.")
    return True


def change_heading(draft: Draft, clause: Clause) -> bool:
    """`Change the heading to "X"`, `Change the heading of the about page to "X"`"""
    pattern = (
        r"(?:change|set|update|rename|make|replace)\s+(?:the\s+)?(?:main\s+|page\s+)?(?:heading|headline|title|h1)"
        rf"{_ON}\s+(?:to|with|say|read|as)\s+(?:say\s+|read\s+|be\s+)?(?P<new>.+)"
    )
    found = re.fullmatch(pattern, clause.text, re.IGNORECASE)
    if found is None:
        return False
    path = where(draft, clause.plain(found["where"] or "home"))
    changed = templates.with_heading(draft.read(path) or "", path, clause.plain(found["new"]))
    if changed is None:
        raise NotUnderstood(f"I found no heading in {path}.")
    draft.write(path, changed)
    return True


def change_text(draft: Draft, clause: Clause) -> bool:
    """`Set the text of the about page to "X"`, `Update Header.astro with new content`"""
    patterns = (
        r"(?:set|change|update|rewrite|replace)\s+(?:the\s+)?(?:text|content|contents|paragraph|body)"
        rf"{_ON}\s+(?:to|with)\s+(?P<new>.+)",
        r"(?:update|change|rewrite|set)\s+(?P<where>.+?)\s+(?:to\s+say|to\s+read|with|to)\s+"
        rf"(?:the\s+(?:text|words?|content)\s+(?={_Q}))?(?P<new>.+)",
    )
    found = next(
        filter(None, (re.fullmatch(pattern, clause.text, re.IGNORECASE) for pattern in patterns)), None
    )
    if found is None:
        return False
    path = where(draft, clause.plain(found["where"] or "home"))
    new = clause.plain(found["new"])
    if path.endswith(".css"):
        looks.add_rule(draft, path, new)
    else:
        draft.write(path, templates.with_text(draft.read(path) or "", path, new))
    return True


def add_text(draft: Draft, clause: Clause) -> bool:
    """`Add a paragraph "X" to the about page`, `Add the heading "Prices"`"""
    pattern = (
        r"(?:add|insert|put|write)\s+(?:an?\s+|the\s+)?(?:new\s+)?"
        r"(?:(?P<what>paragraph|text|sentence|line|heading|subheading)\s+)?"
        rf"(?:saying\s+|that\s+says\s+|with\s+the\s+text\s+)?(?P<new>{_Q}){_ON}"
    )
    found = re.fullmatch(pattern, clause.text, re.IGNORECASE)
    if found is None:
        return False
    path = where(draft, clause.plain(found["where"] or "home"))
    tag = "h2" if (found["what"] or "").lower().endswith("heading") else "p"
    draft.write(path, templates.with_element(draft.read(path) or "", path, tag, clause.plain(found["new"])))
    return True


def delete(draft: Draft, clause: Clause) -> bool:
    """`Delete the page "Test Page"`, `Remove the about page`, `Delete Header.astro`"""
    pattern = (
        r"(?:delete|remove|drop|erase)\s+(?:the\s+)?(?:(?P<before>page|component|file)\s+)?"
        r"(?:called\s+|named\s+|titled\s+)?(?P<name>.+?)(?:\s+(?P<after>page|component|file))?"
    )
    found = re.fullmatch(pattern, clause.text, re.IGNORECASE)
    if found is None:
        return False
    name, kind = clause.plain(found["name"]), (found["before"] or found["after"] or "").lower()
    if PATH.fullmatch(name):
        path = existing(draft, name)
    elif kind in {"page", "component"}:
        path = page(draft, name) if kind == "page" else component(draft, name)
    else:
        return False
    if path.startswith("src/pages/index."):
        raise NotUnderstood("I do not delete the home page: the website would have no beginning.")
    if path.startswith("src/layouts/"):
        raise NotUnderstood(f"I do not delete {path}: the pages are built on it.")
    draft.write(path, None)
    for user in draft.files("src", (".astro", ".mdx")):
        source = draft.read(user) or ""
        if path.startswith("src/components/"):
            changed = templates.without_component(source, PurePosixPath(path).stem)
            if changed != source:
                draft.write(user, changed)
    return True


RULES: tuple[Callable[[Draft, Clause], bool], ...] = (
    add_style,
    add_text,
    create_files,
    create_named,
    replace_text,
    change_heading,
    change_look,
    change_text,
    delete,
)
"""In the order they are tried."""


def _split_text(clause: Clause, text: str) -> tuple[str, str | None]:
    """What comes before `with the text ...`, and that text."""
    found = _WITH.search(text)
    if found is None or re.match(r"the\s+(?:title|name)\b", text[found.start() :].strip()[5:], re.IGNORECASE):
        return text, None
    return text[: found.start()], clause.plain(found["text"])


def _create(draft: Draft, path: str, title: str | None, text: str | None) -> None:
    """A new file. One that is there stays as it is: an instruction to create overwrites nobody's work."""
    if draft.exists(path):
        stored = draft.read(path)
        if stored is None:
            raise NotUnderstood(f"I cannot create {path}: something else is stored there.")
        draft.write(path, stored)
        return
    suffix = PurePosixPath(path).suffix
    shown = title or title_of(PurePosixPath(path).stem)
    if suffix == ".astro" and path.startswith(("src/pages/", "src/layouts/")):
        draft.write(path, templates.new_page(draft, path, shown, text))
    elif suffix == ".astro":
        draft.write(path, templates.new_component(path, text))
    elif suffix in {".md", ".mdx"}:
        draft.write(path, f"# {shown}\n" + (f"\n{text}\n" if text else ""))
    else:
        draft.write(path, f"{text}\n" if text else "")


def _text_files(draft: Draft) -> list[str]:
    return draft.files("src", (".astro", ".md", ".mdx", ".html"))
