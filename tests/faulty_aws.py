"""AWS as it is on a bad day, between the suite and a sandbox's control plane; nothing in the product knows of it.

`python -m tests.faulty_aws --share 0.2 --runs 20 features/1_cold_start.feature` starts a sandbox and runs the gate on
it so often, with that share of the suite's own calls refused for their rate, answered 503, dropped (before or after
they were carried out) or two seconds late. The platform's own calls take the straight way.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]

LATE_S = 2.0
FAULTS = ("throttled", "503", "dropped", "dropped after", "late")

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class FaultyAws(ThreadingHTTPServer):
    """Passes each call on to `target` as it came, Host and signature included, but for a `share` that goes wrong."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str, share: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.counts: Counter[str] = Counter()
        self._share = share
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What to give as `-D aws.endpoint=`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fate(self) -> str:
        """What becomes of the next call."""
        with self._lock:
            found = self._random.choice(FAULTS) if self._random.random() < self._share else "passed on"
            self.counts[found] += 1
            return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        fate = server.fate()
        match fate:
            case "throttled":
                self._answer(*self._throttled())
            case "503":
                self._answer(503, b"<html>no healthy upstream</html>", "text/html")
            case "dropped":
                self._drop()
            case _:
                if fate == "late":
                    threading.Event().wait(LATE_S)
                self._pass_on(server.target, body, then_drop=fate == "dropped after")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _pass_on(self, target: str, body: bytes, *, then_drop: bool) -> None:
        connection = http.client.HTTPConnection(target, timeout=30)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if then_drop:
            self._drop()
            return
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        self._answer(answer.status, content, headers=headers)

    def _throttled(self) -> tuple[int, bytes, str]:
        """A refusal in the words of the protocol that was asked in: JSON, S3's XML, or the query protocol's."""
        if "X-Amz-Target" in self.headers:
            told = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})
            return 400, told.encode(), "application/x-amz-json-1.1"
        if self.command == "POST":
            error = "<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
            return 400, f"<ErrorResponse>{error}</ErrorResponse>".encode(), "text/xml"
        return (
            503,
            b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
            "text/xml",
        )

    def _answer(
        self, status: int, content: bytes, kind: str = "", headers: list[tuple[str, str]] | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers or [("Content-Type", kind)]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Not on anybody's terminal."""


@contextmanager
def faulty(target: str, share: float, *, seed: int = 1) -> Iterator[FaultyAws]:
    """A control plane in front of `target` (a URL) that goes wrong so often (0 to 1)."""
    server = FaultyAws(target, share, seed)
    threading.Thread(target=server.serve_forever, name="faulty AWS", daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """A running sandbox; what its info document says of its addresses."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        up = [sys.executable, "-m", "sandbox", "up", "--while-stdin-open", "--ready-file", str(ready)]
        log = (Path(folder) / "log").open("wb")
        with log, subprocess.Popen(up, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log) as child:
            assert child.stdin is not None
            try:
                while not ready.exists():
                    assert child.poll() is None, (Path(folder) / "log").read_text(encoding="utf-8")
                    threading.Event().wait(0.2)
                yield json.loads(ready.read_text(encoding="utf-8"))
            finally:
                child.stdin.close()


def main(arguments: list[str]) -> int:
    """1 if a run accused the platform, else 0; with `--share 1`, if one did not end with 2 within a minute."""
    parser = argparse.ArgumentParser(prog="python -m tests.faulty_aws", description=__doc__)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("features", nargs="+")
    options = parser.parse_args(arguments)
    wrong = 0
    with sandbox() as info:
        for number in range(options.runs):
            with faulty(info["aws_endpoint"], options.share, seed=options.seed + number) as aws:
                began = time.monotonic()
                where = ["-D", f"sandbox={info['info_url']}", "-D", f"aws.endpoint={aws.url}"]
                gate = [sys.executable, "-m", "acceptance", "run", *where, *options.features]
                done = subprocess.run(gate, cwd=ROOT, capture_output=True, text=True, check=False)
                seconds = time.monotonic() - began
            blind = options.share >= 1.0
            fine = done.returncode == 2 and seconds < 60 if blind else done.returncode != 1
            fine = fine and bool(aws.counts)
            wrong += not fine
            verdict = done.stdout.rpartition("-" * 72)[2].strip()
            sys.stdout.write(
                f"run {number + 1}: {'fine' if fine else 'WRONG'}, exit code {done.returncode} in {seconds:.0f} s; "
                f"{dict(aws.counts)}\n{verdict}\n{done.stderr}\n"
            )
            sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
