"""The one place where boto3 clients are made, and where a failing call is told from one that says something.

What AWS refuses for being asked too often, answers with 5xx or does not answer at all is `NotObserved`; credentials
that it does not take are `CredentialsEnded`. Errors that are answers (a task that is not there) stay botocore's
ClientError. All of it hangs on botocore's own events, so that no call can forget it.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from acceptance.config.mark import Mark
from acceptance.config.sections import Aws
from acceptance.waiting.errors import CredentialsEnded, NotAllowed, NotObserved
from acceptance.waiting.trace import LONGEST, TRACE, Lane
from acceptance.waiting.view import VIEW

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

AWS_ERRORS = (BotoCoreError, ClientError)
"""What boto3 raises, whether AWS refused or was not reached."""

AwsRefusal = ClientError
"""What boto3 raises for an answer that is an error."""

CONNECT_S = 3
READ_S = 10

AGAIN_S = 8.0
"""Seconds for which a call that was not answered is made again, where that is harmless."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0

REPEATABLE = (
    "Describe", "List", "Get", "Query", "Scan", "Search", "Filter", "Head",
    # To say these twice changes nothing: a task is stopped once, an item is written as it is, a count is set.
    "StopTask", "PutItem", "DeleteItem", "UpdateService",
    # A session's command starts when its client connects (acceptance/drivers/ecs_exec/channel.py), and nobody does
    # without an answer.
    "ExecuteCommand",
)  # fmt: skip
"""How the names of calls begin that may be made twice. All others start or send something."""

STARTS = b'"forceNewDeployment": true'
"""In the body of UpdateService: it starts something after all."""

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
        "TooManyRequestsException", "TransactionInProgressException",
    }
)  # fmt: skip
"""Codes of a call that was refused for its rate, and not carried out (botocore, `retries/standard.py`)."""

CREDENTIALS = frozenset(
    {
        "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken",
        "RequestExpired", "SignatureDoesNotMatch", "TokenRefreshRequired", "UnrecognizedClientException",
    }
)  # fmt: skip
"""Codes of credentials that are not taken, or not any more (IAM user guide, "Common errors")."""

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})

TOO_MANY, FAILED = 429, 500
"""The HTTP status of a refusal for its rate, and the first of those that say that the server has failed."""

_ACTIONS = {("s3", "ListObjectsV2"): "ListBucket", ("s3", "HeadBucket"): "ListBucket"}
"""Calls that a policy names otherwise than the API does."""

_UNSENT = (EndpointConnectionError, ConnectTimeoutError)
_UNANSWERED = (BotoConnectionError, HTTPClientError, ResponseParserError)
_WITHOUT_CREDENTIALS = (
    CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError,
)  # fmt: skip

_CONFIG = Config(
    connect_timeout=CONNECT_S,
    read_timeout=READ_S,
    # Ours alone repeat calls (`_again`): botocore's would also send a mail twice.
    retries={"total_max_attempts": 1, "mode": "standard"},
    max_pool_connections=20,
)

_STAND_IN = _CONFIG.merge(Config(proxies={}))
"""A stand-in is on this machine: no proxy leads to it."""

_NOBODYS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's session variables of a session that knows no person's files, nor what AWS_PROFILE names in them."""


class Clients:
    """boto3 clients of one deployment, made once each; safe to use from recorder threads."""

    def __init__(self, aws: Aws, mark: Mark | None = None) -> None:
        self._aws = aws
        # CloudTrail shows whose call it was beside those of the platform (its field `userAgent`).
        said = f"md/live-preview-acceptance#{mark}" if mark else "md/live-preview-acceptance"
        self._config = (_STAND_IN if aws.endpoint else _CONFIG).merge(Config(user_agent_extra=said))
        try:
            self._session = boto3.Session(
                region_name=aws.region,
                aws_access_key_id=aws.access_key,
                aws_secret_access_key=aws.secret_key,
                botocore_session=botocore.session.Session(_NOBODYS if aws.access_key else None),
            )
        except ProfileNotFound as failure:
            raise CredentialsEnded(
                f"{failure}: AWS_PROFILE must name a profile of ~/.aws/config, or be unset"
            ) from failure
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    @overload
    def of(self, service: Literal["application-autoscaling"]) -> ApplicationAutoScalingClient: ...
    @overload
    def of(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def of(self, service: Literal["ecs"]) -> ECSClient: ...
    @overload
    def of(self, service: Literal["elbv2"]) -> ElasticLoadBalancingv2Client: ...
    @overload
    def of(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def of(self, service: Literal["s3"]) -> S3Client: ...
    @overload
    def of(self, service: Literal["ses"]) -> SESClient: ...
    @overload
    def of(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def of(self, service: Literal["sts"]) -> STSClient: ...
    def of(self, service: str) -> Any:
        """The client of an AWS service, by boto3's name for it. Its calls raise as the module says."""
        with self._lock:
            if service not in self._made:
                client = self._session.client(service, endpoint_url=self._aws.endpoint, config=self._config)
                events = client.meta.events
                events.register("before-call", _begun)
                events.register_first("needs-retry", _again)
                events.register("after-call", _answered)
                events.register("after-call-error", _unanswered)
                self._made[service] = client
            return self._made[service]


