"""AWS clients for the services: one per API, made on first use."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

AWS_ERRORS = (BotoCoreError, ClientError)
"""What any AWS call may raise: answers that say no, and calls that got no answer."""

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=32,
)


class Clients:
    """boto3 clients by API name, shared by all threads.

    Loading an API's model costs up to 0.2 s of processor time, so nobody pays for an API before it is used.
    """

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, api: str) -> Any:
        """The client for `api` (`"ecs"`); endpoint, region and credentials come from the environment."""
        if api not in self._clients:
            # Making clients of one boto3 session is not thread-safe (boto3 guide, "Multithreading"); using them is.
            with self._lock:
                if api not in self._clients:
                    self._clients[api] = boto3.client(api, config=_CONFIG)
        return self._clients[api]


def code_of(error: ClientError) -> str:
    """The error code of an AWS answer, such as `ResourceInUse`."""
    return str(error.response.get("Error", {}).get("Code", ""))
