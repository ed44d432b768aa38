"""The crash of a preview server: exactly who listens there dies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from acceptance.journeys.preview_crash import script_for

LISTENER = """
import socket
server = socket.create_server(("{address}", 0))
print(server.getsockname()[1], flush=True)
input()
"""


@contextmanager
def listening(address: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENER.format(address=address)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def crash(address: str, port: int) -> subprocess.CompletedProcess[str]:
    script = ["/bin/sh", "-c", script_for(address, port, "KILL")]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def test_who_listens_there_is_killed_and_nobody_else() -> None:
    with listening("127.0.0.1") as (one, port), listening("127.0.0.1") as (other, _):
        assert crash("127.0.0.1", port).returncode == 0
        assert one.wait(5) == -9
        assert other.poll() is None


def test_nobody_there_is_said() -> None:
    with listening("127.0.0.1") as (process, port):
        refused = crash("127.0.0.2", port)
        assert (refused.returncode, process.poll()) == (3, None)
        assert f"nobody listens on port {port}" in refused.stderr
