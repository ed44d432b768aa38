"""Many folders of results become one: the workers' of a run, or the shards' of a run over several machines."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from acceptance.report.merge import merge_messages
from acceptance.results import run_results
from acceptance.results.run_folder import FACTS, MESSAGES, PICTURES, RESULTS, WORKERS, evidence_folder
from acceptance.results.run_results import ScenarioResult

NOT_EVIDENCE = frozenset({PICTURES, WORKERS})


def gather(
    sources: Sequence[Path],
    folder: Path,
    *,
    move: bool,
    beside: Sequence[ScenarioResult] = (),
    repetitions: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Merge what lies in `sources`, in their order, into `folder`: results, messages, facts, evidence.

    Args:
        move: whether evidence is moved; otherwise it is copied, and the sources stay as they are.
        beside: the scenarios that are not judged, which nobody ran.
        repetitions: by the name of a source, which time its scenarios ran, where they ran several times.

    Returns:
        What could not be merged, as sentences; the rest is merged all the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Those that left none are named too: the whole is complete only if each part is.
    broken = run_results.merge(sources, folder / RESULTS, beside=beside, repetitions=repetitions)
    try:
        merge_messages([source / MESSAGES for source in sources], folder / MESSAGES)
    except (ValueError, KeyError, OSError) as error:
        broken.append(f"{MESSAGES} could not be merged: {type(error).__name__}: {error}")
    for source in sources:
        if (source / FACTS).is_file() and not (folder / FACTS).is_file():
            shutil.copyfile(source / FACTS, folder / FACTS)
        for evidence in _evidence(source):
            target = _free(folder / evidence_folder(evidence.name, repetitions.get(source.name, "")))
            if move:
                shutil.move(evidence, target)
            else:
                shutil.copytree(evidence, target)
    return broken


def _evidence(source: Path) -> list[Path]:
    if not source.is_dir():
        return []
    return sorted(entry for entry in source.iterdir() if entry.is_dir() and entry.name not in NOT_EVIDENCE)


def _free(path: Path) -> Path:
    """The path, or one like it that nothing lies at yet: two workers may have scenarios of one name."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}_{number}")
    return free
