"""Carries out instructions by rules: what would be an AI agent, behind the same interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from . import rules
from .draft import Change, Draft, Outside
from .phrases import Clause, clauses
from .wording import NotUnderstood

__all__ = ["Editor", "NotUnderstood", "RuleEditor"]

_HELP = (
    "I can create or update a component or a page, change a heading or a text, add a style rule, and delete a page "
    'or a component, for example: Add a new page called "Prices".'
)


class Editor(Protocol):
    """Turns an instruction into file changes."""

    def plan(self, instruction: str, root: Path) -> Sequence[Change]:
        """The changes that carry the instruction out on the site at `root`; nothing is written.

        Raises NotUnderstood with a sentence for the customer.
        """
        ...


class RuleEditor:
    """Understands the sentences in `rules`, several in one instruction; all of them are carried out, or none."""

    def plan(self, instruction: str, root: Path) -> Sequence[Change]:
        """See Editor."""
        draft = Draft(root)
        parts = clauses(instruction)
        if not parts:
            raise NotUnderstood(f"I found nothing to do in your message. {_HELP}")
        for clause in parts:
            _carry_out(draft, clause)
        return draft.changes()


def _carry_out(draft: Draft, clause: Clause) -> None:
    for rule in rules.RULES:
        try:
            if _applies(rule, draft, clause):
                return
        except Outside as error:
            raise NotUnderstood(f"I cannot touch “{error}”: it is not part of the website.") from error
    raise NotUnderstood(f"I did not understand “{clause.original}”. {_HELP}")


def _applies(rule: Callable[[Draft, Clause], bool], draft: Draft, clause: Clause) -> bool:
    return rule(draft, clause)
