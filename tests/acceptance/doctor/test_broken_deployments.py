"""Each way in which a deployment is broken has its one finding; a sound one has none."""

from __future__ import annotations

import re
import time

import pytest

from tests.acceptance.doctor import (
    broken_account,
    broken_entrance,
    broken_front_door,
    broken_mail,
    broken_queue,
    broken_services,
    broken_table,
)
from tests.acceptance.doctor.broken import CASES
from tests.acceptance.doctor.broken_account import put
from tests.acceptance.doctor.deployment import Deployment

PARTS = (
    broken_account,
    broken_entrance,
    broken_front_door,
    broken_services,
    broken_table,
    broken_queue,
    broken_mail,
)


def test_a_sound_deployment_has_no_finding(deployment: Deployment) -> None:
    put(deployment, "acme", status={"S": "expired"})
    put(deployment, "globex", ttl={"N": "1"})
    assert deployment.findings() == ()


@pytest.mark.parametrize("name", CASES)
def test_what_is_broken_is_the_one_finding(deployment: Deployment, name: str) -> None:
    broken, said = CASES[name]
    broken(deployment)
    began = time.monotonic()
    found = [str(finding) for finding in deployment.findings()]
    assert time.monotonic() - began < 15
    assert len(found) == 1, found
    assert re.search(said, found[0]), found[0]
