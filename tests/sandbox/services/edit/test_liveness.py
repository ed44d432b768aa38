"""A dev server that hangs is started anew; one that is slow, or does not listen yet, is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from sandbox.services.edit import liveness
from sandbox.services.edit.liveness import PINGS, until_it_hangs
from sandbox.services.edit.node_process import Child, NodeProcess
from sandbox.services.edit.preview import Preview

HOST = "127.0.0.1"
LIMIT_S = 30.0
SERVER = """
import http.server, json, sys, threading

class Health(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

settings = json.loads(sys.stdin.readline())
server = http.server.ThreadingHTTPServer((settings["host"], settings["port"]), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"event": "ready", "status": 200}), flush=True)
sys.stdin.read()
"""


class QuickServer(NodeProcess):
    """In place of Node: serves nothing but the health page."""

    def __init__(self) -> None:
        self._process = self._own = Child([sys.executable, "-c", SERVER], Path.cwd(), os.environ)

    @property
    def pid(self) -> int:
        return self._own.pid

    @property
    def lives(self) -> bool:
        return not self._own.wait(0)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "PING_LIMIT_S", 0.2)
    monkeypatch.setattr(liveness, "PAUSE_S", 0.05)


async def answers(port: int) -> None:
    """Return once a health page on the port is answered."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                reader, writer = await asyncio.open_connection(HOST, port)
                writer.write(b"HEAD /health HTTP/1.0\r\n\r\n")
                answer = await reader.readline()
                writer.close()
            except ConnectionError:
                answer = b""
            if answer:
                assert b"200" in answer
                return
            await asyncio.sleep(0.05)


def free() -> int:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def test_a_dev_server_that_hangs_is_started_anew_on_its_port() -> None:
    launched: list[QuickServer] = []

    def launch(_port: int) -> NodeProcess:
        launched.append(QuickServer())
        return launched[-1]

    async def hang() -> None:
        preview = Preview(
            lambda port: {"host": HOST, "port": port, "healthPath": "/health"},
            launch,
            free,
            lambda: None,
        )
        try:
            await preview.start()
            os.kill(launched[0].pid, signal.SIGSTOP)
            await answers(preview.port)
            assert [server.lives for server in launched] == [False, True]
        finally:
            await preview.stop()

    asyncio.run(hang())
    assert not any(server.lives for server in launched)


def test_a_dev_server_that_answers_one_ping_of_five_stays() -> None:
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked % PINGS == 0:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await reader.read()
        writer.close()

    async def pinged() -> bool:
        async with asyncio.timeout(LIMIT_S), await asyncio.start_server(serve, HOST, 0) as server:
            port = server.sockets[0].getsockname()[1]
            pinging = asyncio.create_task(until_it_hangs(HOST, port, "/health"))
            while asked <= 2 * PINGS and not pinging.done():
                await asyncio.sleep(0.05)
            return not pinging.done() and pinging.cancel()

    assert asyncio.run(pinged()), f"found to hang after {asked} pings"


def test_a_dev_server_that_does_not_listen_is_left_to_its_start() -> None:
    async def refused() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until_it_hangs(HOST, free(), "/health"), 1.5)

    asyncio.run(refused())
