"""A mark is written when a fault's own code runs, and not before, nor when nobody calls it."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import FunctionType

import pytest

from faults.catalogue import FAULTS, Fault
from faults.marks import Mark, is_marked, marked, own_code

PROJECT = Path(__file__).resolve().parents[2]

LIBRARY = """
def serve():
    return "sound"
def nobody_calls():
    return "sound"
def main():
    print(serve())
"""


def started(tmp_path: Path, fault: str) -> tuple[str, bool]:
    """What a platform of one function says with a fault applied, and whether the mark was written."""
    (tmp_path / "platform_under_test.py").write_text(f"{LIBRARY}\nif __name__ == '__main__':\n    main()\n")
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "entry.py").write_text("import library\nlibrary.main()\n")
    mark = tmp_path / "mark"
    script = f"""
import sys, runpy
from pathlib import Path
from faults import broken, registry
from faults.marks import Mark, marked
mark = Mark(Path({str(mark)!r}))
names = {{"_fault_ran": mark.ran}}
exec(marked({fault!r}, "fault"), names)
values = names.get("VALUES", False)
broken._apply(registry.Fault("f", "It is broken.", "sandbox", (), names["apply"], values=values), mark)
sys.path.insert(0, {str(tmp_path)!r})
runpy.run_path({str(tmp_path / "entry.py")!r})
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60,
        env={"PYTHONPATH": f"{PROJECT}:{tmp_path}"},
    )  # fmt: skip
    return ran.stdout.strip(), is_marked(mark)


def replacing(function: str) -> str:
    """A fault that replaces one function of the platform."""
    wrong = "    def wrong():\n        return 'wrong'\n"
    return f"def apply():\n    import library\n{wrong}    library.{function} = wrong\n"


def test_a_fault_whose_code_runs_takes_hold(tmp_path: Path) -> None:
    assert started(tmp_path, replacing("serve")) == ("wrong", True)


def test_a_fault_that_replaces_what_nobody_calls_does_not(tmp_path: Path) -> None:
    assert started(tmp_path, replacing("nobody_calls")) == ("sound", False)


def test_a_lambda_is_code_and_gives_what_it_gave(tmp_path: Path) -> None:
    fault = "def apply():\n    import library\n    library.serve = lambda: 'wrong'\n"
    assert started(tmp_path, fault) == ("wrong", True)


def test_what_runs_while_a_fault_is_applied_is_not_the_platform(tmp_path: Path) -> None:
    fault = "def apply():\n    (lambda: None)()\n    import library\n"
    assert started(tmp_path, fault) == ("sound", False)


def test_changed_values_hold_where_they_are_applied(tmp_path: Path) -> None:
    fault = "VALUES = True\ndef apply():\n    import library\n    library.main.__defaults__ = ()\n"
    assert started(tmp_path, fault) == ("sound", True)


def test_a_mark_is_written_once_and_only_when_armed(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    mark = Mark(path)
    mark.ran()
    assert not is_marked(path)
    mark.arm()
    assert not is_marked(path)
    mark.ran()
    mark.ran()
    assert path.read_text() == "ran\n"


def test_code_that_runs_where_nothing_can_be_opened_any_more_leaves_its_mark(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    mark = Mark(folder / "mark")
    mark.arm()
    kept = (folder / "mark").rename(tmp_path / "kept")
    folder.rmdir()
    mark.ran()
    assert is_marked(kept)


def test_a_fault_does_what_it_does_where_no_mark_can_be_written(tmp_path: Path) -> None:
    mark = Mark(tmp_path / "no such folder" / "mark")
    mark.arm()
    mark.ran()


def test_a_module_is_marked_without_a_change_of_what_it_does() -> None:
    source = (
        '"""Words."""\nfrom __future__ import annotations\n'
        "def outer(x):\n    def inner():\n        'Doc.'\n        return x + 1\n    return inner\n"
    )
    names: dict[str, object] = {"_fault_ran": lambda: None}
    exec(marked(source, "module"), names)
    outer = names["outer"]
    assert callable(outer)
    assert (names["__doc__"], outer(1)()) == ("Words.", 2)


@pytest.mark.parametrize("entry", FAULTS.values(), ids=FAULTS)
def test_every_fault_can_be_seen_to_take_hold(entry: Fault) -> None:
    """It has code of its own, or calls a helper that has; if it has not, it says that it changes values."""
    assert entry.values is (sum(map(functions_in, called(entry.apply))) == 0)


def called(apply: Callable[[], None]) -> Iterator[FunctionType]:
    """A fault's function, and the faults' own functions that it calls."""
    assert isinstance(apply, FunctionType)
    yield apply
    for name in apply.__code__.co_names:
        helper = apply.__globals__.get(name)
        if isinstance(helper, FunctionType) and helper.__module__.startswith("faults."):
            yield helper


def functions_in(function: FunctionType) -> int:
    """How many functions stand inside this one."""
    return own_code(ast.parse(dedent(inspect.getsource(function))).body[0])
