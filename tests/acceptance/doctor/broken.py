"""What a deployment can be broken in, and the words of the one finding that each has."""

from __future__ import annotations

from collections.abc import Callable

from tests.acceptance.doctor.deployment import Deployment

Break = Callable[[Deployment], object]
CASES: dict[str, tuple[Break, str]] = {}
"""What breaks it, and a regular expression of what the finding says."""


def case(said: str) -> Callable[[Break], Break]:
    """A broken deployment, named by its function."""

    def add(broken: Break) -> Break:
        CASES[broken.__name__.replace("_", " ")] = (broken, said)
        return broken

    return add
