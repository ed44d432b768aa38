"""A platform that is made from another template than it should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def provisioned(change: Callable[[dict[str, Any]], object]) -> None:
    """Have `change` alter the template's resources, by their logical names, before anything is made of them."""
    from sandbox import provision
    from sandbox.template import Template

    template = provision.template

    def changed() -> Template:
        found = template()
        change(found.resources)
        return found

    provision.template = changed