def body_of(answer: Mapping[str, Any]) -> bytes:
    """The body of an answer that is a stream; NotObserved if it breaks off."""
    try:
        found: bytes = answer["Body"].read()
    except _UNANSWERED as failure:
        raise NotObserved(f"the body of an answer broke off: {failure}") from failure
    return found


def error_code(failure: ClientError) -> str:
    """AWS's code of an error answer, such as `InvalidParameterException`."""
    return str(failure.response.get("Error", {}).get("Code", ""))


def action_of(model: Any) -> str:
    """What a policy calls an operation (Service Authorization Reference): mostly prefix and operation.

    Args:
        model: botocore's model of the operation.
    """
    prefix = str(model.service_model.signing_name)
    return f"{prefix}:{_ACTIONS.get((prefix, model.name), model.name)}"


def _begun(context: dict[str, Any], params: Mapping[str, Any], **_more: object) -> None:
    VIEW.check()
    body = params.get("body")
    context["asked"] = body[:LONGEST].decode("utf-8", "replace") if isinstance(body, bytes) else ""
    context["began"] = time.monotonic()


def _again(
    response: tuple[Any, Mapping[str, Any]] | None,
    operation: Any,
    attempts: int,
    caught_exception: Exception | None,
    request_dict: Mapping[str, Any],
    **_more: object,
) -> float | None:
    """Seconds until a call is made again; None if it is answered, may not be repeated, or has been often enough."""
    status, code = _outcome(response[1]) if response else (0, "")
    if response and not _unseen(status, code):
        return None
    if code in DENIED or code in CREDENTIALS:
        return None
    unsent = isinstance(caught_exception, _UNSENT) or code in THROTTLED or status == TOO_MANY
    if caught_exception and not isinstance(caught_exception, _UNANSWERED):
        return None
    starts = operation.name == "UpdateService" and STARTS in request_dict["body"]
    if not unsent and (starts or not operation.name.startswith(REPEATABLE)):
        return None
    VIEW.missed(f"{operation.name}: {caught_exception or code or status}")
    pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempts - 1)) * random.uniform(0.5, 1.0)
    spent = time.monotonic() - request_dict["context"]["began"]
    return pause if spent + pause < AGAIN_S else None


def _answered(parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_more: object) -> None:
    """Raises for an answer that is none; the call's caller gets it instead of a ClientError."""
    VIEW.spend(time.monotonic() - context["began"])
    status, code = _outcome(parsed)
    call = f"{_service(model)} {model.name}"
    outcome, fine = f"{status} {code}".strip(), not code
    TRACE.add(Lane.AWS, call, context["asked"], outcome, since=context["began"], fine=fine)
    said = f"{call}: {code or 'no code'} ({status})"
    why = _unseen(status, code)
    if why is None:
        VIEW.answered()
        return
    message = parsed.get("Error", {}).get("Message", "")
    if code in CREDENTIALS:
        raise CredentialsEnded(f"AWS does not take the credentials: {said} {message}".rstrip())
    if code in DENIED:
        VIEW.missed(said)
        raise NotAllowed(f"{said}: {why}", action_of(model))
    _raise_missed(f"{said}: {why}")


def _unanswered(exception: Exception, event_name: str, **_more: object) -> None:
    """Raises for a call that failed before there was an answer; what is the caller's mistake passes through."""
    # Before there is an answer, an error of AWS's is of the call that was to bring credentials (AssumeRole...).
    if isinstance(exception, (*_WITHOUT_CREDENTIALS, ClientError)):
        raise CredentialsEnded(f"there are no credentials for AWS: {exception}") from exception
    if isinstance(exception, _UNANSWERED):
        # The event is named `after-call-error.<service>.<operation>`.
        call = " ".join(event_name.split(".")[1:])
        TRACE.add(Lane.AWS, call, outcome=f"{type(exception).__name__}: {exception}", fine=False)
        _raise_missed(f"AWS does not answer {call}: {type(exception).__name__}: {exception}", exception)


def _raise_missed(why: str, cause: Exception | None = None) -> None:
    VIEW.missed(why)
    raise NotObserved(why) from cause


def _outcome(parsed: Mapping[str, Any]) -> tuple[int, str]:
    error: Mapping[str, Any] = parsed.get("Error", {})
    return int(parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)), str(error.get("Code", ""))


def _unseen(status: int, code: str) -> str | None:
    """Why an answer says nothing about the platform; None if it does."""
    if status == TOO_MANY or code in THROTTLED:
        return "the suite asks too often"
    if code in CREDENTIALS:
        return "the credentials are not taken"
    if code in DENIED:
        return "the credentials do not allow it"
    return "AWS itself has failed" if status >= FAILED else None


def _service(model: Any) -> str:
    return str(model.service_model.service_id)
