"""Every clause of docs/contract.md has a fault that breaks it, or stands below with the reason why it has none.

A clause is a row of a table or a sentence, cut at its semicolons. A fault names its clause by words that stand in it
and in no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from faults.catalogue import FAULTS, Fault

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "contract.md"
NO_PROMISES = ("Capabilities", "What a deployment must bring")
"""Sections on what the suite asks for, not on what the platform does."""

_OVERVIEW = "an overview: what it says is said again below, and broken there"
_HEADING = "the heading of a table"
_SANDBOX = "about the sandbox's editor, which no other platform has"
_UNSEEN = "nobody outside the platform can bring it about"

WITHOUT_A_FAULT: Mapping[str, str] = {
    "A customer emails (or posts) an editing instruction.": _OVERVIEW,
    "The platform, asleep at zero cost, wakes, opens the customer's website workspace": _OVERVIEW,
    "After an idle time it goes back to zero.": _OVERVIEW,
    "Workspaces outlive containers.": _OVERVIEW,
    "part: on AWS: default name": _HEADING,
    "session API, `/api/*`: Lambda behind the ALB": _OVERVIEW,
    "Hermes, `/hermes/*`: ECS Fargate service": _OVERVIEW,
    "Edit: ECS Fargate service": _OVERVIEW,
    "sessions: DynamoDB table": _OVERVIEW,
    "workspaces: EFS": _OVERVIEW,
    "mail in: SES": _OVERVIEW,
    "mail out: SES": _OVERVIEW,
    "capacity: Application Auto Scaling target": _OVERVIEW,
    "call: answers": _HEADING,
    "counts as activity": "said again under Scaling and idling, and broken there",
    "While what the platform stands on fails, the API answers 503": _UNSEEN,
    "it takes no more instructions or keepalives, and a command that was lost": _UNSEEN,
    "`/workspace/{clientId}/{user}/project`: a git repository": "what lies in it is broken sentence by sentence",
    "Two sessions of one user on one thread share the workspace": "what becomes of it is broken sentence by sentence",
    "state of the session: `GET /session/{id}/`": _HEADING,
    "It sleeps only when no session, no command and no Edit task is left;": "open: no fault is written",
    "The sandbox's editor stands in for an AI": _SANDBOX,
    "It fails only where the site cannot be changed as asked": _SANDBOX,
    "An instruction is planned in at most 5 s and 1 GiB": "open: no words are known that take longer",
    "what takes more costs an answer that says so": "open: no words are known that take longer",
}
"""How a clause begins -> why no fault breaks it."""


def clauses(contract: str) -> Iterator[str]:
    """The clauses, each in one line; cells of a row are parted by `: `."""
    for section in re.split(r"^## ", contract, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith(NO_PROMISES):
            continue
        for block in re.split(r"\n\s*\n|\n(?=- |\d\. |\|)", body):
            line = re.sub(r"^(-|\d\.) ", "", " ".join(block.split()))
            if line.startswith("|"):
                line = ": ".join(cell.strip() for cell in line.strip("|").split("|"))
            if re.search(r"\w", line):
                yield from re.split(r"(?<=[.;])\s+", line)


CLAUSES = tuple(clauses(CONTRACT.read_text(encoding="utf-8")))


@pytest.mark.parametrize("entry", FAULTS.values(), ids=FAULTS)
def test_a_fault_names_one_clause(entry: Fault) -> None:
    found = [clause for clause in CLAUSES if entry.clause in clause]
    assert entry.clause, f"{entry.name} does not say which words of docs/contract.md it breaks"
    assert len(found) == 1, f"expected {entry.clause!r} in one clause of docs/contract.md, found {found}"


def test_a_clause_without_a_fault_is_listed_with_its_reason() -> None:
    broken = {clause for clause in CLAUSES for entry in FAULTS.values() if entry.clause in clause}
    excused = {clause for clause in CLAUSES if clause.startswith(tuple(WITHOUT_A_FAULT))}
    left = [clause for clause in CLAUSES if clause not in broken | excused]
    assert not left, "no fault breaks these clauses of docs/contract.md:\n" + "\n".join(left)
    assert not broken & excused, "a fault breaks it: take it off the list above"


@pytest.mark.parametrize("beginning", WITHOUT_A_FAULT)
def test_the_list_names_clauses_that_exist(beginning: str) -> None:
    assert any(clause.startswith(beginning) for clause in CLAUSES)


def test_rows_and_sentences_are_cut_at_semicolons() -> None:
    table, sentences = "| a | b |\n|---|---|\n| `x` | 1; 2 |", "- One. Two\n  goes on; three."
    contract = f"# T\n\n## S\n{table}\n\n{sentences}\n\n## Capabilities\nNo.\n"
    assert list(clauses(contract)) == ["a: b", "`x`: 1;", "2", "One.", "Two goes on;", "three."]
