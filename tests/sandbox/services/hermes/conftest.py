"""What Hermes is tested on: AWS's API for each file's tests, and for each test a platform of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws_platform import aws
from tests.sandbox.services.hermes.hermes_stand import Stand


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


@pytest.fixture
def stand(endpoint: str) -> Iterator[Stand]:
    assert endpoint
    platform = Stand()
    yield platform
    platform.stop()
