"""What processes use: this one, and the deployment's where it is a child of this one."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

MB = 1_000_000


@dataclass(frozen=True)
class Usage:
    """A tree of processes at one moment.

    `cpu_s` counts all it ever used, ended processes included. `rss_mb` counts a page shared by two twice, `pss_mb` each
    page once; it is None where the operating system does not tell it.
    """

    processes: int
    cpu_s: float
    rss_mb: float
    pss_mb: float | None


def own_cpu_s() -> float:
    """CPU seconds that this process has used, in user and system mode, its children left out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def of_children(pid: int | None = None) -> Usage | None:
    """What all descendants of a process (of this one) use; None if it has none: the deployment runs elsewhere."""
    tree = list(_usages(psutil.Process(pid).children(recursive=True)))
    if not tree:
        return None
    shares = [usage.pss_mb for usage in tree]
    return Usage(
        len(tree),
        sum(usage.cpu_s for usage in tree),
        sum(usage.rss_mb for usage in tree),
        None if None in shares else sum(share for share in shares if share is not None),
    )


def _usages(processes: list[psutil.Process]) -> Iterator[Usage]:
    for process in processes:
        # One that ends meanwhile is counted among its parent's ended children the next time.
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess), process.oneshot():
            cpu = process.cpu_times()
            memory = (
                process.memory_full_info() if hasattr(process, "memory_full_info") else process.memory_info()
            )
            share = getattr(memory, "pss", None)
            yield Usage(
                1,
                cpu.user + cpu.system + cpu.children_user + cpu.children_system,
                memory.rss / MB,
                None if share is None else share / MB,
            )
