"""Hosts one Lambda function in a process of its own: `python -m sandbox.lambda_.host module:function`.

It serves two loopback ports: the load balancer's requests as ALB events on one, and `POST /invoke` with any event
(SNS uses it) on the other. Both ports go, as one JSON line, to the address in LAMBDA_HOST_READY (`host:port`). No web
page can use them: what the load balancer sends names its target group in a header, and events come with the token in
LAMBDA_HOST_TOKEN; a page may send neither to an address that is not its own.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import secrets
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.alb.envoy_routes import GROUP_HEADER, MULTI_VALUE_HEADER, error_page
from sandbox.lambda_ import event as lambda_event

logger = logging.getLogger("lambda")

READY_VARIABLE = "LAMBDA_HOST_READY"
TOKEN_VARIABLE = "LAMBDA_HOST_TOKEN"
TOKEN_HEADER = "X-Lambda-Host-Token"
TIMEOUT_S = 30.0
CONCURRENCY = 32
# Envoy has refused longer headers before.
MAX_HEADER_BYTES = 1 << 16

Handler = Callable[[dict[str, Any], "Context"], Any]


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "512"
    log_stream_name: str = "sandbox"
    deadline: float = field(default_factory=lambda: time.monotonic() + TIMEOUT_S)

    @property
    def log_group_name(self) -> str:
        """The function's log group."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


OWN_CONNECTION = ("connection", "keep-alive")
"""What the load balancer says of its own connection, as in the example event of AWS's guide ("Process Application Load
Balancer requests with Lambda"); the visitor's says nothing here."""


class Host:
    """Answers requests by calling one handler, several at a time."""

    def __init__(self, handler: Handler, token: str) -> None:
        """`token` is what whoever hands over events has to know."""
        self._handler = handler
        self._token = token
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="invocation")

    def alb_application(self) -> web.Application:
        """Every request becomes an ALB event."""
        app = web.Application(client_max_size=lambda_event.MAX_BYTES + 1)
        app.router.add_route("*", "/{path:.*}", self.from_load_balancer)
        app.on_response_prepare.append(_without_server)
        return app

    def invoke_application(self) -> web.Application:
        """`POST /invoke`: the body is the event, the answer is what the handler returned; 500 if it raised."""
        app = web.Application(client_max_size=6 << 20)
        app.router.add_post("/invoke", self.from_anywhere)
        return app

    async def from_load_balancer(self, request: web.Request) -> web.Response:
        """413 for a body over 1 MB, 502 for a handler that fails, as the ALB answers; 403 for who is none."""
        if GROUP_HEADER not in request.headers:
            return _own_answer(HTTPStatus.FORBIDDEN, "Forbidden")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _own_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        if len(body) > lambda_event.MAX_BYTES:
            return _own_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        multi_value = request.headers.get(MULTI_VALUE_HEADER) == "true"
        internal = (GROUP_HEADER, MULTI_VALUE_HEADER, "transfer-encoding")
        event = lambda_event.event(
            target_group_arn=request.headers[GROUP_HEADER],
            method=request.method,
            target=request.raw_path,
            headers=[
                *((name, value) for name, value in request.headers.items() if name.lower() not in internal),
                OWN_CONNECTION,
            ],
            body=body,
            multi_value=multi_value,
        )
        try:
            answer = lambda_event.answer(await self._call(event), multi_value=multi_value)
        except lambda_event.BadAnswerError as error:
            logger.warning("the function's answer to %s %s: %s", request.method, request.raw_path, error)
            return _own_answer(HTTPStatus.BAD_GATEWAY, "Bad Gateway")
        except Exception:
            logger.exception("%s %s: the function failed", request.method, request.raw_path)
            return _own_answer(HTTPStatus.BAD_GATEWAY, "Bad Gateway")
        response = web.Response(status=answer.status, reason=answer.reason, body=answer.body)
        for name in {name for name, _ in answer.headers}:
            response.headers.popall(name, None)
        for name, value in answer.headers:
            response.headers.add(name, value)
        return response

    async def from_anywhere(self, request: web.Request) -> web.Response:
        """What Lambda's Invoke answers, errors included; 403 without the token."""
        if not secrets.compare_digest(request.headers.get(TOKEN_HEADER, ""), self._token):
            return web.json_response({"errorType": "AccessDeniedException"}, status=403)
        event = await request.json()
        try:
            return web.json_response(await self._call(event))
        except Exception as error:
            logger.exception("an event was not handled")
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return web.json_response(failure, status=500)

    async def _call(self, event: dict[str, Any]) -> Any:
        name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "function")
        region, account = os.environ.get("AWS_REGION", "us-east-1"), "123456789012"
        context = Context(name, f"arn:aws:lambda:{region}:{account}:function:{name}")
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(
            loop.run_in_executor(self._threads, self._handler, event, context), TIMEOUT_S
        )


async def _without_server(_request: web.Request, response: web.StreamResponse) -> None:
    # The load balancer speaks for a function: it puts its own Server header.
    response.headers.popall("Server", None)


def _own_answer(status: HTTPStatus, reason: str) -> web.Response:
    return web.Response(status=status, text=error_page(status, reason), content_type="text/html")


def load(name: str) -> Handler:
    """The handler that `module:function` names; ValueError if it is not written so."""
    module, colon, function = name.partition(":")
    if not colon:
        raise ValueError(f"handler: expected module:function, found {name!r}")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


async def serve(host: Host, ready: Callable[[dict[str, int]], None]) -> None:
    """Serve until SIGTERM; `ready` is called once with both ports."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    ports = {}
    runners = []
    for name, app in (("alb", host.alb_application()), ("invoke", host.invoke_application())):
        runner = web.AppRunner(
            app,
            handle_signals=False,
            access_log=None,
            shutdown_timeout=1,
            # The load balancer hands a body on as it came, whatever its Content-Encoding claims.
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        ports[name] = int(runner.addresses[0][1])
    ready(ports)
    await stopped.wait()
    for runner in runners:
        await runner.cleanup()


def _tell(ports: dict[str, int]) -> None:
    host, _, port = os.environ[READY_VARIABLE].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(json.dumps(ports).encode() + b"\n")


def main(arguments: list[str]) -> None:
    """Run until SIGTERM. SystemExit with the usage for other than one argument."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m sandbox.lambda_.host module:function")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(Host(load(arguments[0]), os.environ[TOKEN_VARIABLE]), _tell))
    # Invocations that still run are given up, as Lambda gives them up.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
