"""What the drivers are told that the parts of a platform are called."""

from __future__ import annotations

from acceptance.config.sections import Names

NAMES = Names(
    load_balancer="alb", cluster="live", hermes="hermes", edit="edit", hermes_container="hermes",
    edit_container="edit", table="sessions", client_index="by-client", queue="commands.fifo", dead_letters="dead.fifo",
)  # fmt: skip
