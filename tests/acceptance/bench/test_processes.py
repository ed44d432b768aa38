"""What processes use, by part: real ones with their children, and command lines as the platform has them."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import cast

import psutil
import pytest

from acceptance.bench.processes import OTHERS, PARTS, Meter, part_of

BURN = 'sum(range(8_000_000)); print("burnt", flush=True)'
"""At least a few hundredths of a second of CPU, and a line."""

PARENT = (
    "import subprocess, sys\n"
    "def of(*words): return subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE)\n"
    f"edit = of('-c', '{BURN}; input()', '-m', 'sandbox.services.edit')\n"
    f"git = of('-c', '{BURN}; input()')\n"
    "sys.stdin.readline()\n"
    "git.communicate(b'\\n')\n"
    f"subprocess.run([sys.executable, '-c', '{BURN}'])\n"
    "sys.stdin.readline()\n"
    "edit.communicate(b'\\n')\n"
)
"""One child that a part's words name, one that none does, and one more that nobody looks at while it lives."""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, "-m", "sandbox.services.hermes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.communicate("\n\n")


def says(process: subprocess.Popen[str]) -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline()


def go_on(process: subprocess.Popen[str]) -> None:
    """Let it go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_each_process_counts_for_its_part_and_one_without_for_whoever_started_it(
    parent: subprocess.Popen[str],
) -> None:
    meter = Meter(parent.pid)
    assert [says(parent), says(parent)] == ["burnt\n"] * 2
    (edit,) = [child for child in psutil.Process(parent.pid).children() if "-m" in child.cmdline()]
    meter.look()
    there, memory = meter.cpu_s(), meter.memory_mb()
    assert set(there) == set(memory) == {"Hermes", "Edit"}
    assert memory["Hermes"] > memory["Edit"] > 1
    go_on(parent)
    assert says(parent) == "burnt\n"
    psutil.wait_procs([child for child in psutil.Process(parent.pid).children() if child != edit], 10)
    meter.look()
    later = meter.cpu_s()
    # The one that has ended is still counted, once, and so is the one that came and went unseen.
    burnt = psutil.Process(parent.pid).cpu_times()
    own = burnt.user + burnt.system + burnt.children_user + burnt.children_system
    assert later["Hermes"] == pytest.approx(own, abs=0.02)
    assert later["Hermes"] > there["Hermes"]
    assert later["Edit"] >= there["Edit"] > 0
    assert meter.memory_mb()["Hermes"] < memory["Hermes"]


def test_a_process_that_lost_its_parent_is_still_followed() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()', '-m', 'sandbox', 'up'], stdin=0)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; print(flush=True); import signal; signal.pause()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as gone:
        meter = Meter(gone.pid)
        assert says(gone) == "\n"
        meter.look()
        gone.kill()
        gone.wait()
        meter.look()
        assert list(meter.memory_mb()) == ["AWS's control plane, ECS (the sandbox's process)"]
        go_on(gone)


def test_what_nobody_knows_is_all_else() -> None:
    meter = Meter(os.getpid())
    meter.look()
    assert OTHERS in meter.cpu_s()


class Told:
    """A process that says how it was called."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv

    def cmdline(self) -> list[str]:
        return list(self._argv)


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["/home/node/.venv/bin/python", "-m", "acceptance", "run"], "gate, processes that fork and reap"),
        (["/usr/bin/python3", "-I", "-S", "/x/sandbox/host/reaper.py", "/tmp/live-preview-x"], None),
        (["/usr/bin/python3", "-m", "acceptance.gate.alone", "features/chrome.feature"], "the suite"),
        (["/x/node", "/x/driver/package/cli.js", "run-driver"], "a browser"),
        (["/x/unpacked/chromium", "--type=renderer"], "a browser"),
        (["/x/unpacked/chromium --type=renderer --dir=/tmp/browser-1 --lang=en"], "a browser"),
        (["/x/bin/node", "--max-x", "/x/sandbox/services/edit/preview.mjs"], "previews (Node)"),
        (["python", "/x/fence.py", "/x/bin/node", "/x/preview.mjs"], "previews (Node)"),
        # As the fork server names what it has forked.
        (["/home/node/bin/python -m sandbox.services.hermes"], "Hermes"),
        (
            ["/bin/sh", "-c", ': > "$0/$$" && exec "$@"', "/p", "/b/python", "-m", "sandbox.services.edit"],
            "Edit",
        ),
        (["/x/bin/envoy", "-c", "bootstrap.json"], "Envoy"),
        (["git", "commit"], None),
    ],
)
def test_a_part_is_told_by_the_command_line(argv: list[str], part: str | None) -> None:
    assert part_of(cast(psutil.Process, Told(argv))) == part


def test_every_module_that_a_part_is_told_by_is_there() -> None:
    named = {
        name.replace("\\", "")
        for words in PARTS.values()
        for name in re.findall(r"-m ([\w\\.]+?)(?:\\b| |\||$)", words.pattern)
    }
    assert len(named) >= 6
    for name in named:
        assert importlib.util.find_spec(name), name
