"""A run's pictures as SVG: wake-ups against their budget, tasks against their maximum, and the last runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acceptance.report.captions import CAPTION, write_caption
from acceptance.report.history import Entry
from acceptance.report.pictures.canvas import Picture
from acceptance.report.pictures.strip import strips
from acceptance.report.pictures.tasks import task_counts
from acceptance.report.pictures.waterfall import waterfall
from acceptance.report.run import Results
from acceptance.results.masking import mask


def draw(folder: Path, results: Results, history: Sequence[Entry]) -> tuple[Path, ...]:
    """Draw what the results tell into `folder`, old pictures gone; the SVG files, in the order in which to show them.

    A picture of nothing is not drawn: no session was watched, or the run is not in the history.
    """
    pictures = [waterfall(results), task_counts(results), *strips(results, history)]
    drawn = [picture for picture in pictures if picture is not None]
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.svg"), *folder.glob(f"*{CAPTION}")):
        old.unlink()
    return tuple(_write(folder, number, picture) for number, picture in enumerate(drawn, 1))


def _write(folder: Path, number: int, picture: Picture) -> Path:
    path = folder / f"{number:02}-{picture.name}.svg"
    path.write_text(mask(picture.svg), encoding="utf-8")
    write_caption(path, picture.title, picture.caption)
    return path
