"""What the project expects of a whole run, committed in gate/expected.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

EXPECTED = Path(__file__).with_name("expected.toml")


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
