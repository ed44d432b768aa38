"""How the selected scenarios are dealt out: in units, each of them one behave process with a platform of its own."""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gate.selection import Selection, Wanted

EXPECTED = Path(__file__).with_name("expected.toml")

BOOT_S = 4.0
"""Seconds a platform takes to come up and to be put away: what every unit costs before its first scenario."""

UNKNOWN_S = 3.0
"""Seconds a scenario is thought to take when nothing is known of it."""

Seconds = Mapping[tuple[str, str], Sequence[float]]
"""How long a scenario took in earlier runs, by (feature, scenario), oldest first."""


@dataclass(frozen=True)
class Expected:
    """What the project expects of a whole run: how many scenarios, and the seconds of each feature file."""

    scenarios: int
    seconds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = EXPECTED) -> Expected:
        """The committed expectations."""
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(int(document["scenarios"]), {k: float(v) for k, v in document["seconds"].items()})


@dataclass(frozen=True)
class Unit:
    """What one behave process runs: scenarios of one feature file. `number` counts from 1 in the features' order."""

    number: int
    scenarios: tuple[Wanted, ...]
    paths: tuple[str, ...]
    """behave's paths: the file, or `file:line` of each scenario when others of the file are not to run."""
    seconds: float
    """How long it will take, as far as one can know."""

    @property
    def feature(self) -> str:
        """The feature's name."""
        return self.scenarios[0].feature

    @property
    def file(self) -> str:
        """The feature file."""
        return self.scenarios[0].file


@dataclass(frozen=True)
class Shard:
    """Part `index` (from 1) of `count` parts of a run."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`1/4` as a shard; ValueError for anything else."""
        index, slash, count = text.partition("/")
        if slash and index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
            return cls(int(index), int(count))
        raise ValueError(f"{text!r} is no shard: expected I/N, such as 1/4, with I from 1 to N")

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def units(selection: Selection, expected: Expected, known: Seconds) -> list[Unit]:
    """One unit per feature file, in the features' order.

    Args:
        known: what earlier runs took; where it is silent, `expected` tells the seconds of whole files.
    """
    all_of_file = selection.all_of_file
    by_file: dict[str, dict[str, Wanted]] = {}
    for wanted in selection.scenarios:
        by_file.setdefault(wanted.file, {}).setdefault(wanted.location, wanted)
    dealt = []
    for number, (file, chosen) in enumerate(by_file.items(), 1):
        whole = len(chosen) == all_of_file[file]
        scenarios = tuple(chosen.values())
        typical = expected.seconds.get(file, 0.0) / all_of_file[file]
        seconds = BOOT_S + sum(_seconds(wanted, known, typical or UNKNOWN_S) for wanted in scenarios)
        dealt.append(Unit(number, scenarios, (file,) if whole else tuple(chosen), round(seconds, 1)))
    return dealt


def longest_first(dealt: Iterable[Unit]) -> list[Unit]:
    """The order in which units are started, so that the last to end ends as early as it can."""
    return sorted(dealt, key=lambda unit: (-unit.seconds, unit.number))


def share(dealt: Sequence[Unit], shard: Shard) -> list[Unit]:
    """The units of a shard, dealt so that the shards take about as long; the same on every machine for the same units.

    To be called with units whose seconds come from the committed expectations alone.
    """
    shares: list[list[Unit]] = [[] for _ in range(shard.count)]
    for unit in longest_first(dealt):
        min(shares, key=lambda others: sum(other.seconds for other in others)).append(unit)
    return sorted(shares[shard.index - 1], key=lambda unit: unit.number)


def _seconds(wanted: Wanted, known: Seconds, typical: float) -> float:
    times = known.get((wanted.feature, wanted.name))
    return statistics.median(times[-5:]) if times else typical
