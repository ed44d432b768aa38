"""What all pictures share: the figure, its colours, and how it becomes an SVG that reads well by day and by night."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

INK = "#1f2328"
FAINT = "#cfd4da"
SOFT = "#6b7280"
BUDGET = "#c62828"
STATUS = {
    "passed": "#2e9e5b",
    "failed": "#d64545",
    "skipped": "#9aa0a6",
    "untested": "#9aa0a6",
    "not observed": "#c98a1b",
}
OTHER_STATUS = "#c98500"

WIDTH_IN = 11.0
TEXT_PT = 8.0

_BY_NIGHT = {INK: "#e6e8eb", FAINT: "#454b54", SOFT: "#a6adb8", BUDGET: "#ff8a80"}
_FONTS = re.compile(r"(font: [^;\"]*?)'DejaVu Sans'[^;\"]*")

_STYLE: dict[Any, Any] = {
    # Text stays text: it can be searched and read aloud. Ids do not change from run to run.
    "svg.fonttype": "none",
    "svg.hashsalt": "acceptance",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_PT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": TEXT_PT + 1,
    "axes.titlecolor": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.parse_math": False,
}

Box = tuple[float, float, float, float]
"""Left, bottom, width and height, in the axes' data."""


@contextmanager
def figure(height_in: float) -> Iterator[Figure]:
    """An empty figure of the usual width; drawn in the pictures' own style whatever the machine's is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield Figure(figsize=(WIDTH_IN, height_in))


def svg_of(drawn: Figure) -> str:
    """The figure as SVG, with the colours of the night for readers who have asked for them. Call within `figure`."""
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = _FONTS.sub(r"\g<1>system-ui, sans-serif", text[text.index("<svg") :])
    rules = "".join(
        f'[style*="fill: {day}"]{{fill:{night}!important}}[style*="stroke: {day}"]{{stroke:{night}!important}}'
        for day, night in _BY_NIGHT.items()
    )
    start = text.index(">") + 1
    return f"{text[:start]}<style>@media (prefers-color-scheme: dark){{{rules}}}</style>{text[start:]}"


def boxes(axes: Axes, places: Iterable[Box], colour: str, *, alpha: float = 1.0) -> None:
    """Filled boxes of one colour as a single path: a hundred of them weigh little."""
    outlines = [
        Outline([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True)
        for x, y, w, h in places
    ]
    if outlines:
        whole = Outline.make_compound_path(*outlines)
        axes.add_patch(PathPatch(whole, facecolor=colour, edgecolor="none", linewidth=0, alpha=alpha))


def name_rows(axes: Axes, names: Sequence[tuple[str, bool]]) -> None:
    """A name at each row, from the top down, bold where it heads those below it."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [name for name, _ in names])
    axes.tick_params(axis="y", length=0)
    for (_, heads), label in zip(names, axes.get_yticklabels(), strict=True):
        label.set_color(INK)
        label.set_fontweight("bold" if heads else "normal")


def shortened(text: str, length: int) -> str:
    """A text cut in the middle, so that a row's number at its end stays."""
    if len(text) <= length:
        return text
    tail = length // 4
    return f"{text[: length - tail - 1].rstrip()}…{text[-tail:].lstrip()}"


def colour_of(status: str) -> str:
    """A scenario's colour by its status."""
    return STATUS.get(status, OTHER_STATUS)
