"""AWS clients for the services: one per API, made on first use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sqs import SQSClient

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

    @overload
    def get(self, api: Literal["application-autoscaling"]) -> ApplicationAutoScalingClient: ...
    @overload
    def get(self, api: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def get(self, api: Literal["ecs"]) -> ECSClient: ...
    @overload
    def get(self, api: Literal["elbv2"]) -> Any: ...
    @overload
    def get(self, api: Literal["ses"]) -> SESClient: ...
    @overload
    def get(self, api: Literal["sqs"]) -> SQSClient: ...
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
