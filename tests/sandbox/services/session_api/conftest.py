"""A session API on a control plane of the module's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws_platform import aws
from tests.sandbox.services.session_api.session_api_stand import Stand


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as url:
        yield url


@pytest.fixture
def stand(endpoint: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stand:
    assert endpoint
    return Stand(f"api-{abs(hash(request.node.nodeid))}", monkeypatch)
