"""Style rules: from a customer's words to CSS."""

from __future__ import annotations

import re

from .draft import Draft
from .wording import NotUnderstood

_SELECTORS = {
    r"(?:main\s+)?(?:headings?|headlines?|titles?)": "h1, h2, h3",
    r"h([1-6])s?": "h{}",
    r"links?": "a",
    r"(?:body\s+)?(?:text|font)|paragraphs?": "p",
    r"(?:page|site|website|body)": "body",
    r"(?:menu|navigation|nav|navigation\s+bar)": "nav",
    r"(?:images?|pictures?)": "img",
    r"buttons?": "button",
}
_WORDS = {
    "bold": "font-weight: bold",
    "italic": "font-style: italic",
    "underlined": "text-decoration: underline",
    "uppercase": "text-transform: uppercase",
    "centered": "text-align: center",
    "centred": "text-align: center",
    "bigger": "font-size: 150%",
    "larger": "font-size: 150%",
    "smaller": "font-size: 80%",
}
# Colour names of CSS Color Module Level 4, section 6.1: those that customers write.
_HUES = """
aqua azure beige bisque black blue brown chartreuse chocolate coral cornsilk crimson cyan firebrick fuchsia gold
gainsboro goldenrod gray green grey honeydew indigo ivory khaki lavender lime linen magenta maroon moccasin navy olive
orange
orangered orchid peru pink plum purple red salmon seagreen sienna silver snow tan teal thistle tomato turquoise violet
wheat white yellow skyblue steelblue royalblue slateblue slategray hotpink rebeccapurple transparent mediumblue
mediumpurple deeppink deepskyblue midnightblue forestgreen lightblue lightcoral lightcyan lightgray lightgreen lightgrey
lightpink lightsalmon lightseagreen lightskyblue lightyellow darkblue darkcyan darkgray darkgreen darkgrey darkkhaki
darkmagenta darkorange darkorchid darkred darksalmon darkturquoise darkviolet
"""
_COLOURS = frozenset(_HUES.split())
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_BACKGROUND = r"background(?:\s+colou?r)?"
_RULE = re.compile(r"\s*(?:[^{}<>]+\{[^{}<>]*\}\s*)+")


def rule_for(text: str) -> str | None:
    """The CSS rule for `make the headings blue` and its like; None when the sentence is not about looks."""
    value = r"(?P<value>#?\w+(?:\s\w+)?)"
    subject = r"(?:the\s+|all\s+|all\s+the\s+)?(?P<subject>[\w\s]+?)"
    patterns = (
        rf"(?:make|turn|colou?r|set|change)\s+(?:the\s+)?(?P<ground>{_BACKGROUND})(?:\s+of\s+{subject})?\s+(?:to\s+)?{value}",
        rf"(?:set|change|make)\s+(?:the\s+)?colou?r\s+of\s+{subject}\s+(?:to\s+)?{value}",
        rf"(?:set|change|make)\s+{subject}(?:'s)?\s+colou?r\s+(?:to\s+)?{value}",
        rf"(?:make|turn|colou?r|style)\s+{subject}\s+{value}",
    )
    for pattern in patterns:
        found = re.fullmatch(pattern, text, re.IGNORECASE)
        if found is None:
            continue
        groups = found.groupdict()
        ground = groups.get("ground") is not None
        selector = _selector(groups.get("subject") or "page") if ground else _selector(groups["subject"])
        declaration = _declaration(found["value"], background=ground)
        if selector is not None and declaration is not None:
            return f"{selector} {{\n  {declaration};\n}}"
    return None


def stylesheet(draft: Draft) -> str:
    """The site's stylesheet. Raises NotUnderstood when it has none."""
    sheets = draft.files("src", (".css",)) or draft.files("public", (".css",))
    if not sheets:
        raise NotUnderstood("The website has no stylesheet that a rule could be added to.")
    return sheets[0]


def add_rule(draft: Draft, sheet: str, rule: str) -> None:
    """Append the rule, unless the stylesheet ends with it. Raises NotUnderstood when it is no CSS rule."""
    if not _RULE.fullmatch(rule):
        raise NotUnderstood(f"“{rule}” is no style rule I can read; write it like: h1 {{ color: red }}.")
    source = (draft.read(sheet) or "").rstrip("\n")
    if not source.endswith(rule.strip()):
        source = f"{source}\n\n{rule.strip()}"
    draft.write(sheet, source.lstrip("\n") + "\n")


def _selector(subject: str) -> str | None:
    for pattern, selector in _SELECTORS.items():
        found = re.fullmatch(pattern, subject.strip(), re.IGNORECASE)
        if found is not None:
            return selector.format(*found.groups())
    return None


def _declaration(value: str, *, background: bool) -> str | None:
    word = value.lower()
    colour = word.replace(" ", "")
    if _HEX.fullmatch(word) or colour in _COLOURS:
        return f"{'background-color' if background else 'color'}: {colour}"
    return None if background else _WORDS.get(word)
