"""Whether an answer of the AWS API is one that botocore's model of the operation allows, on the wire.

botocore itself leaves absent members out, ignores unknown ones and converts what it can: none of it is an error there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

# (shape of the model, value on the wire, path to it) -> what is wrong, in words.
Problems = Iterator[str]
NUMBERS: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}
WHOLE, BROKEN = r"-?\d+", r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
WRITTEN = {"integer": WHOLE, "long": WHOLE, "float": BROKEN, "double": BROKEN, "boolean": "true|false"}
OF_THE_WRAPPING = {"ResponseMetadata", "requestId"}


def problems(
    operation: OperationModel, body: bytes, always: Mapping[tuple[str, str], frozenset[str]]
) -> Problems:
    """What is wrong with the body of a successful answer.

    `always`: (API, shape) -> members beyond the model's required ones that AWS never leaves out.
    """
    service, shape = operation.service_model, operation.output_shape
    if shape is None:
        return
    walker = Walker(service.service_name, always)
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        return
    if service.resolved_protocol in ("json", "rest-json"):
        yield from walker.json(shape, json.loads(body or b"{}"), operation.name)
        return
    root = ElementTree.fromstring(body) if body else ElementTree.Element("empty")
    wrapper = shape.serialization.get("resultWrapper")
    found = next((child for child in root if local(child) == wrapper), None) if wrapper else root
    if found is None:
        yield f"{operation.name}: expected an element {wrapper}, found {[local(child) for child in root]}"
        return
    yield from walker.xml(shape, found, operation.name)


def refusal_problems(operation: OperationModel, status: int, body: bytes) -> Problems:
    """What is wrong with an answer that refuses: it is the caller's fault, for a reason that the model knows."""
    if operation.service_model.resolved_protocol in ("json", "rest-json"):
        code = str(json.loads(body or b"{}").get("__type", "")).rpartition("#")[2]
    else:
        nodes = ElementTree.fromstring(body).iter() if body else ()
        code = next((node.text or "" for node in nodes if local(node) == "Code"), "")
    shapes: list[Any] = operation.error_shapes
    known = {str(shape.error_code) for shape in shapes}
    if not 400 <= status < 500:
        yield f"{operation.name}: expected a refusal with 4xx, found {status}"
    if code not in known:
        yield f"{operation.name}: expected one of {', '.join(sorted(known))}, found {code!r}"


class Walker:
    """Walks one answer of an API along its shape."""

    def __init__(self, service: str, always: Mapping[tuple[str, str], frozenset[str]]) -> None:
        self._service = service
        self._always = always

    def json(self, shape: Shape, value: Any, path: str) -> Problems:
        """What is wrong with a JSON value."""
        kind = {"structure": dict, "map": dict, "list": list}.get(shape.type_name)
        if value is None:
            yield f"{path}: expected {shape.type_name}, or nothing at all, found null"
        elif kind is None:
            yield from json_scalar_problems(shape, value, path)
        elif not isinstance(value, kind):
            yield f"{path}: expected a {shape.type_name}, found {value!r}"
        elif isinstance(shape, StructureShape):
            yield from self._json_structure(shape, value, path)
        elif isinstance(shape, ListShape):
            for inner in value:
                yield from self.json(shape.member, inner, f"{path}[]")
        elif isinstance(shape, MapShape):
            for key, inner in value.items():
                yield from text_problems(shape.key, key, f"{path} (a key)")
                yield from self.json(shape.value, inner, f"{path}.{key}")

    def _json_structure(self, shape: StructureShape, value: Mapping[str, Any], path: str) -> Problems:
        names = {wire_name(name, member): name for name, member in body_members(shape).items()}
        yield from self._members(shape, {names[key] for key in value.keys() & names.keys()}, path)
        for key, inner in value.items():
            if key not in names:
                yield f"{path}: expected members of {shape.name}, found {key}"
            else:
                yield from self.json(shape.members[names[key]], inner, f"{path}.{key}")

    def xml(self, shape: Shape, node: ElementTree.Element, path: str) -> Problems:
        """What is wrong with an XML element."""
        if isinstance(shape, StructureShape):
            names = {wire_name(name, member): name for name, member in body_members(shape).items()}
            tags = {local(child) for child in node}
            yield from self._members(shape, {names[tag] for tag in tags & names.keys()}, path)
            for child in node:
                tag = local(child)
                if tag in names:
                    yield from self.xml(shape.members[names[tag]], child, f"{path}.{tag}")
                elif tag not in OF_THE_WRAPPING:
                    yield f"{path}: expected members of {shape.name}, found {tag}"
        elif isinstance(shape, ListShape) and not shape.serialization.get("flattened"):
            wanted = shape.member.serialization.get("name", "member")
            for child in node:
                if local(child) != wanted:
                    yield f"{path}: expected elements {wanted}, found {local(child)}"
                else:
                    yield from self.xml(shape.member, child, f"{path}[]")
        elif isinstance(shape, ListShape):
            yield from self.xml(shape.member, node, f"{path}[]")
        elif not isinstance(shape, MapShape):
            yield from text_problems(shape, node.text or "", path)

    def _members(self, shape: StructureShape, given: set[str], path: str) -> Problems:
        wanted = set(shape.required_members) & body_members(shape).keys()
        wanted |= self._always.get((self._service, shape.name), frozenset())
        if wanted - given:
            yield f"{path}: expected all that {shape.name} always has, found no {', '.join(sorted(wanted - given))}"


