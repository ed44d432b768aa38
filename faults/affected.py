"""Which faults a change may have touched: their own module, what they break, and the features that must notice."""

from __future__ import annotations

import ast
import inspect
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent

from acceptance.results.verdict import SelectedScenario
from faults.noticed import names
from faults.registry import Fault

PROJECT = Path(__file__).resolve().parents[1]


class UnknownRevision(ValueError):
    """git knows no such revision."""


def changed_since(revision: str) -> set[str]:
    """The files that differ from a revision, new ones included, relative to the project."""
    found = list[str]()
    for words in (
        ["diff", "--name-only", "--relative", revision, "--"],
        ["ls-files", "--others", "--exclude-standard"],
    ):
        answer = subprocess.run(
            ["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
        )
        if answer.returncode:
            raise UnknownRevision(f"expected a revision, found {revision!r}: {answer.stderr.strip()}")
        found += answer.stdout.splitlines()
    return set(found)


def affected(
    faults: Iterable[Fault], everything: Sequence[SelectedScenario], changed: set[str]
) -> list[Fault]:
    """The faults that stand on one of the changed files. The suite's own code is under all of them, and not counted."""
    return [fault for fault in faults if changed & files_of(fault, everything)]


def files_of(fault: Fault, everything: Sequence[SelectedScenario]) -> set[str]:
    """The fault's module and those whose functions it calls, the platform's files that it names, its scenarios'
    features.
    """
    module = inspect.getmodule(fault.apply)
    assert module is not None
    own = ast.parse(inspect.getsource(module))
    helpers = {
        path
        for path, name in _imported(own)
        if path.startswith("faults/") and name in fault.apply.__code__.co_names
    }
    applied = ast.parse(dedent(inspect.getsource(fault.apply)))
    broken = {path for path, _ in _imported(applied)}
    broken |= {
        path
        for helper in helpers
        for path, _ in _imported(ast.parse((PROJECT / helper).read_text(encoding="utf-8")))
    }
    features = {wanted.file for wanted in everything if names(fault, wanted.name)}
    return {_file(module.__name__), *helpers, *broken, *features}


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The project's files that `from ... import ...` names anywhere in it, each with the name imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                for module in (f"{node.module}.{alias.name}", node.module):
                    if (PROJECT / _file(module)).is_file():
                        yield _file(module), alias.name
                        break


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
