"""How the selected scenarios are dealt out: in units, each of them one behave process with a platform of its own."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.gate.selection import Selection
from acceptance.results.verdict import SelectedScenario

BOOT_S = 6.0
"""Seconds within which a platform comes up, beside whatever else runs."""

UNIT_S = 3.0
"""Seconds that a unit takes besides its scenarios. Less than `BOOT_S`: its platform comes up while others still run."""

UNKNOWN_S = 3.0
"""Seconds a scenario is thought to take when nothing is known of it."""

WORTH_S = 3.0
"""Seconds by which a run must end earlier for a feature to be split over two platforms."""

Seconds = Mapping[tuple[str, str], Sequence[float]]
"""How long a scenario took in earlier runs, by (feature, scenario), oldest first."""


@dataclass(frozen=True)
class Unit:
    """What one behave process runs: scenarios of one feature file. `number` counts from 1 in the features' order."""

    number: int
    scenarios: tuple[SelectedScenario, ...]
    seconds: tuple[float, ...]
    """How long each will take, as far as one can know."""
    whole: bool
    """Whether it is all of the file's scenarios."""
    part: str = ""
    """Which part of the feature it is (`1 of 2`), when there are several."""
    repetition: str = ""
    """Which time it is (`2 of 5`), when each scenario runs several times."""

    @property
    def name(self) -> str:
        """The feature's name, which part of it this is, and for which time."""
        told = [self.part, f"time {self.repetition}" if self.repetition else ""]
        return " ".join([self.scenarios[0].feature, *(f"({word})" for word in told if word)])

    @property
    def paths(self) -> tuple[str, ...]:
        """behave's paths: the file, or `file:line` of each scenario when others of the file are not to run."""
        return (self.scenarios[0].file,) if self.whole else tuple(w.location for w in self.scenarios)

    @property
    def total_s(self) -> float:
        """How long it will take, platform included."""
        return UNIT_S + sum(self.seconds)


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


def units(selection: Selection, expected: Expected, known: Seconds, *, hands: int) -> list[Unit]:
    """The units of a run, in the features' order.

    There is one per feature file; where that lets the run end earlier, a feature is split between two of its rules.

    Args:
        known: what earlier runs took; where it is silent, `expected` tells.
        hands: how many workers or shards share the units.
    """
    by_file: dict[str, dict[str, SelectedScenario]] = {}
    for wanted in selection.scenarios:
        by_file.setdefault(wanted.file, {}).setdefault(wanted.location, wanted)
    dealt = [
        Unit(
            0,
            tuple(chosen.values()),
            tuple(_seconds(wanted, expected, known) for wanted in chosen.values()),
            whole=len(chosen) == selection.all_of_file[file],
        )
        for file, chosen in by_file.items()
    ]
    while len(dealt) < len(by_file) + hands - 1:
        better = min(_splits(dealt), key=lambda split: _end(split, hands), default=dealt)
        if _end(better, hands) > _end(dealt, hands) - WORTH_S:
            break
        dealt = better
    return list(_numbered(dealt))


def repeated(dealt: Sequence[Unit], times: int) -> list[Unit]:
    """The units so many times, one time after the other, with numbers of their own; once is as they are."""
    if times == 1:
        return list(dealt)
    return [
        dataclasses.replace(unit, number=turn * len(dealt) + unit.number, repetition=f"{turn + 1} of {times}")
        for turn in range(times)
        for unit in dealt
    ]


def longest_first(dealt: Iterable[Unit]) -> list[Unit]:
    """The order in which units are started, so that the last to end ends as early as it can."""
    return sorted(dealt, key=lambda unit: (-unit.total_s, unit.number))


def share(dealt: Sequence[Unit], shard: Shard) -> list[Unit]:
    """The units of a shard; the shards take about as long, and come out the same wherever the units are the same.

    To be called with units whose seconds come from the committed expectations alone.
    """
    return sorted(_hands(dealt, shard.count)[shard.index - 1], key=lambda unit: unit.number)


def _hands(dealt: Iterable[Unit], count: int) -> list[list[Unit]]:
    """Units as `count` workers take them: whoever is free first takes the longest that is left."""
    hands: list[list[Unit]] = [[] for _ in range(count)]
    for unit in longest_first(dealt):
        min(hands, key=lambda taken: sum(other.total_s for other in taken)).append(unit)
    return hands


def _end(dealt: Iterable[Unit], hands: int) -> float:
    """When the last worker ends, in seconds from the start."""
    return max(sum(unit.total_s for unit in taken) for taken in _hands(dealt, hands))


def _splits(dealt: Sequence[Unit]) -> Iterator[list[Unit]]:
    """The units with one of them split in two, in every way that keeps the scenarios of a rule together."""
    for index, unit in enumerate(dealt):
        rules = [wanted.rule for wanted in unit.scenarios]
        for at in range(1, len(rules)):
            if rules[at] != rules[at - 1]:
                halves = [
                    dataclasses.replace(
                        unit, scenarios=unit.scenarios[half], seconds=unit.seconds[half], whole=False
                    )
                    for half in (slice(at), slice(at, None))
                ]
                yield [*dealt[:index], *halves, *dealt[index + 1 :]]


def _numbered(dealt: Sequence[Unit]) -> Iterator[Unit]:
    """The units with their numbers, and the parts of a feature with theirs."""
    numbers = itertools.count(1)
    for _, same in itertools.groupby(dealt, key=lambda unit: unit.scenarios[0].file):
        parts = list(same)
        for place, unit in enumerate(parts, 1):
            part = f"{place} of {len(parts)}" if len(parts) > 1 else ""
            yield dataclasses.replace(unit, number=next(numbers), part=part)


def _seconds(wanted: SelectedScenario, expected: Expected, known: Seconds) -> float:
    times = known.get((wanted.feature, wanted.name))
    return statistics.median(times[-5:]) if times else expected.seconds.get(wanted.rule or "", UNKNOWN_S)


EXPECTED = Path(__file__).with_name("expected.toml")
"""What the project expects of a whole run."""


@dataclass(frozen=True)
class Expected:
    """How many scenarios there are at least, and the typical seconds of one scenario of each rule, by its name."""

    scenarios: int
    seconds: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = EXPECTED) -> Expected:
        """The committed expectations."""
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(int(document["scenarios"]), {k: float(v) for k, v in document["seconds"].items()})
