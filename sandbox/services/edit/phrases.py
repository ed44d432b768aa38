"""Takes an instruction apart into clauses, each one thing to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIRS = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("「", "」"), ("`", "`"), ("‘", "’"))
_QUOTED = re.compile(
    "|".join(f"{re.escape(start)}([^{re.escape(start + end)}\n]*){re.escape(end)}" for start, end in _PAIRS)
    + r"|(?:(?<=\s)|^)'([^'\n]*)'(?=$|[\s.,;:!?])"
)
_MARK = re.compile("\ue000(\\d+)\ue001")
_VERBS = (
    r"add|build|change|create|delete|drop|erase|insert|make|put|"
    r"remove|rename|replace|rewrite|set|style|turn|update|write"
)
_START = rf"(?:please\s+|also\s+)*(?:{_VERBS})\b"
_BREAK = re.compile(
    rf"\s*(?:;|[.!?](?=\s|$))\s*"
    rf"|\s*\n(?=(?:[-*•]|\d+[.)])\s|{_START})"
    rf"|\s*,?\s+(?:and\s+then|then|and)\s+(?={_START})"
    rf"|\s*,\s*(?=(?:and\s+)?{_START})",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^(?:[-*•]|\d+[.)])\s+")
_POLITE = re.compile(
    r"^(?:(?:please|also|then|and|now|next|kindly|first|finally|hi|hello)\b[\s,:]*"
    r"|(?:can|could|would|will)\s+you\s+(?:please\s+)?|i(?:'d|\s+would)\s+like\s+you\s+to\s+)+",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good\s+(?:morning|afternoon|evening))(?:\s+\w+){0,2}\s*[,!.]*", re.IGNORECASE
)
_CLOSING = re.compile(
    r"(?:thanks|thank\s+you|many\s+thanks|cheers|(?:best|kind|warm)?\s*regards|best(?:\s+wishes)?|yours|sincerely)"
    r"\b[^\n]{0,40}",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"--\s?")


@dataclass(frozen=True)
class Clause:
    """One thing to do. In `text` each quoted string stands as a mark; `quoted` has the strings in order."""

    original: str
    text: str
    quoted: tuple[str, ...]

    def plain(self, text: str) -> str:
        """A piece of `text` with what was quoted put back, without quotation marks, spaces and final stops trimmed."""
        return _MARK.sub(lambda found: self.quoted[int(found[1])], text).strip().rstrip(".").strip()


def clauses(instruction: str) -> list[Clause]:
    """The clauses of an instruction, in order, without greetings, thanks, signatures and quoted mail.

    A line that begins with no verb and no bullet continues the one before: mail wraps its lines.
    """
    strings: list[str] = []

    def mark(found: re.Match[str]) -> str:
        strings.append(next(group for group in found.groups() if group is not None))
        return f"\ue000{len(strings) - 1}\ue001"

    text = _QUOTED.sub(mark, _MARK.sub("", "\n".join(_body(instruction))))
    found = []
    for piece in _BREAK.split(text):
        stripped = " ".join(_POLITE.sub("", _BULLET.sub("", piece.strip())).strip(" ,.!").split())
        if stripped:
            whole = _MARK.sub(lambda mark: f'"{strings[int(mark[1])]}"', stripped)
            found.append(Clause(whole, stripped, tuple(strings)))
    return found


def _body(instruction: str) -> list[str]:
    """The lines that say what to do."""
    lines: list[str] = []
    for line in (line.strip() for line in instruction.replace("\r\n", "\n").split("\n")):
        if _SIGNATURE.fullmatch(line) or (lines and _CLOSING.fullmatch(line)):
            break
        if line and not line.startswith(">") and not _GREETING.fullmatch(line):
            lines.append(line)
    return lines
