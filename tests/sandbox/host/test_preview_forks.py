"""Previews that are forked: what each has of its own."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from sandbox.host import preview_forks, toolchain
from sandbox.host.parts import Parts
from sandbox.host.preview_forks import PreviewForks
from sandbox.host.state import State
from sandbox.services.edit import preview
from sandbox.services.edit.node_process import NodeProcess
from tests.sandbox.alb.alb_stand import eventually

pytestmark = pytest.mark.skipif(not preview_forks.supported(), reason="this system starts every preview anew")

HOST = "127.0.0.1"
PATIENCE_S = 60.0
DRAWN = """import crypto from "node:crypto";
export const GET = () => Response.json([
  crypto.randomUUID(), crypto.randomInt(2 ** 40), process.pid, Math.random(),
]);
"""


class Forked:
    """A preview of the starter site, forked and served."""

    def __init__(self, number: int, stand: Stand) -> None:
        self.session_id = f"session-{number}"
        root, scratch = stand.folder / self.session_id / "site", stand.folder / self.session_id / "scratch"
        shutil.copytree(toolchain.SITE, root)
        scratch.mkdir()
        (root / "src" / "pages" / "drawn.js").write_text(DRAWN)
        (root.parent / "node_modules").symlink_to(stand.tools.node_modules)
        self.port = preview.free_port(HOST, set())
        settings = preview.preview_settings(
            session_id=self.session_id,
            task_arn="arn",
            root=root,
            node_modules=stand.tools.node_modules,
            scratch=scratch,
            host=HOST,
            port=self.port,
            preview_origin="https://localhost",
        )
        node, modules, memory = (
            stand.tools.node,
            stand.tools.node_modules,
            preview.memory_of(stand.tools.node_modules),
        )
        fence = preview.fence_of_preview(node, modules, root, scratch, self.port)
        self.news: queue.Queue[str] = queue.Queue()
        self.process = NodeProcess(node, modules, scratch, fence, memory, forks=stand.forks.socket)
        self.process.run(
            settings, lambda event: self.news.put(event["event"]), lambda: self.news.put("ended")
        )
        assert self.news.get(timeout=PATIENCE_S) == "ready"

    def get(self, path: str) -> str:
        """What is served there."""
        with urlopen(f"http://{HOST}:{self.port}/session/{self.session_id}/{path}", timeout=10) as answer:
            return str(answer.read().decode())


class Stand:
    """A process to fork from, and the previews forked from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = toolchain.ensure(lambda _: None)
        state = State(folder / "state")
        for place in (state.root, state.logs, state.pids):
            place.mkdir()
        self.forks = PreviewForks(self.tools, state, Parts())


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    made = Stand(tmp_path_factory.mktemp("forks"))
    yield made
    made.forks.close()


@pytest.fixture(scope="module")
def two(stand: Stand) -> Iterator[tuple[Forked, Forked]]:
    previews = Forked(1, stand), Forked(2, stand)
    yield previews
    for each in previews:
        each.process.stop()


def test_no_two_draw_the_same(two: tuple[Forked, Forked]) -> None:
    tokens = [re.findall(r'wsToken = "([^"]+)"', one.get("@vite/client")) for one in two]
    assert len(tokens[0]) == 1
    drawn = [one.get("drawn") for one in two]
    ((uuid, number, pid, plain), others) = (one.strip("[]").split(",") for one in drawn)
    assert tokens[0] != tokens[1]
    assert uuid not in others
    assert number not in others
    assert pid not in others
    assert plain not in others


def test_each_is_a_process_of_its_tasks_group(two: tuple[Forked, Forked]) -> None:
    pids = [int(one.get("drawn").strip("[]").split(",")[2]) for one in two]
    assert [os.getpgid(pid) for pid in pids] == [os.getpgid(0)] * 2


def test_one_that_is_told_to_stop_has_ended_then(stand: Stand) -> None:
    one = Forked(3, stand)
    one.process.stop()
    assert one.news.get(timeout=1) == "ended"
    with pytest.raises(OSError, match="refused"):
        one.get("")


def test_one_ends_with_the_program_that_asked_for_it(stand: Stand) -> None:
    script = (
        "import json, os, socket, sys\n"
        "forks = socket.socket(socket.AF_UNIX)\n"
        "forks.connect(sys.argv[1])\n"
        "order = dict(group=os.getpgid(0), errors='/dev/null', cwd=sys.argv[2], env={}, fence=None)\n"
        "forks.sendall(json.dumps(order).encode() + b'\\n')\n"
        "print(json.loads(forks.makefile().readline())['pid'])\n"
    )
    asked = subprocess.run(
        [sys.executable, "-c", script, str(stand.forks.socket), str(stand.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    eventually(lambda: Path(f"/proc/{int(asked.stdout)}").exists(), wanted=False, within_s=PATIENCE_S)
