"""A load balancer of the module's own, and a browser that trusts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.alb.alb_stand import Edge, browser, edge


@pytest.fixture(scope="module")
def alb() -> Iterator[Edge]:
    with edge() as made:
        yield made


@pytest.fixture(scope="module")
def web(alb: Edge) -> requests.Session:
    return browser(alb.ca)
