"""The suite knows a deployment by profile and protocol only: it never imports the sandbox or the faults."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import protocols
from drivers.platform import Platform

PROJECT = Path(__file__).resolve().parent.parent
FORBIDDEN = {"sandbox", "faults", "moto"}


def suite_files() -> list[Path]:
    folders = ("drivers", "steps", "reporting")
    files = [file for folder in folders for file in PROJECT.glob(f"{folder}/**/*.py")]
    files.append(PROJECT / "environment.py")
    return [file for file in files if file.exists()]


def imported(source: str) -> set[str]:
    """Top-level packages that a module imports, wherever in it the import stands, names given as text included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "__import__",
        ):
            names |= {str(a.value).partition(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return names


def sleeps(source: str) -> bool:
    """Whether a module calls or imports `time.sleep`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and ast.unparse(node.value) == "time":
            return True
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and "sleep" in {a.name for a in node.names}
        ):
            return True
    return False


def asserts(source: str) -> list[int]:
    """Lines with an assertion about the platform; one that narrows a type is none."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert) and "is_dataclass" not in ast.unparse(node.test)
    ]


def test_there_is_something_to_check() -> None:
    assert len(suite_files()) > 20


@pytest.mark.parametrize("file", suite_files(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_the_suite_does_not_know_the_sandbox(file: Path) -> None:
    assert imported(file.read_text(encoding="utf-8")) & FORBIDDEN == set()


def test_what_the_suite_imports_does_not_import_the_sandbox_either_nor_what_draws() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, environment; print(*sys.modules, sep='\\n')"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in told.stdout.splitlines()}
    assert {"drivers", "reporting"} <= loaded
    assert loaded & FORBIDDEN == set()
    assert "matplotlib" not in loaded


@pytest.mark.parametrize("file", suite_files(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_nothing_in_the_suite_sleeps(file: Path) -> None:
    assert not sleeps(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(PROJECT.glob("drivers/*.py")), ids=lambda file: file.name)
def test_drivers_never_assert(file: Path) -> None:
    assert asserts(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import sandbox.state",
        "from faults import x",
        "def f():\n    from sandbox import y",
        "__import__('sandbox')",
    ],
)
def test_the_check_sees_a_breach(source: str) -> None:
    assert imported(source) & FORBIDDEN


@pytest.mark.parametrize(
    "source", ["import time\ntime.sleep(1)", "from time import sleep", "import time as t, time\ntime.sleep"]
)
def test_the_check_sees_a_sleep(source: str) -> None:
    assert sleeps(source)


def boundaries(
    platform: Platform,
) -> tuple[
    protocols.SessionsApi,
    protocols.RecordsView,
    protocols.FleetView,
    protocols.BalancerView,
    protocols.PreviewView,
    protocols.MailView,
]:
    """The type checker proves by this that every driver satisfies its Protocol."""
    return (
        platform.sessions,
        platform.records,
        platform.fleet,
        platform.balancer,
        platform.preview,
        platform.mailbox,
    )
