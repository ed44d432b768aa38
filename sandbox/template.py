"""A CloudFormation template, read and resolved: as much of its language as deployments/template.yaml speaks.

Sources: CloudFormation user guide, "Template reference", "Intrinsic function reference".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Resources = dict[str, dict[str, Any]]
"""By logical name: `Type`, `Properties`, `DependsOn`, with intrinsic functions unresolved."""


@dataclass(frozen=True)
class Function:
    """An intrinsic function, such as `!Ref Vpc`."""

    name: str
    given: Any


@dataclass(frozen=True)
class Made:
    """A resource that is there: what `!Ref` of it is, and what `!GetAtt` tells."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """A template's own values of its parameters, where it has any, and its resources."""

    defaults: Mapping[str, Any]
    resources: Resources

    @classmethod
    def read(cls, file: Path) -> Template:
        """The template in a YAML file."""
        document = yaml.load(file.read_text(encoding="utf-8"), _Loader)
        defaults = {
            name: parameter["Default"]
            for name, parameter in document["Parameters"].items()
            if "Default" in parameter
        }
        return cls(defaults, document["Resources"])


class Stack:
    """Resources that are made when something asks for them, each after what it refers to, and once."""

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Any],
        make: Callable[[str, str, Mapping[str, Any]], Made],
    ) -> None:
        """`make` is called with a resource's logical name, its type and its properties, resolved."""
        self._resources = template.resources
        self._parameters = {**template.defaults, **parameters}
        self._make = make
        self._made: dict[str, Made] = {}

    def made(self, name: str) -> Made:
        """A resource by its logical name, made if need be. KeyError for one that the template has not."""
        if name not in self._made:
            resource = self._resources[name]
            before = resource.get("DependsOn", [])
            for other in [before] if isinstance(before, str) else before:
                self.made(other)
            properties = self.value(resource.get("Properties", {}))
            self._made[name] = self._make(name, resource["Type"], properties)
        return self._made[name]

    def value(self, node: Any) -> Any:
        """A part of the template with all functions resolved."""
        if isinstance(node, Mapping):
            return {key: self.value(inner) for key, inner in node.items()}
        if isinstance(node, list):
            return [self.value(inner) for inner in node]
        if not isinstance(node, Function):
            return node
        given = node.given if node.name == "Sub" else self.value(node.given)
        return getattr(self, f"_{node.name.lower()}")(given)

    def _ref(self, name: str) -> Any:
        return self._parameters[name] if name in self._parameters else self.made(name).ref

    def _getatt(self, name: str) -> str:
        resource, _, attribute = name.partition(".")
        return self.made(resource).attributes[attribute]

    def _sub(self, text: str) -> str:
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(self._named(found[1])), text)

    def _named(self, name: str) -> Any:
        return self._getatt(name) if "." in name else self._ref(name)

    def _select(self, given: Sequence[Any]) -> Any:
        return given[1][int(given[0])]

    def _cidr(self, given: Sequence[Any]) -> list[str]:
        block, count, bits = ipaddress.ip_network(given[0]), int(given[1]), int(given[2])
        subnets = block.subnets(new_prefix=block.max_prefixlen - bits)
        return [str(next(subnets)) for _ in range(count)]

    def _getazs(self, _region: str) -> list[str]:
        return [f"{self._parameters['AWS::Region']}{zone}" for zone in "ab"]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads CloudFormation's short forms."""


def _function(loader: Any, name: str, node: yaml.Node) -> Function:
    if isinstance(node, yaml.ScalarNode):
        return Function(name, loader.construct_scalar(node))
    return Function(name, loader.construct_sequence(node, deep=True))


_Loader.add_multi_constructor("!", _function)
