"""Task counts over the run against the maximum, with the sessions beneath and the features behind them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from acceptance.report.picture import Numbers, Picture
from acceptance.report.pictures.canvas import (
    BUDGET,
    FAINT,
    INK,
    SOFT,
    TEXT_PT,
    boxes,
    figure,
    shortened,
    svg_of,
)
from acceptance.results.peaks import EDIT_TASKS_AT_MOST, busiest, steps
from acceptance.results.run_results import Results, ScenarioResult, SessionTrace, TaskTrace
from acceptance.results.text import counted

ROLES = {"edit": "#3d66ad", "hermes": "#d99a2b"}
SESSION = "#7fb8a0"

_COUNTS_IN = 1.25
_LANE_IN = 0.055
_GAP_IN = 0.62
_LETTERS = 120
"""So many letters of a feature's name fit into the whole width."""

_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)


@dataclass(frozen=True)
class _Platform:
    """What happened on the platform of one worker; a run by itself has one. Instants are seconds since the epoch."""

    name: str
    scenarios: Sequence[ScenarioResult]
    sessions: Sequence[SessionTrace]
    tasks: Sequence[TaskTrace]

    @property
    def moments(self) -> list[float]:
        """Every instant at which something began or ended."""
        found = [s.started_at for s in self.scenarios if s.started_at is not None]
        found += [s.started_at + s.seconds for s in self.scenarios if s.started_at is not None]
        found += [task.started_at for task in self.tasks]
        found += [task.stopped_at for task in self.tasks if task.stopped_at is not None]
        found += [session.asked_at for session in self.sessions]
        return found + [session.ended_at for session in self.sessions if session.ended_at is not None]

    def lanes(self) -> list[int]:
        """A row for each session, in their order, so that no two of a row are there at the same time."""
        free: list[tuple[float, int]] = []
        lanes = []
        for session in self.sessions:
            if free and free[0][0] <= session.asked_at:
                _, lane = heapq.heappop(free)
            else:
                lane = len(free)
            heapq.heappush(free, (session.ended_at or float("inf"), lane))
            lanes.append(lane)
        return lanes


def task_counts(results: Results) -> Picture | None:
    """Draw them, one panel per platform; None when no task is known to have run."""
    platforms = [platform for platform in _platforms(results) if platform.tasks]
    if not platforms:
        return None
    moments = [moment for platform in platforms for moment in platform.moments]
    start, end = min(moments), max(moments)
    lanes = [max(platform.lanes(), default=0) + 1 for platform in platforms]
    heights = [part for count in lanes for part in (_COUNTS_IN, max(0.2, count * _LANE_IN))]
    height = sum(heights) + _GAP_IN * len(platforms) + 0.3
    with figure(height) as page:
        below = height - 0.1
        for number, platform in enumerate(platforms):
            places: list[Axes] = []
            below -= 0.32
            for part in heights[2 * number : 2 * number + 2]:
                below -= part
                places.append(
                    page.add_axes(
                        (0.055, below / height, 0.93, part / height), sharex=places[0] if places else None
                    )
                )
            below -= _GAP_IN - 0.32
            _counts(places[0], platform, start, end)
            _sessions(places[1], platform, start, end)
        svg = svg_of(page)
    peak = busiest(results.tasks)
    most = peak.count if peak else 0
    sides = f" on each of {len(platforms)} platforms side by side" if len(platforms) > 1 else ""
    caption = (
        f"Edit tasks (blue area) and Hermes tasks (yellow line) that ran at each moment{sides}; at most {most} "
        f"Edit tasks of the {EDIT_TASKS_AT_MOST} allowed (red line). Beneath them "
        f"{counted(sum(len(p.sessions) for p in platforms), 'session')}, a bar each "
        "from the request to the end. Shaded behind them the features, in the order in which they ran."
    )
    return Picture("tasks", "Tasks and sessions over the run", caption, svg, numbers=_numbers(platforms))


