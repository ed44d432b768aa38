"""Mutants: copies of a source file in which one place is changed. Every place has a name that stays its own."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from faults.random_mutants.operators import changes

LOGGERS = ("log", "logger", "logging")
"""What is said to them is for whoever runs the platform, and promised to nobody: it is not changed."""


@dataclass(frozen=True)
class Mutant:
    """One changed place. `file` is relative to the project; `function` its dotted name, `<module>` outside of all.

    The place begins at `line`; `module` is the file's tree, in which `changed` takes the place of `node`.
    """

    id: str
    file: str
    function: str
    operator: str
    line: int
    module: cst.Module = field(repr=False)
    node: cst.CSTNode = field(repr=False)
    changed: cst.CSTNode = field(repr=False)

    @cached_property
    def source(self) -> str:
        """The whole file with the change in it."""
        mutated = self.module.deep_replace(self.node, self.changed)
        assert isinstance(mutated, cst.Module)
        return mutated.code

    @property
    def compiles(self) -> bool:
        """Whether it is Python: not every change can be written everywhere."""
        try:
            compile(self.source, self.file, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True

    def diff(self, root: Path) -> str:
        """What differs from the project's file, as a unified diff of the changed lines."""
        sound = (root / self.file).read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(sound, self.source.splitlines(), self.file, self.file, lineterm="", n=0)
        return "\n".join(lines)


def mutants_of(root: Path, files: Iterable[str]) -> list[Mutant]:
    """Every mutant of these files, in the order of their ids; a few of them are no Python."""
    found = [mutant for file in files for mutant in _mutants(file, (root / file).read_text(encoding="utf-8"))]
    return sorted(found, key=lambda mutant: mutant.id)


def drawn(mutants: Iterable[Mutant], number: int, seed: int) -> list[Mutant]:
    """So many of the mutants at random, the same ones for the same seed and the same sources."""
    shuffled = list(mutants)
    random.Random(seed).shuffle(shuffled)
    return list(itertools.islice((mutant for mutant in shuffled if mutant.compiles), number))


def sources(root: Path, under: Iterable[str]) -> list[str]:
    """The Python files that are meant by files and folders; ValueError for what is neither."""
    found = set[str]()
    for name in under:
        path = root / name
        if not path.exists():
            raise ValueError(f"expected a file or folder of the project, found no {name}")
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        found |= {file.relative_to(root).as_posix() for file in files}
    return sorted(found)


def _mutants(file: str, source: str) -> Iterator[Mutant]:
    wrapper = MetadataWrapper(cst.parse_module(source))
    places = _Places()
    wrapper.visit(places)
    ordinals = Counter[tuple[str, str]]()
    for function, line, node, operator, changed in places.found:
        ordinals[function, operator] += 1
        text = f"{_code(node)} -> {_code(changed)}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:6]
        identity = f"{file}:{function}:{operator}:{ordinals[function, operator]}:{digest}"
        yield Mutant(identity, file, function, operator, line, wrapper.module, node, changed)


class _Places(cst.CSTVisitor):
    """Collects what can be changed: the function, the line, the node, the operator, and what takes the node's place."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[str, int, cst.CSTNode, str, cst.CSTNode]] = []
        self._names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Take what can be changed of a node; False keeps its inside as it is."""
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Decorator) or _is_talk(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
        function = ".".join(self._names) or "<module>"
        for operator, changed in changes(node):
            line = self.get_metadata(PositionProvider, node).start.line
            self.found.append((function, line, node, operator, changed))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """A function or class has ended."""
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()


def _is_talk(node: cst.CSTNode) -> bool:
    """Whether a statement is a docstring, or only tells a log."""
    if not isinstance(node, cst.Expr):
        return False
    if isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        return True
    match node.value:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name))):
            return name in LOGGERS
    return False


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node).strip()
