"""What a process and all that it ever started use, by the part of suite and platform that each of them is."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import psutil

MB = 1_000_000

OTHERS = "all else"

PARTS: Mapping[str, re.Pattern[str]] = {
    part: re.compile(words)
    for part, words in {
        "a browser": r"^(chrom|headless)|run-driver",
        "previews (Node)": r"^node\b|\.mjs\b",
        "Envoy": r"^envoy\b",
        "Hermes": r"-m sandbox\.services\.hermes\b",
        "Edit": r"-m sandbox\.services\.edit\b",
        "session API": r"-m sandbox\.lambda_\.host\b",
        "gate, processes that fork and reap": r"-m acceptance run|-m sandbox\.host\.forkserver\b|reaper\.py$",
        "AWS's control plane, ECS (the sandbox's process)": r"-m sandbox up\b",
        "the suite": r"-m acceptance\.gate\.alone\b|-m acceptance bench\b",
    }.items()
}
"""The first whose words are in a process's command line, the paths in it without their folders. A process with none of
them belongs to whoever started it, as git does to Edit."""

Identity = tuple[int, float]
"""A process's id and the time of its start: an id alone may come to mean another."""


@dataclass(frozen=True)
class Glance:
    """A process as one look finds it: CPU seconds of its own, and of those of its children that it has buried."""

    process: psutil.Process
    parent_id: int
    born: float
    own_s: float
    buried_s: float

    @property
    def identity(self) -> Identity:
        """Which process it is."""
        return self.process.pid, self.born


@dataclass(frozen=True)
class Seen:
    """A process at the last look that found it; `parent` is whose child it was at the first."""

    parent: Identity | None
    part: str
    glance: Glance

    @property
    def used_s(self) -> float:
        """What its parent is charged with once it has buried it."""
        return self.glance.own_s + self.glance.buried_s


class Meter:
    """Follows a process and its descendants, those that have lost their parents included. `look` often."""

    def __init__(self, root: int) -> None:
        """`root` is the first process's id."""
        self._root = root
        self._seen: dict[Identity, Seen] = {}
        self._living: dict[Identity, Glance] = {}

    def look(self) -> None:
        """Take note of who lives and what each has used. What lived and died between two looks is its parent's."""
        there = {glance.process.pid: glance for glance in _glances()}

        def ours(pid: int) -> bool:
            if pid not in there or pid == 0:
                return False
            glance = there[pid]
            return pid == self._root or glance.identity in self._seen or ours(glance.parent_id)

        family = [glance for pid, glance in there.items() if ours(pid)]
        self._living = {glance.identity: glance for glance in family}
        # Parents first: what has no words of its own is what its parent is.
        for glance in sorted(family, key=lambda one: one.born):
            before, mother = self._seen.get(glance.identity), there.get(glance.parent_id)
            parent = before.parent if before else mother.identity if mother else None
            usual = before or (self._seen.get(parent) if parent else None)
            part = part_of(glance.process) or (usual.part if usual else OTHERS)
            self._seen[glance.identity] = Seen(parent, part, glance)

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds, user and system, by part, up to the last look."""
        told_of: defaultdict[Identity | None, float] = defaultdict(float)
        for identity, seen in self._seen.items():
            if identity not in self._living:
                told_of[seen.parent] += seen.used_s
        used: defaultdict[str, float] = defaultdict(float)
        for identity, seen in self._seen.items():
            used[seen.part] += seen.glance.own_s + max(0.0, seen.glance.buried_s - told_of[identity])
        return dict(used)

    def memory_mb(self) -> dict[str, float]:
        """Memory by part of those that lived at the last look; a page that two share counts half for each, where the
        system tells that.
        """
        held: defaultdict[str, float] = defaultdict(float)
        for identity, glance in self._living.items():
            # One that has ended since holds none.
            with contextlib.suppress(psutil.Error):
                memory = glance.process.memory_full_info()
                held[self._seen[identity].part] += getattr(memory, "pss", memory.uss) / MB
        return dict(held)


def part_of(process: psutil.Process) -> str | None:
    """Which part a process is by its command line; None if no part's words are in it, or it has ended."""
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        # A process that names itself, as Chromium's and the fork server's do, has all of it in one word.
        told = " ".join(
            PurePath(word).name for word in (words if len(words) > 1 else " ".join(words).split())
        )
        return next((part for part, words in PARTS.items() if words.search(told)), None)
    return None


def _glances() -> Iterator[Glance]:
    """Every process of the machine."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error), process.oneshot():
            cpu = process.cpu_times()
            yield Glance(
                process,
                process.ppid(),
                process.create_time(),
                cpu.user + cpu.system,
                cpu.children_user + cpu.children_system,
            )
