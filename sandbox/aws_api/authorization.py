"""The control plane's door: who has this run's keys is served, as on AWS, and nobody else.

Source: AWS General Reference, "Signature Version 4"; the signature is made again with botocore's own signer.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.aws_access import Keys
from sandbox.strangers import refusal

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/, ]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, *"
    r"SignedHeaders=(?P<headers>[^, ]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
_DIGEST = re.compile("[0-9a-f]{64}")
_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

# What AWS calls each refusal: in its JSON protocols, in its query protocols, in S3.
NO_TOKEN = ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied")
WRONG_KEY = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId")
DENIED = ("AccessDeniedException", "AccessDenied", "AccessDenied")
WRONG_SIGNATURE = ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch")


class RefusedError(Exception):
    """A request that is not served: AWS's names for it, and the reason."""

    def __init__(self, codes: tuple[str, str, str], reason: str) -> None:
        super().__init__(reason)
        self.codes = codes


class Authorized:
    """A WSGI application that serves whoever signs with `keys`, and no web page. Those keys may do everything."""

    def __init__(self, application: Application, keys: Keys) -> None:
        self._application = application
        self._keys = {keys.id: keys}
        self._denied: dict[str, tuple[str, ...]] = {keys.id: ()}

    def admit(self, keys: Keys, denied: tuple[str, ...]) -> None:
        """Serve these, too, but for actions that begin so, as in `sqs:` or `ecs:ExecuteCommand`."""
        self._keys[keys.id], self._denied[keys.id] = keys, denied

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """403 for all others, before moto sees anything of the request."""
        # No page is served from here, so even one with this very origin is a stranger.
        origin = "null" if "HTTP_ORIGIN" in environ else None
        stranger = refusal(environ.get("HTTP_HOST"), origin)
        if stranger is not None:
            return _answer(start_response, "text/plain", f"the sandbox serves its own clients: {stranger}")
        try:
            self._check(environ)
        except RefusedError as refused:
            return _refuse(environ, start_response, refused)
        return self._application(environ, start_response)

    def _check(self, environ: Environ) -> None:
        given = _AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if given is None:
            raise RefusedError(
                NO_TOKEN, "expected a request signed with AWS4-HMAC-SHA256 in its headers, found none"
            )
        keys = next((one for one in self._keys.values() if hmac.compare_digest(given["id"], one.id)), None)
        if keys is None:
            raise RefusedError(
                WRONG_KEY,
                f"expected the access key of this sandbox, found {given['id']}; `python -m sandbox status` tells it",
            )
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        digest = hashlib.sha256(body).hexdigest()
        told = environ.get("HTTP_X_AMZ_CONTENT_SHA256", digest)
        if (_DIGEST.fullmatch(told) and told != digest) or not hmac.compare_digest(
            _signature(environ, given, body, keys), given["signature"]
        ):
            raise RefusedError(WRONG_SIGNATURE, "expected this request signed with the sandbox's secret key")
        action = f"{given['service']}:{environ.get('HTTP_X_AMZ_TARGET', '').rpartition('.')[2]}"
        if action.startswith(self._denied[keys.id]):
            raise RefusedError(
                DENIED,
                f"the user of these keys is not authorized to perform: {action}; the sandbox is without it",
            )


def _signature(environ: Environ, given: re.Match[str], body: bytes, keys: Keys) -> str:
    signed = {
        name: environ.get(_UNPREFIXED.get(name, "HTTP_" + name.upper().replace("-", "_")), "")
        for name in given["headers"].split(";")
    }
    url = f"http://{environ['HTTP_HOST']}{environ['REQUEST_URI']}"
    request = AWSRequest(environ["REQUEST_METHOD"], url, headers=signed, data=body)
    request.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    signer = (S3SigV4Auth if given["service"] == "s3" else SigV4Auth)(
        Credentials(keys.id, keys.secret), given["service"], given["region"]
    )
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return str(signer.signature(text, request))


def _refuse(environ: Environ, start_response: StartResponse, refused: RefusedError) -> Iterable[bytes]:
    """The refusal in the protocol that was spoken, as far as that can be told before anybody is served."""
    in_json, in_query, in_s3 = refused.codes
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        error = f"<Error><Type>Sender</Type><Code>{in_query}</Code><Message>{refused}</Message></Error>"
        return _answer(start_response, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>")
    if "/s3/aws4_request" in environ.get("HTTP_AUTHORIZATION", ""):
        return _answer(
            start_response, "text/xml", f"<Error><Code>{in_s3}</Code><Message>{refused}</Message></Error>"
        )
    body = json.dumps({"__type": in_json, "message": str(refused)})
    return _answer(start_response, "application/json", body, ("x-amzn-ErrorType", in_json))


def _answer(start_response: StartResponse, kind: str, text: str, *more: tuple[str, str]) -> Iterable[bytes]:
    body = text.encode()
    start_response("403 Forbidden", [("Content-Type", kind), ("Content-Length", str(len(body))), *more])
    return [body]