def body_members(shape: StructureShape) -> dict[str, Shape]:
    """The members of a structure that are not told in headers or by the status."""
    return {name: member for name, member in shape.members.items() if "location" not in member.serialization}


def wire_name(name: str, member: Shape) -> str:
    """A member's name on the wire; a flattened list's elements carry their own."""
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        return str(member.member.serialization.get("name", member.serialization.get("name", name)))
    return str(member.serialization.get("name", name))


def local(node: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return node.tag.rpartition("}")[2]


def json_scalar_problems(shape: Shape, value: Any, path: str) -> Problems:
    """What is wrong with a JSON text, number, boolean or moment."""
    kind = shape.type_name
    moment_as_text = kind == "timestamp" and shape.serialization.get("timestampFormat") == "iso8601"
    if kind == "boolean" and not isinstance(value, bool):
        yield f"{path}: expected a boolean, found {value!r}"
    elif kind in NUMBERS and (isinstance(value, bool) or not isinstance(value, NUMBERS[kind])):
        yield f"{path}: expected {kind}, found {value!r}"
    elif (
        kind == "timestamp"
        and not moment_as_text
        and (isinstance(value, bool) or not isinstance(value, int | float))
    ):
        yield f"{path}: expected epoch seconds, found {value!r}"
    elif kind in ("string", "blob") or moment_as_text:
        if not isinstance(value, str):
            yield f"{path}: expected text, found {value!r}"
        else:
            yield from text_problems(shape, value, path)


def text_problems(shape: Any, text: str, path: str) -> Problems:
    """What is wrong with a value that is text on the wire."""
    kind = shape.type_name
    if kind == "string":
        if shape.enum and text not in shape.enum:
            yield f"{path}: expected one of {', '.join(shape.enum)}, found {text!r}"
        pattern = shape.metadata.get("pattern")
        if pattern and not matches(pattern, text):
            yield f"{path}: expected {pattern}, found {text!r}"
        if len(text) < shape.metadata.get("min", 0):
            yield f"{path}: expected at least {shape.metadata['min']} characters, found {text!r}"
    elif kind in WRITTEN and not re.fullmatch(WRITTEN[kind], text):
        yield f"{path}: expected {kind}, found {text!r}"
    elif kind == "timestamp" and not is_moment(text):
        yield f"{path}: expected an ISO 8601 time in UTC, found {text!r}"
    elif kind == "blob" and not is_base64(text):
        yield f"{path}: expected base64, found {text[:40]!r}"


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as the model's pattern says; one that Python cannot read says nothing."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def is_moment(text: str) -> bool:
    """Whether it is an ISO 8601 time in UTC."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return text.endswith(("Z", "+00:00"))


def is_base64(text: str) -> bool:
    """Whether it is base64."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True
