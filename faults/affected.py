"""Which faults a change may have touched: their own module, what they break, and the features that must notice."""

from __future__ import annotations

import ast
import inspect
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from types import FunctionType

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
    """The fault's module and those of the helpers it calls, the platform's files that they name, and the features."""
    features = {wanted.file for wanted in everything if names(fault, wanted.name)}
    return features.union(*map(_stands_on, _with_helpers(fault.apply)))


def _with_helpers(apply: Callable[[], None]) -> list[FunctionType]:
    """A fault's function, and the faults' own functions that it calls, each of them once."""
    assert isinstance(apply, FunctionType)
    found = [apply]
    for function in found:
        for node in ast.walk(_tree(function)):
            helper = function.__globals__.get(node.id) if isinstance(node, ast.Name) else None
            if isinstance(helper, FunctionType) and helper.__module__.startswith("faults."):
                found += [helper] if helper not in found else []
    return found


def _stands_on(function: FunctionType) -> set[str]:
    """A function's own file, and those that it imports."""
    return {_file(function.__module__), *_imported(_tree(function))}


def _tree(function: FunctionType) -> ast.AST:
    """What it does; its decorators enter it into the list, and do no more."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
    return tree


def _imported(tree: ast.AST) -> Iterator[str]:
    """The project's files that `from ... import ...` names anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                files = (_file(f"{node.module}.{alias.name}"), _file(node.module))
                yield from [file for file in files if (PROJECT / file).is_file()][:1]


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
