"""docs/performance.md: a row for each measured revision, and what the last run of all was made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from acceptance.bench.crowds import CrowdCost
from acceptance.bench.whole_runs import WholeRun, by_part, spread
from acceptance.report.meta import revision
from acceptance.results import written_part
from acceptance.results.run_folder import PROJECT

PAGE = PROJECT / "docs" / "performance.md"

RUNS = "python -m acceptance bench"
CROWDS = "python -m acceptance bench --crowds"

RUNS_HEAD = ("on", "at", "cores", "options", "runs", "scenarios", "wall s", "CPU s")
CROWDS_HEAD = (
    "on", "at", "cores", "sessions", "all live after s", "all gone after s", "CPU s each", "MB each", "rules",
    "MB free", "what ended it",
)  # fmt: skip


def row_of_runs(runs: Sequence[WholeRun], options: str) -> tuple[str, ...]:
    """The cells of a measurement: medians, with the least and the most of several runs."""
    return (
        *_measured(),
        options,
        str(len(runs)),
        str(runs[-1].scenarios),
        spread([run.wall_s for run in runs]),
        spread([run.all_cpu_s for run in runs]),
    )


def row_of_crowd(cost: CrowdCost) -> tuple[str, ...]:
    """The cells of a crowd; of one that did not come up, its time and its cost for each are none."""
    each = (
        f"{sum(cost.cpu_s.values()) / cost.sessions:.2f}",
        f"{sum(cost.memory_mb.values()) / cost.sessions:.0f}",
    )
    return (
        *_measured(),
        str(cost.sessions),
        "-" if cost.live_s is None else f"{cost.live_s:.1f}",
        f"{cost.gone_s:.1f}",
        *(("-", "-") if cost.live_s is None else each),
        str(cost.rules),
        f"{cost.free_mb:.0f}",
        cost.limit,
    )


def parts_of_runs(runs: Sequence[WholeRun]) -> list[str]:
    """CPU by part, as a table."""
    return table(("the last: part", "CPU s"), by_part(runs))


def parts_of_crowd(cost: CrowdCost) -> list[str]:
    """CPU and memory by part, as a table."""
    rows = [
        (part, f"{used:.1f}", f"{cost.memory_mb.get(part, 0.0):.0f}")
        for part, used in sorted(cost.cpu_s.items(), key=lambda each: -each[1])
    ]
    return table((f"the last, {cost.sessions} sessions: part", "CPU s", "MB more"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, figures to the right."""
    return [_line(head), _line(["---"] + ["--:"] * (len(head) - 1)), *map(_line, rows)]


def publish(
    command: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    beneath: Iterable[str],
    page: Path = PAGE,
) -> None:
    """Add rows to those that the page has of earlier measurements, and write anew what stands beneath them."""
    earlier = [line for line in written_part.lines(page, command) if line.startswith("| 20")]
    whole = [*table(head, ()), *earlier, *map(_line, rows)]
    written_part.put(page, command, [*whole, "", *beneath])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _measured() -> tuple[str, str, str]:
    """When, at which revision (`+`: files differ from it), on how many cores."""
    commit, changed = revision(PROJECT, but=PAGE)
    return f"{datetime.now(UTC):%Y-%m-%d}", f"`{commit}{'+' * changed}`", str(os.cpu_count())
