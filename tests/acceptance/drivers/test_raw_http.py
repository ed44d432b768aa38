"""The wire driver: what goes out is what was given, and what comes back is told as it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from acceptance.drivers.raw_http import RawHttpClient
from acceptance.strangers.bad_requests import extreme
from acceptance.strangers.path_traversal import ways
from acceptance.waiting.errors import Unreachable, Untrusted
from tests.fake_server import authority_file, serving

SOON = timedelta(seconds=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two: a\r\nX-Two: b\r\n\r\nok"


@contextmanager
def listening(answer: bytes, *, read: int = 65536) -> Iterator[tuple[RawHttpClient, list[bytes]]]:
    """A server that reads once, at most `read` bytes, answers and hangs up; and what it was sent."""
    seen: list[bytes] = []

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            seen.append(connection.recv(read))
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield RawHttpClient(f"http://127.0.0.1:{server.getsockname()[1]}", ca_file=None, timeout=SOON), seen
        thread.join(10)


@pytest.mark.parametrize("target", ["//api/health", "/a/../b", "/%2e%2E/%61", "/a\x00b", "/?q=a b", "*"])
def test_a_target_goes_out_byte_for_byte(target: str) -> None:
    with listening(OK) as (wire, seen):
        wire.send("BREW", target)
    assert seen[0].startswith(b"BREW " + target.encode("latin-1") + b" HTTP/1.1\r\nhost: 127.0.0.1:")


def test_a_request_waits_for_no_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []

    def push(connection: socket.socket, data: bytes) -> None:
        at_once.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        connection.sendall(data)

    monkeypatch.setattr("acceptance.drivers.raw_http._push", push)
    with listening(OK) as (wire, _):
        wire.send("GET", "/")
    assert at_once and all(at_once)


def test_headers_replace_those_that_are_added_and_answers_are_read_whole() -> None:
    with listening(OK) as (wire, seen):
        answer = wire.send("POST", "/", headers={"connection": "keep-alive", "te": "trailers"}, body=b"{}")
    assert seen[0].endswith(b"connection: keep-alive\r\nte: trailers\r\ncontent-length: 2\r\n\r\n{}")
    assert (answer.status, answer.text, answer.headers["x-two"]) == (200, "ok", "a, b")


def test_a_head_has_no_body_and_a_switch_of_protocols_has_no_end() -> None:
    with listening(OK.removesuffix(b"ok")) as (wire, _):
        assert wire.send("HEAD", "/").body == b""
    with listening(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi") as (wire, _):
        answer = wire.send("GET", "/", headers={"upgrade": "websocket"})
    assert (answer.status, answer.body) == (101, b"")


def test_an_answer_before_the_body_was_read_is_an_answer() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with listening(refusal, read=100) as (wire, _):
        assert wire.send("POST", "/", body=b"x" * (4 << 20)).status == 413


@pytest.mark.parametrize("said", [b"", b"garbage\r\n\r\n"])
def test_whoever_hangs_up_or_talks_nonsense_is_unreachable(said: bytes) -> None:
    with listening(said) as (wire, _), pytest.raises(Unreachable):
        wire.send("GET", "/")


def test_silence_is_unreachable_in_the_time_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = RawHttpClient(f"http://127.0.0.1:{server.getsockname()[1]}", ca_file=None, timeout=SOON)
        with pytest.raises(Unreachable, match="no answer in"):
            wire.send("GET", "/", within=timedelta(milliseconds=100))


def test_a_certificate_counts_for_its_own_name_alone(tmp_path: Path) -> None:
    authority = trustme.CA()

    async def fine(_request: web.Request) -> web.Response:
        return web.Response(text="fine")

    with serving(fine, authority=authority) as origin:
        wire = RawHttpClient(origin, ca_file=authority_file(authority, tmp_path), timeout=SOON)
        wire.handshake("localhost")
        assert wire.send("GET", "/").text == "fine"
        assert wire.own_address() == "127.0.0.1"
        with pytest.raises(Untrusted, match=r"other\.example"):
            wire.handshake("other.example")
        with pytest.raises(Untrusted):
            RawHttpClient(origin, ca_file=None, timeout=SOON).send("GET", "/")


@pytest.mark.parametrize("trick", ["dot segments", "encoded slashes", "NUL bytes", "file system paths"])
def test_a_trick_stays_below_ones_own_preview_and_names_the_file(trick: str) -> None:
    found = ways(trick, "/session/mine/", "/workspace/other/anna/project/secret.txt")
    assert all(target.startswith("/session/mine/") for target in found)
    assert any("workspace/other/anna/project/secret.txt" in target for target in found)
    assert len(set(found)) == len(found)


def test_what_nobody_listed_is_no_request() -> None:
    with pytest.raises(KeyError):
        extreme("a header of 16 KiB")
    with pytest.raises(KeyError):
        ways("magic", "/session/mine/", "/x")
