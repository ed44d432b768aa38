"""The suite is whole without the sandbox: its parts run from a copy of the project that has neither it nor the
faults.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ("acceptance", "steps", "features", "deployments", "environment.py", "pyproject.toml")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the suite, without anything that it is tried out on."""
    folder = tmp_path_factory.mktemp("alone")
    for name in PARTS:
        part = PROJECT / name
        if part.is_dir():
            shutil.copytree(part, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copyfile(part, folder / name)
    return folder


def run(folder: Path, *arguments: str) -> str:
    """What Python says, run in that folder; it must end with 0."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_sentence_of_the_features_has_its_step(alone: Path) -> None:
    assert "0 scenarios passed, 0 failed" in run(alone, "-m", "behave", "--dry-run", "--format", "null")


def test_sweep_tells_its_use(alone: Path) -> None:
    assert "--run" in run(alone, "-m", "acceptance", "sweep", "--help")


def test_a_report_is_made_of_stored_messages(alone: Path) -> None:
    run(
        alone,
        "-m",
        "behave",
        "--dry-run",
        "-f",
        "acceptance.report.messages:Messages",
        "-o",
        "run/messages.ndjson",
    )
    assert run(alone, "-m", "acceptance", "report", "run").strip() == "run/report.html"
    assert "<title>" in (alone / "run" / "report.html").read_text(encoding="utf-8")


def test_the_hooks_load_neither_what_the_suite_is_tried_out_on_nor_what_draws(alone: Path) -> None:
    loaded = run(alone, "-c", "import sys, environment; print(*sys.modules)").split()
    assert "acceptance.run.run" in loaded
    assert {name.partition(".")[0] for name in loaded} & {"sandbox", "faults", "moto", "matplotlib"} == set()
