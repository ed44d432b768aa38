"""run.json: what was known of a run when it began."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.results.json_file import read_json, write_json
from acceptance.results.masking import masked
from acceptance.results.run_folder import FACTS

TIMING = "Timing"
ACCOUNT = "AWS account"
"""Names of facts, beside `Deployment`: a sandbox's pace; of a deployment on AWS the end of its account's id."""


@dataclass(frozen=True)
class RunFacts:
    """`facts` are texts by name for the page's head, in their order.

    `commit` is the project's, empty where git knew none; `changed` says that files differed from it.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    changed: bool = False

    @property
    def deployment(self) -> str:
        """What was judged, by the name in its profile; empty where nothing says it."""
        return self.facts.get("Deployment", "")

    @property
    def place(self) -> str:
        """Where it was judged, to be read after `Accepted on`; empty where nothing says it.

        `the sandbox`, or `staging, AWS account ...1234`.
        """
        if self.on_sandbox:
            return "the sandbox"
        account = self.facts.get(ACCOUNT)
        return f"{self.deployment}, {ACCOUNT} {account}" if account else self.deployment

    @property
    def on_sandbox(self) -> bool:
        """Whether a sandbox was judged, which alone has a timing."""
        return TIMING in self.facts

    @classmethod
    def read(cls, folder: Path) -> RunFacts:
        """What a run's folder says; nothing when it says nothing, Unreadable when it cannot be read."""
        return read_json(folder / FACTS, cls) or cls()

    def write(self, folder: Path) -> None:
        """Note it in a run's folder, secrets masked."""
        write_json(folder / FACTS, masked(dataclasses.asdict(self)))
