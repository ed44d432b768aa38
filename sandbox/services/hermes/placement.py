"""Which task a session goes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sandbox.services.hermes.capacity import Fleet, Task


def choose(fleet: Fleet, hosts: Iterable[str | None], wanted: int) -> Task | None:
    """The task that hosts the fewest sessions; None while an empty one is still to come.

    `hosts`: the ARN of every placed session's task. `wanted`: how many tasks there should be. As long as fewer run, a
    session waits for its own task rather than crowd another's.
    """
    load = Counter(hosts)
    least = min(fleet.tasks, key=lambda task: load[task.arn], default=None)
    if least is None or (load[least.arn] > 0 and len(fleet.tasks) < wanted):
        return None
    return least
