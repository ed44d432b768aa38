"""What a client must know to use a running sandbox: the info document."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.settings import ACCOUNT, REGION, Names

CA_TRUST = (
    "A browser shows previews without a warning once ca_file is imported as an authority for websites: in Firefox "
    "under Settings, Certificates, Authorities; in Chrome and Edge under chrome://certificate-manager, Custom; for "
    "Safari in Keychain Access. It is of this one sandbox: remove it afterwards."
)
PERSON, RUN = "person", "run"


@dataclass(frozen=True)
class Endpoints:
    """The info document. `started_by` is `person` or `run`, `checkout` the project folder that it was started from.

    `mail_address` and `api_example` are ready to be used once a client id is filled in; `mailbox` is where mail to
    customers arrives. `fence` is what keeps the code of a site to its own, or begins with `none` and says why.
    """

    id: str
    started_by: str
    checkout: str
    info_url: str
    preview_url: str
    http_url: str
    api_url: str
    api_example: str
    mail_address: str
    mailbox: str
    ca_file: str
    ca_trust: str
    aws_endpoint: str
    region: str
    account: str
    access_key: str
    secret_key: str
    load_balancer: str
    cluster: str
    hermes_service: str
    edit_service: str
    table: str
    queue: str
    dead_letters: str
    file_system: str
    workspace_root: str
    logs: str
    fence: str
    timing: str
    idle_timeout_s: float

    def document(self) -> dict[str, object]:
        """The JSON document: one key per field."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Endpoints:
        """The document as it was written; TypeError if it is that of another version of the sandbox."""
        return cls(**document)  # type: ignore[arg-type]


def named(names: Names) -> dict[str, str]:
    """The fields that follow from the platform's names."""
    return {
        "mail_address": f"edit+{{clientId}}@{names.mail_domain}",
        "mailbox": f"s3://{names.customer_bucket}/{names.customer_prefix}",
        "region": REGION,
        "account": ACCOUNT,
        "load_balancer": names.load_balancer,
        "cluster": names.cluster,
        "hermes_service": names.hermes,
        "edit_service": names.edit,
        "table": names.table,
        "queue": names.queue,
        "dead_letters": names.dead_letters,
    }


def activation(api_url: str, ca_file: Path) -> str:
    """A shell command that activates a session."""
    body = {
        "clientId": "demo",
        "userId": "anna@example.com",
        "instruction": 'Change the heading to "Hello"',
    }
    words = ["curl", "--cacert", str(ca_file), "--json", json.dumps(body), f"{api_url}/sessions/activate"]
    return shlex.join(words)