def _numbers(platforms: Sequence[_Platform]) -> Numbers:
    """Of each platform what ran on it, and the most tasks at once."""
    rows = []
    for platform in platforms:
        most = []
        for role in ROLES:
            _, counts = steps([task for task in platform.tasks if task.role == role], max(platform.moments))
            most.append(str(max(counts, default=0)))
        features = ", ".join(dict.fromkeys(scenario.feature for scenario in platform.scenarios))
        rows.append((features or platform.name, *most, str(len(platform.sessions))))
    return Numbers(("Platform of", *(f"most {role} tasks" for role in ROLES), "sessions"), rows)


def _platforms(results: Results) -> list[_Platform]:
    entries: list[ScenarioResult | SessionTrace | TaskTrace] = [*results.scenarios, *results.sessions]
    names = dict.fromkeys(entry.worker for entry in [*entries, *results.tasks])
    found = [
        _Platform(
            name,
            [scenario for scenario in results.scenarios if scenario.worker == name],
            sorted((s for s in results.sessions if s.worker == name), key=lambda session: session.asked_at),
            [task for task in results.tasks if task.worker == name],
        )
        for name in names
    ]
    return sorted(found, key=lambda platform: min(platform.moments, default=0.0))


def _counts(axes: Axes, platform: _Platform, start: float, end: float) -> None:
    spans: dict[str, list[float]] = {}
    for scenario in platform.scenarios:
        if scenario.started_at is not None:
            began, ended = scenario.started_at - start, scenario.started_at + scenario.seconds - start
            span = spans.setdefault(scenario.feature, [began, ended])
            span[:] = [min(span[0], began), max(span[1], ended)]
    for number, (feature, (began, ended)) in enumerate(spans.items()):
        axes.axvspan(began, ended, color=SOFT, alpha=0.16 if number % 2 else 0.09, linewidth=0)
        room = max(4, int((ended - began) / (end - start or 1.0) * _LETTERS)) if len(spans) > 1 else _LETTERS
        axes.text(
            began, 1.04, shortened(feature, room), transform=axes.get_xaxis_transform(), color=INK,
            fontsize=TEXT_PT, fontweight="bold",
        )  # fmt: skip
    highest = EDIT_TASKS_AT_MOST
    for role, colour in ROLES.items():
        times, counts = steps([task for task in platform.tasks if task.role == role], end)
        if times:
            highest = max(highest, *counts)
            shown = [moment - start for moment in (*times, end)]
            fill = 0.35 if role == "edit" else 0.0
            axes.fill_between(
                shown, [*counts, counts[-1]], step="post", color=colour, alpha=fill, linewidth=0
            )
            axes.step(shown, [*counts, counts[-1]], where="post", color=colour, linewidth=1.4)
    axes.axhline(EDIT_TASKS_AT_MOST, color=BUDGET, linewidth=1.0)
    axes.text(
        1.0,
        EDIT_TASKS_AT_MOST,
        f"at most {EDIT_TASKS_AT_MOST}",
        transform=axes.get_yaxis_transform(),
        color=BUDGET,
        ha="right",
        va="bottom",
    )
    axes.set_xlim(0, (end - start) or 1.0)
    axes.set_ylim(0, highest + 0.8)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel("tasks")
    axes.tick_params(axis="x", length=0, labelbottom=False)


def _sessions(axes: Axes, platform: _Platform, start: float, end: float) -> None:
    lanes = platform.lanes()
    places = [
        (session.asked_at - start, lane - 0.36, (session.ended_at or end) - session.asked_at, 0.72)
        for session, lane in zip(platform.sessions, lanes, strict=True)
    ]
    boxes(axes, places, SESSION)
    axes.set_ylim(max(lanes, default=0) + 0.6, -0.6)
    axes.set_yticks([])
    axes.set_ylabel("sessions", rotation=0, ha="right", va="center", fontsize=TEXT_PT - 1)
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda seconds, _: f"{int(seconds) // 60}:{int(seconds) % 60:02}")
    )
    axes.xaxis.set_major_locator(
        MultipleLocator(next((t for t in _TICKS_S if (end - start) / t <= 12), _TICKS_S[-1]))
    )
    axes.tick_params(axis="x", labelsize=TEXT_PT - 1)
