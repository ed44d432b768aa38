"""The commands' queue and where it puts what could not be carried out."""

from __future__ import annotations

from collections.abc import Iterator

from acceptance.config.sections import Names
from acceptance.doctor.finding import Finding
from acceptance.drivers.session_table import Commands, Redrive

FIFO = ".fifo"
"""How the name of a FIFO queue ends, and of no other (SQS API, CreateQueue)."""


def unfit_queue(seen: Redrive, names: Names) -> Iterator[Finding]:
    """A queue that keeps no order, or does not give up into the dead letters where the profile names any."""
    if not (names.queue or "").endswith(FIFO):
        yield Finding(
            f"queue {names.queue} is no FIFO queue",
            "create one whose name ends in .fifo, and name it in names.queue",
        )
    if names.dead_letters and seen.to != names.dead_letters:
        yield Finding(
            f"queue {names.queue} gives up into {seen.to or 'nowhere'}, expected {names.dead_letters}",
            "set its RedrivePolicy to that queue, or mend names.dead_letters",
        )


def waiting(seen: Commands, names: Names) -> Iterator[Finding]:
    """Commands that a run would take for its own: it begins with empty queues, and counts."""
    if seen.waiting or seen.in_flight:
        yield Finding(
            f"commands are under way in {names.queue}: {seen.waiting} wait, {seen.in_flight} in flight",
            "wait until Hermes has carried them out",
        )
    if seen.dead:
        yield Finding(
            f"commands that could not be carried out lie in {names.dead_letters}: {seen.dead}",
            "see why, and take them out",
        )
