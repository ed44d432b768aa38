"""What a deployment may offer beyond what the request itself names: the contract's closed list, and who needs what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

NEEDS = "needs."
"""`@needs.<capability>`: the scenario is judged only where the deployment offers that."""


class Capability(StrEnum):
    """One thing that the contract names as extended (docs/contract.md, Capabilities)."""

    MAIL = "mail"
    INSTRUCTIONS = "instructions"
    KEEPALIVE = "keepalive"
    DEACTIVATE = "deactivate"
    THREADS = "threads"
    QUEUE_DEPTH = "queue-depth"
    DEAD_LETTERS = "dead-letters"
    TASK_KILL = "task-kill"
    TASK_STOP = "task-stop"
    REDEPLOY = "redeploy"
    SECOND_HERMES = "second-hermes"
    REQUEST_ECHO = "request-echo"
    NAMED_ANSWERS = "named-answers"
    IDEMPOTENCY_KEY = "idempotency-key"
    SHARED_USER_NAMES = "shared-user-names"
    CUSTOM_DOMAIN_CERTIFICATE = "custom-domain-certificate"


NEEDS_TAGS = frozenset(f"{NEEDS}{capability}" for capability in Capability)


def lacking(tags: Iterable[str], offered: Collection[str]) -> tuple[str, ...]:
    """What a scenario with these tags needs and a deployment that offers this has not, in the contract's order."""
    named = {tag.removeprefix(NEEDS) for tag in tags if tag.startswith(NEEDS)} - set(offered)
    return tuple(capability for capability in Capability if capability in named)
