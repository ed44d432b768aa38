"""A picture of the report. Apart from what draws it, since that takes long to load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """What a picture is drawn from, as a table: the first cell of a row names it.

    `shares` are the lengths of the rows' bars, 0 to 1, for a window that is too narrow for the picture; or none.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float] = ()


@dataclass(frozen=True)
class Picture:
    """A drawn picture: a name for its file, a title, what it shows in words, the SVG, and the numbers behind it.

    `of_history` says that it shows the runs before, which the page folds away.
    """

    name: str
    title: str
    caption: str
    svg: str
    of_history: bool = False
    numbers: Numbers | None = None
