"""A run's pictures as SVG: wake-ups against their budget, tasks against their maximum, and the last runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from acceptance.npm_packages import cache_root

# Before matplotlib is imported: its list of fonts would else lie in folders of its own, below HOME and the cache.
os.environ.setdefault("MPLCONFIGDIR", str(cache_root() / "matplotlib"))

from acceptance.report.history import Entry
from acceptance.report.picture import Picture
from acceptance.report.pictures.strip import strips
from acceptance.report.pictures.tasks import task_counts
from acceptance.report.pictures.waterfall import waterfall
from acceptance.results.masking import mask
from acceptance.results.run_results import Results


def draw(folder: Path, results: Results, history: Sequence[Entry]) -> list[Picture]:
    """Draw what the results tell, in the order in which to show it, also as files in `folder`, old ones gone.

    A picture of nothing is not drawn: no session was watched, or the run is not in the history. Beside each SVG lies
    what it shows in words, its title in the first line.
    """
    pictures = [waterfall(results), task_counts(results), *strips(results, history)]
    drawn = [picture for picture in pictures if picture is not None]
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.svg"), *folder.glob("*.txt")):
        old.unlink()
    for number, picture in enumerate(drawn, 1):
        path = folder / f"{number:02}-{picture.name}.svg"
        path.write_text(mask(picture.svg), encoding="utf-8")
        told = f"{picture.title}\n{picture.caption}\n"
        path.with_suffix(".txt").write_text(mask(told), encoding="utf-8")
    return drawn
