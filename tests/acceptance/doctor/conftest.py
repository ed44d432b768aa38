"""A sound deployment for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.acceptance.doctor.deployment import Deployment, house


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[ExitStack], Deployment]]:
    with house(tmp_path_factory.mktemp("house")) as make:
        yield make


@pytest.fixture
def deployment(made: Callable[[ExitStack], Deployment]) -> Iterator[Deployment]:
    with ExitStack() as undo:
        yield made(undo)
