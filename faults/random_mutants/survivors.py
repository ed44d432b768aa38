"""What somebody has found out about mutants that live: `faults/random_mutants/survivors.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from faults.intervals import wilson
from faults.random_mutants.mutation import Fate, Trial

SURVIVORS = Path(__file__).with_name("survivors.toml")


class Class(StrEnum):
    """What a mutant that lives says of the suite."""

    EQUIVALENT = "equivalent"
    OUTSIDE = "outside the contract"
    HOLE = "hole"


@dataclass(frozen=True)
class Survivor:
    """A mutant's class, and why it is in it."""

    kind: Class
    reason: str


def read_survivors(path: Path = SURVIVORS) -> dict[str, Survivor]:
    """The classes by the mutants' ids; ValueError names an entry that means nothing."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {}
    for identity, entry in document.items():
        try:
            found[identity] = Survivor(Class(entry["class"]), entry["reason"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: {identity}: expected a class ({', '.join(Class)}) and a reason, found {entry}"
            ) from error
    return found


@dataclass(frozen=True)
class Score:
    """What a sample says: how many mutants ended how. `counted` are those in the contract and not equivalent."""

    killed: int
    refused: int
    equivalent: int
    outside: int
    open: tuple[Trial, ...]
    """Those that live and are holes, or nobody has classed yet; one that timed out is among them."""

    @classmethod
    def of(cls, trials: Iterable[Trial], classes: Mapping[str, Survivor]) -> Score:
        """Count them."""
        trials = list(trials)
        alive = [trial for trial in trials if trial.fate in (Fate.SURVIVED, Fate.LATE)]

        def kind(trial: Trial) -> Class | None:
            return classes[trial.id].kind if trial.id in classes else None

        return cls(
            killed=_count(trials, Fate.KILLED),
            refused=_count(trials, Fate.REFUSED),
            equivalent=sum(kind(trial) is Class.EQUIVALENT for trial in alive),
            outside=sum(kind(trial) is Class.OUTSIDE for trial in alive),
            open=tuple(t for t in alive if kind(t) not in (Class.EQUIVALENT, Class.OUTSIDE)),
        )

    @property
    def counted(self) -> int:
        """Those that the suite should have noticed."""
        return self.killed + len(self.open)

    def __str__(self) -> str:
        low, high = wilson(self.killed, self.counted)
        share = f"{self.killed / self.counted:.0%}" if self.counted else "nothing"
        return (
            f"{self.killed} of {self.counted} killed, {share} ({low:.0%} to {high:.0%} at 95 %); besides "
            f"{self.refused} refused at the start, {self.equivalent} equivalent, {self.outside} outside the contract"
        )


def entries(score: Score, classes: Mapping[str, Survivor]) -> Iterator[str]:
    """What is to be filled in for each that nobody has classed, as TOML."""
    for trial in score.open:
        if trial.id not in classes:
            yield f'["{trial.id}"]'
            yield from (f"# {line}" for line in trial.diff.splitlines()[2:])
            yield 'class = ""'
            yield 'reason = ""'


def _count(trials: Iterable[Trial], fate: Fate) -> int:
    return sum(trial.fate is fate for trial in trials)
