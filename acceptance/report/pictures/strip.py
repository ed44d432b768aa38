"""The last runs of each scenario as a strip: how each ended, how long it took, and which are flaky."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from matplotlib.axes import Axes

from acceptance.report.history import Entry, flaky, last_runs
from acceptance.report.picture import Numbers, Picture
from acceptance.report.pictures.canvas import (
    FAINT,
    OTHER_STATUS,
    SOFT,
    Box,
    boxes,
    colour_of,
    figure,
    name_rows,
    shortened,
    svg_of,
)
from acceptance.results.run_folder import slug
from acceptance.results.run_results import Results
from acceptance.results.text import counted

RUNS = 20

_ROW_IN = 0.19
_LABEL = 74
_FULL = 0.78
"""How much of a row's height the longest of its runs takes."""


@dataclass(frozen=True)
class _StripRow:
    """A scenario with its entry of each run that had it, or the heading of a rule."""

    label: str
    entries: Mapping[str, Entry]
    flaky: bool = False


def strips(results: Results, history: Sequence[Entry]) -> Iterator[Picture]:
    """One picture per feature of the run, in its order; none of a feature that the history does not know."""
    marked = flaky(history)
    for feature in dict.fromkeys(scenario.feature for scenario in results.scenarios):
        of_feature = [entry for entry in history if entry.feature == feature]
        runs = last_runs(of_feature, RUNS)
        if runs:
            yield _strip(feature, _rows(results, feature, of_feature, marked), of_feature, runs)


def _rows(
    results: Results, feature: str, history: Sequence[Entry], marked: frozenset[tuple[str, str]]
) -> list[_StripRow]:
    by_scenario: dict[str, dict[str, Entry]] = {}
    for entry in history:
        by_scenario.setdefault(entry.scenario, {})[entry.run] = entry
    rows: list[_StripRow] = []
    rule = None
    for scenario in results.scenarios:
        if scenario.feature == feature:
            if scenario.rule and scenario.rule != rule:
                rule = scenario.rule
                rows.append(_StripRow(rule, {}))
            is_flaky = (feature, scenario.name) in marked
            rows.append(_StripRow(scenario.name, by_scenario.get(scenario.name, {}), is_flaky))
    return rows


def _strip(feature: str, rows: Sequence[_StripRow], history: Sequence[Entry], runs: Sequence[str]) -> Picture:
    height = 0.55 + _ROW_IN * len(rows)
    with figure(height) as page:
        axes = page.add_axes((0.44, 0.4 / height, 0.42, 1 - 0.5 / height))
        for status, places in _bars(rows, runs).items():
            boxes(axes, places, colour_of(status))
        _changes(axes, history, runs)
        for y, row in enumerate(rows):
            last = next((row.entries[run] for run in reversed(runs) if run in row.entries), None)
            if last is not None:
                mark = "   flaky" if row.flaky else ""
                axes.text(
                    1.01, y, f"{last.seconds:6.1f} s{mark}", va="center", transform=axes.get_yaxis_transform(),
                    color=OTHER_STATUS if row.flaky else SOFT, fontweight="bold" if row.flaky else "normal",
                )  # fmt: skip
        axes.set_xlim(0, len(runs))
        name_rows(axes, [(shortened(row.label, _LABEL), not row.entries) for row in rows])
        axes.set_xticks([0.5, len(runs) - 0.5] if len(runs) > 1 else [0.5])
        axes.set_xticklabels([_label(history, run) for run in dict.fromkeys((runs[0], runs[-1]))])
        svg = svg_of(page)
    names = [row.label for row in rows if row.flaky]
    told = f" Flaky, both passed and failed on one revision: {'; '.join(names)}." if names else ""
    caption = (
        f"The last {counted(len(runs), 'run')} of each scenario, the latest on the right with its time. "
        f"A bar's height is its time beside the scenario's longest; green passed, red failed, grey was not run. "
        f"A line divides revisions.{told}"
    )
    title = f"{feature}: {len(names)} flaky" if names else feature
    name = f"last-runs-{slug(feature).replace('_', '-')}"
    return Picture(name, title, caption, svg, of_history=True, numbers=_numbers(rows, runs))


def _numbers(rows: Sequence[_StripRow], runs: Sequence[str]) -> Numbers:
    """Of each scenario how many of these runs it passed, and how its last one ended."""
    told = []
    for row in rows:
        entries = [row.entries[run] for run in runs if run in row.entries]
        if entries:
            passed = sum(entry.passed for entry in entries)
            told.append(
                (row.label, f"{passed} of {len(entries)}", entries[-1].status, f"{entries[-1].seconds:.1f} s")
            )
    return Numbers(("Scenario", "Passed", "Last", "Took"), told)


def _label(history: Sequence[Entry], run: str) -> str:
    """A run by its date and revision."""
    first = next(entry for entry in history if entry.run == run)
    return f"{datetime.fromtimestamp(first.at, UTC):%d %b %H:%M}  {first.revision[:7]}".strip()


def _bars(rows: Sequence[_StripRow], runs: Sequence[str]) -> dict[str, list[Box]]:
    found: dict[str, list[Box]] = {}
    for y, row in enumerate(rows):
        longest = max((row.entries[run].seconds for run in runs if run in row.entries), default=0.0)
        for x, run in enumerate(runs):
            entry = row.entries.get(run)
            if entry is not None:
                share = entry.seconds / longest if longest else 1.0
                high = _FULL * max(0.18, share)
                found.setdefault(entry.status, []).append((x + 0.12, y + _FULL / 2 - high, 0.76, high))
    return found


def _changes(axes: Axes, history: Sequence[Entry], runs: Sequence[str]) -> None:
    """A line between runs of different revisions."""
    revisions = {entry.run: (entry.revision, entry.dirty) for entry in history}
    for x, (before, after) in enumerate(itertools.pairwise(runs), 1):
        if revisions[before] != revisions[after]:
            axes.axvline(x, color=FAINT, linewidth=0.8)
