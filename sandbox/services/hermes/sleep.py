"""Hermes' own way to sleep: its service goes to zero only when nothing is left that would need it."""

from __future__ import annotations

import logging

from sandbox.services.hermes.capacity import Capacity
from sandbox.services.hermes.commands import Commands
from sandbox.services.records import Records
from sandbox.services.session_record import OPEN

log = logging.getLogger(__name__)


class Sleep:
    """Looks at everything that Hermes is for, and sets its desired count. Every method may raise AWS_ERRORS."""

    def __init__(self, records: Records, commands: Commands, capacity: Capacity) -> None:
        self.records = records
        self.commands = commands
        self.capacity = capacity

    def unfinished(self) -> bool:
        """Whether there is an open session, a queued command or an Edit task, read just now.

        A task is looked for by itself: where the records were deleted, a protected one would outlive the last Hermes.
        """
        return (
            bool(self.records.with_status(*OPEN))
            or self.commands.backlog() > 0
            or self.capacity.fleet().present > 0
        )

    def begin(self) -> None:
        """Scale Hermes to zero, unless something is unfinished."""
        if self.unfinished():
            log.info("hermes stays for another idle time: a session is open, a command waits, or a task runs")
            return
        log.info("nothing to do: hermes scales to 0")
        self.capacity.set_hermes(0)
        # A request between the look and the call would find Hermes' desired count at 1, and then at 0.
        if self.unfinished():
            self.capacity.set_hermes(1)

    def put_off(self) -> None:
        """Have another Hermes run when this one was told to stop while something is unfinished."""
        if self.unfinished() and self.capacity.hermes_wanted() == 0:
            self.capacity.set_hermes(1)
