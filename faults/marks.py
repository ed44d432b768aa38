"""The proof that a fault takes hold: the code that it puts into the platform leaves a mark when it runs.

Functions that stand inside a function of a fault's module are what it puts in place of the platform's own. Where a
broken part starts, these modules are loaded with one call at the head of each such function; its first run writes the
mark. A fault whose code nobody calls, since the platform has changed around it, is told by the mark that is missing.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import BinaryIO

_CALL = "_fault_ran"
"""How the modules know `Mark.ran`."""

_OWN = ("faults.marks", "faults.registry", "faults.broken")
"""Modules that hold no faults and must not be loaded twice."""


class Mark:
    """A line in the file at `path`; until `armed`, what runs is the fault being applied."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def arm(self) -> None:
        """From now on what runs is the platform. The file is opened here: inside a fence, where the code may run in a
        child of this process, nothing can be opened any more.
        """
        # A fault does what it does where its mark has no place, too.
        with contextlib.suppress(OSError):
            self._file = self._path.open("ab", buffering=0)

    def ran(self) -> None:
        """The fault's own code runs, in whatever thread or child."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.write(b"ran\n")


def is_marked(path: Path) -> bool:
    """Whether the code ran."""
    return path.is_file() and path.stat().st_size > 0


class _Calls(ast.NodeTransformer):
    """Puts the call at the head of every function that stands inside another; counts them."""

    def __init__(self) -> None:
        self.count = 0
        self._depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._inside(node)
        if self._depth:
            self.count += 1
            pair = ast.Tuple([_call(), node.body], ast.Load())
            node.body = ast.Subscript(pair, ast.Constant(1), ast.Load())
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._inside(node)
        if self._depth:
            self.count += 1
            node.body.insert(0, ast.Expr(_call()))
        return node

    def _inside(self, node: ast.AST) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1


def marked(source: bytes | str, path: str) -> CodeType:
    """A module of faults as code whose nested functions make the call first."""
    tree = _Calls().visit(ast.parse(source, path))
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def own_code(function: ast.AST) -> int:
    """How many functions stand inside this one."""
    calls = _Calls()
    calls.visit(function)
    return calls.count


class _Loader(SourceFileLoader):
    """Loads a module with the calls in it; what Python has compiled before has none."""

    def __init__(self, name: str, path: str, mark: Mark) -> None:
        super().__init__(name, path)
        self._mark = mark

    def get_code(self, fullname: str) -> CodeType:
        """The code with the calls."""
        path = self.get_filename(fullname)
        return marked(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        """Run it, `Mark.ran` being among its names."""
        setattr(module, _CALL, self._mark.ran)
        super().exec_module(module)


class Marking(importlib.abc.MetaPathFinder):
    """Finds the faults' modules, to be loaded with the calls in them."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def install(self) -> None:
        """Come before all other finders; the faults must not have been imported yet."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's place as Python finds it, with another loader; None for all that holds no faults."""
        if not fullname.startswith("faults.") or fullname in _OWN:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._mark)
        return spec


def _call() -> ast.Call:
    return ast.Call(ast.Name(_CALL, ast.Load()), [], [])
