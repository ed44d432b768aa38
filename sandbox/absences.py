"""What a sandbox lacks on purpose, as a deployment may that offers less: who uses it by accident fails."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from sandbox.provision import Provisioned
from sandbox.resources import Client
from sandbox.settings import Names


class Absence(StrEnum):
    """What `python -m sandbox up --without` takes, several with commas between them."""

    MAIL = "mail"
    QUEUE = "queue"
    EXEC = "exec"
    X_SERVICE = "x-service"
    INSTRUCTIONS = "instructions"
    KEEPALIVE = "keepalive"
    DEACTIVATE = "deactivate"


CALLS = frozenset({Absence.INSTRUCTIONS, Absence.KEEPALIVE, Absence.DEACTIVATE})
"""Calls of the session API."""

DENIED: Mapping[Absence, str] = MappingProxyType({Absence.QUEUE: "sqs:", Absence.EXEC: "ecs:ExecuteCommand"})
"""How an action begins, as policies name it, that whoever uses the sandbox may then not carry out."""

FIRST_PRIORITY = 100
"""Of the listener rules that answer in place of calls that are not there: before the session API's own."""


def denied(absent: Collection[Absence]) -> tuple[str, ...]:
    """How the actions begin that are not allowed to whoever uses the sandbox; its own services need them."""
    return tuple(action for absence, action in DENIED.items() if absence in absent)


def hidden_headers(absent: Collection[Absence]) -> tuple[str, ...]:
    """Headers of the services that no visitor sees."""
    return ("x-service",) if Absence.X_SERVICE in absent else ()


def take_away(absent: Collection[Absence], client: Client, names: Names, made: Provisioned) -> None:
    """Have what was provisioned lack these, by the means that AWS has."""
    if Absence.MAIL in absent:
        _take_mail(client, names)
    if Absence.EXEC in absent:
        for service in (names.hermes, names.edit):
            client("ecs").update_service(cluster=names.cluster, service=service, enableExecuteCommand=False)
    for priority, call in enumerate(sorted(CALLS & set(absent)), FIRST_PRIORITY):
        client("elbv2").create_rule(
            ListenerArn=made.https_listener,
            Priority=priority,
            Conditions=[
                {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/api/sessions/*/{call}"]}}
            ],
            Actions=[
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {
                        "StatusCode": "404",
                        "ContentType": "text/plain",
                        "MessageBody": f"This deployment has no {call}.",
                    },
                }
            ],
        )


def _take_mail(client: Client, names: Names) -> None:
    ses = client("ses")
    ses.set_active_receipt_rule_set()
    for identity in ses.list_identities()["Identities"]:
        ses.delete_identity(Identity=identity)
    client("s3").delete_bucket(Bucket=names.customer_bucket)
