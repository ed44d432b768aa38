"""The table of docs/faults.md: every fault, what it breaks, and who noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from acceptance.results.criteria import ALL
from acceptance.results.verdict import SelectedScenario
from faults.noticed import Outcome, names
from faults.record import Row
from faults.registry import Fault


def table(
    faults: Sequence[Fault], rows: Mapping[str, Row], everything: Sequence[SelectedScenario]
) -> Iterator[str]:
    """The lines: one that says how many were caught, at which revision and when, and a row for each fault."""
    found = [rows[fault.name] for fault in faults]
    revisions = sorted({row.revision for row in found})
    day = max(datetime.fromisoformat(row.at) for row in found)
    caught = sum(row.outcome is Outcome.CAUGHT for row in found)
    yield f"{caught} of {len(found)} caught, on {day:%Y-%m-%d}, at {' and '.join(f'`{r}`' for r in revisions)}."
    yield ""
    for cells in (
        ("fault", "the platform", "clause", "criterion", "noticed by", "s"),
        ("---", "---", "---", "---", "---", "--:"),
        *(_cells(fault, rows[fault.name], everything) for fault in faults),
    ):
        yield f"| {' | '.join(map(_plain, cells))} |"


def _cells(fault: Fault, row: Row, everything: Sequence[SelectedScenario]) -> tuple[str, ...]:
    noticed = row.scenario.partition(" -- @")[0] or str(row.outcome).upper()
    criterion = ", ".join(criteria(fault, row, everything))
    return (f"`{fault.name}`", fault.sentence, fault.clause, criterion, noticed, f"{row.seconds:.0f}")


def criteria(fault: Fault, row: Row, everything: Iterable[SelectedScenario]) -> list[str]:
    """What the fault costs: the criteria and promises of the scenario that noticed; without one, of those it names."""
    tags = {
        tag
        for wanted in everything
        if (wanted.name.strip() == row.scenario if row.scenario else names(fault, wanted.name))
        for tag in wanted.tags
    }
    return [each.tag.partition(".")[2].replace("_", " ") for each in ALL if each.tag in tags]


def _plain(text: str) -> str:
    """As Markdown that shows the text as it is."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")
