"""The one place where boto3 clients are made: explicit short timeouts, few retries, one translation of failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from drivers.errors import Unreachable
from drivers.profile import Aws

CONNECT_S = 3
READ_S = 10
ATTEMPTS = 3

_ENDPOINT_CONFIG = Config(
    connect_timeout=CONNECT_S,
    read_timeout=READ_S,
    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    max_pool_connections=20,
)


class Clients:
    """boto3 clients of one deployment, made once each; safe to use from recorder threads."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._session = boto3.Session(
            region_name=aws.region,
            aws_access_key_id=aws.access_key,
            aws_secret_access_key=aws.secret_key,
        )
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def of(self, service: str) -> Any:
        """The client of an AWS service, by boto3's name for it."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(
                    service, endpoint_url=self._aws.endpoint, config=_ENDPOINT_CONFIG
                )
            return self._made[service]


@contextmanager
def reaching(service: str) -> Iterator[None]:
    """Turns a control plane that does not answer into `Unreachable`; errors it answers with pass through."""
    try:
        yield
    except (BotoConnectionError, HTTPClientError) as failure:
        raise Unreachable(f"{service} does not answer: {failure}") from failure


def error_code(failure: ClientError) -> str:
    """AWS's code of an error answer, such as `InvalidParameterException`."""
    return str(failure.response.get("Error", {}).get("Code", ""))
