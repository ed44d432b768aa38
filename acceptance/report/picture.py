"""A picture of the report. Apart from what draws it, since that takes long to load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A drawn picture: a name for its file, a title, what it shows in words, and the SVG.

    `of_history` says that it shows the runs before, which the page folds away.
    """

    name: str
    title: str
    caption: str
    svg: str
    of_history: bool = False
