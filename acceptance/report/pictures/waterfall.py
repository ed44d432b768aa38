"""The cold-start waterfall: each session from the request to the connected browser, against the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from acceptance.report.picture import Numbers, Picture
from acceptance.report.pictures.canvas import (
    BUDGET,
    FAINT,
    SOFT,
    TEXT_PT,
    boxes,
    figure,
    name_rows,
    shortened,
    svg_of,
)
from acceptance.results.run_results import Results, SessionTrace
from acceptance.results.text import counted

STAGES = {
    "on record": "#b9c6d8",
    "task started": "#6f9bd8",
    "target healthy": "#3d66ad",
    "first 200": "#d99a2b",
    "HMR connected": "#2e9e5b",
}
"""The stages that are drawn, in the order in which they are expected, with the colour of the way to each."""

USUAL_BUDGET_S = 60.0

_ROW_IN = 0.17
_LABEL = 62
_LABELS = 0.4


@dataclass(frozen=True)
class _Row:
    """A line of the picture: a session, or the heading of the feature whose sessions follow."""

    label: str
    session: SessionTrace | None = None

    @property
    def marks(self) -> list[tuple[str, float]]:
        """The stages that were seen, by the time at which they were: what nobody watched is not there."""
        seen = self.session.stages.items() if self.session else ()
        return sorted(((stage, at) for stage, at in seen if stage in STAGES), key=lambda mark: mark[1])

    @property
    def seconds(self) -> float:
        """How long it took to the last stage that was seen."""
        return max((at for _, at in self.marks), default=0.0)


def waterfall(results: Results) -> Picture | None:
    """Draw it; None when no session was seen to come up."""
    rows = _rows(results)
    drawn = [row for row in rows if row.session]
    if not drawn:
        return None
    limit = max((limit for _, limit in results.figures.get("cold_start", ())), default=USUAL_BUDGET_S)
    longest = max(row.seconds for row in drawn)
    height = 0.95 + _ROW_IN * len(rows)
    with figure(height) as page:
        left, right = page.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [3.6, 1]})
        page.subplots_adjust(
            left=_LABELS, right=0.985, top=1 - 0.5 / height, bottom=0.42 / height, wspace=0.06
        )
        _stages(left, rows, longest)
        _budget(right, rows, limit)
        handles = [Patch(facecolor=colour, label=stage) for stage, colour in STAGES.items()]
        page.legend(
            handles=handles, loc="upper left", ncols=5, frameon=False, fontsize=TEXT_PT,
            bbox_to_anchor=(_LABELS - 0.01, 1.0), title=None, handlelength=1.0, columnspacing=1.2,
        )  # fmt: skip
        svg = svg_of(page)
    over = sum(row.seconds > limit for row in drawn)
    against = "all within" if not over else f"{over} of them over"
    caption = (
        f"{counted(len(drawn), 'session')}, each from the request to a browser connected for updates, {against} the "
        f"budget of {limit:g} s; the longest took {longest:.1f} s. Colours show the way to each stage; a stage "
        "that nobody watched is left out. On the right the same against the whole budget."
    )
    numbers = Numbers(
        ("Session of", *STAGES, "in all"),
        [
            (_scenario_of(row), *(_seconds(row, stage) for stage in STAGES), f"{row.seconds:.1f} s")
            for row in drawn
        ],
        [min(1.0, row.seconds / limit) for row in drawn],
    )
    return Picture(
        "cold-start-waterfall", "Cold start: waking up, stage by stage", caption, svg, numbers=numbers
    )


def _scenario_of(row: _Row) -> str:
    return row.session.scenario if row.session else row.label


def _seconds(row: _Row, stage: str) -> str:
    return next((f"{at:.1f} s" for name, at in row.marks if name == stage), "")


def _rows(results: Results) -> list[_Row]:
    """Sessions by feature in the order of the run, those of a crowd under the name of their scenario."""
    features = {scenario.name: scenario.feature for scenario in results.scenarios}
    order = {name: number for number, name in enumerate(features)}
    sessions = sorted(
        (session for session in results.sessions if _Row("", session).marks),
        key=lambda session: (order.get(session.scenario, len(order)), session.asked_at),
    )
    rows: list[_Row] = []
    feature = scenario = None
    for session in sessions:
        if features.get(session.scenario, "Other") != feature:
            feature = features.get(session.scenario, "Other")
            rows.append(_Row(feature))
        rows.append(_Row("" if session.scenario == scenario else session.scenario, session))
        scenario = session.scenario
    return rows


def _stages(axes: Axes, rows: Sequence[_Row], longest: float) -> None:
    for stage, colour in STAGES.items():
        places = []
        for y, row in enumerate(rows):
            before = 0.0
            for name, at in row.marks:
                if name == stage:
                    places.append((before, y - 0.36, at - before, 0.72))
                before = at
        boxes(axes, places, colour)
    for y, row in enumerate(rows):
        if row.session:
            axes.text(row.seconds + longest * 0.01, y, f"{row.seconds:.1f} s", va="center", color=SOFT)
    axes.set_xlim(0, longest * 1.12 or 1.0)
    name_rows(axes, [(shortened(row.label, _LABEL), not row.session) for row in rows])
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("seconds since the request")


def _budget(axes: Axes, rows: Sequence[_Row], limit: float) -> None:
    inside = [(0.0, y - 0.36, row.seconds, 0.72) for y, row in enumerate(rows) if row.seconds <= limit]
    over = [(0.0, y - 0.36, row.seconds, 0.72) for y, row in enumerate(rows) if row.seconds > limit]
    boxes(axes, inside, "#2e9e5b", alpha=0.75)
    boxes(axes, over, BUDGET)
    axes.axvline(limit, color=BUDGET, linewidth=1.2)
    axes.set_xlim(0, max(limit * 1.08, *(row.seconds * 1.05 for row in rows)))
    axes.set_xticks([0, limit / 2, limit])
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.set_xlabel(f"of the {limit:g} s budget")
