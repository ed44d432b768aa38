"""run.json: what was known of a run when it began."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.results.json_file import read_json, write_json
from acceptance.results.masking import masked
from acceptance.results.run_folder import FACTS


@dataclass(frozen=True)
class RunFacts:
    """`facts` are texts by name for the page's head, in their order.

    `commit` is the project's, empty where git knew none; `changed` says that files differed from it.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    changed: bool = False

    @classmethod
    def read(cls, folder: Path) -> RunFacts:
        """What a run's folder says; nothing when it says nothing, Unreadable when it cannot be read."""
        return read_json(folder / FACTS, cls) or cls()

    def write(self, folder: Path) -> None:
        """Note it in a run's folder, secrets masked."""
        write_json(folder / FACTS, masked(dataclasses.asdict(self)))
