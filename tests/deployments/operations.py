"""Which operations of AWS a program's files call, read off the files themselves: no call can be forgotten.

A client is had by `clients.of("<service>")` alone (acceptance/drivers/aws.py), in the platform's services by
`clients.get("<service>")` (sandbox/services/aws.py). What is called on it, or handed to its `get_paginator`, is an
operation; so is what is called on a name or property that stands for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

Operation = tuple[str, str]
"""A service by boto3's name, and an operation as its API is called: `("ecs", "RunTask")`."""


HANDED_ON = {"dynamodb": "dynamodb"}
"""Clients that the services' files hand to each other, by the name that they have everywhere."""


@cache
def methods_of(service: str) -> dict[str, str]:
    """boto3's method names of a service, with the operations that they call."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


def called(files: Iterable[Path]) -> set[Operation]:
    """All operations that the files call.

    Raises:
        AssertionError: a client, or what is called on one, cannot be told from the file.
    """
    return {operation for file in files for operation in _of_file(file)}


def _of_file(file: Path) -> Iterator[Operation]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    standing = _standing_for_clients(tree, file)
    services = {service for node in ast.walk(tree) if (service := _asked_for(node))}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        service = _asked_for(node.value, file) or standing.get(_name(node.value))
        if service is None:
            mine = [one for one in services if node.attr in methods_of(one)]
            assert not mine, f"{file}:{node.lineno}: on which client is {node.attr} called? {mine}"
        elif node.attr in methods_of(service):
            yield service, methods_of(service)[node.attr]
        elif node.attr not in ("get_paginator", "meta", "exceptions"):
            raise AssertionError(f"{file}:{node.lineno}: {service} has no operation {node.attr}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "get_paginator":
            assert isinstance(node.func, ast.Attribute)
            service = _asked_for(node.func.value, file) or standing[_name(node.func.value)]
            assert isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno}: what does it page through?"
            yield service, methods_of(service)[str(node.args[0].value)]


def _standing_for_clients(tree: ast.Module, file: Path) -> dict[str, str]:
    """Names and properties that stand for a client, with its service."""
    found = dict(HANDED_ON)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            name, value = node.name, node.body[-1].value
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name, value = _name(target), node.value
        else:
            continue
        if value is not None and (service := _asked_for(value, file)):
            found[name] = service
    return found


def _asked_for(node: ast.AST, file: Path | None = None) -> str | None:
    """The service of `clients.of("<service>")`; None for anything else.

    With `file` a client of which the service cannot be told is an error: something is called on it.
    """
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    asked_of = node.func.value.func if isinstance(node.func.value, ast.Call) else node.func.value
    if node.func.attr not in ("of", "get") or not _name(asked_of).lower().endswith("clients"):
        return None
    (asked,) = node.args
    told = isinstance(asked, ast.Constant)
    assert told or file is None, f"{file}:{node.lineno}: a client of which service?"
    return str(asked.value) if isinstance(asked, ast.Constant) else None


def _name(node: ast.AST) -> str:
    """The last part of a dotted name; nothing for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
