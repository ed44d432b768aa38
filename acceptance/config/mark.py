"""What a run starts or makes carries its mark: it is told from everybody else's by it, and cleared away by it."""

from __future__ import annotations

import re
from dataclasses import dataclass

RUN_ID = r"\d{4}-\d{6}-[0-9a-f]{4}"
"""The form of a run's id, as a regular expression (acceptance/results/run_folder.py makes them)."""

EXAMPLE_CLIENT, EXAMPLE_NAME = "test-client", "test"
"""The client and the customer's local part in the request's own example, which every run has to use as they are."""

TAG = "live-preview:acceptance-run"
"""The key of a task's tag whose value is the mark."""


@dataclass(frozen=True)
class Mark:
    """`prefix` is the profile's for the suite, `run` the run's id; without one it stands for every run's."""

    prefix: str
    run: str | None = None

    def __str__(self) -> str:
        return f"{self.prefix}-{self.run}" if self.run else self.prefix

    def client(self, number: int) -> str:
        """A client id of the run's."""
        return f"{self}-{number}"

    def customer(self, name: str) -> str:
        """The local part of a customer's address: with the run's id, for mail has no other place for it."""
        return f"{name}-{self.run}" if self.run else name

    def is_of(self, mark: str | None) -> bool:
        """Whether something that says so is marked (a task's `startedBy`)."""
        return bool(mark) and re.fullmatch(self._pattern, str(mark)) is not None

    def owns_client(self, client_id: str | None) -> bool:
        """Whether a client is the run's, or the one of the request's example: `acc` owns no `accounting`."""
        if client_id == EXAMPLE_CLIENT:
            return True
        return re.fullmatch(rf"{self._pattern}-\d+(-[a-z0-9-]+)?", client_id or "") is not None

    def owns_customer(self, local_part: str) -> bool:
        """Whether the local part of an address is that of one of its customers."""
        if local_part == EXAMPLE_NAME:
            return True
        return (
            re.fullmatch(rf".+-{re.escape(self.run) if self.run else RUN_ID}(\..+)?", local_part) is not None
        )

    @property
    def _pattern(self) -> str:
        return f"{re.escape(self.prefix)}-{re.escape(self.run) if self.run else RUN_ID}"
