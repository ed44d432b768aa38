"""What is a run's is told by its mark, and nothing is that only looks like it."""

from __future__ import annotations

import re

import pytest

from acceptance.config.mark import RUN_ID, Mark
from acceptance.results.run_folder import new_run_id

RUN = "1125-130000-abcd"
ONE, ANY = Mark("acc", RUN), Mark("acc")


def test_a_runs_id_has_the_form_that_is_looked_for() -> None:
    assert re.fullmatch(RUN_ID, new_run_id())


@pytest.mark.parametrize(
    ("client", "one", "any_"),
    [
        (ONE.client(7), True, True),
        (f"{ONE.client(7)}-shop", True, True),
        ("acc-1125-130000-ffff-1", False, True),
        ("test-client", True, True),
        ("acc", False, False),
        ("accounting", False, False),
        ("acc-lab-1", False, False),
        (f"acc-{RUN}", False, False),
        (None, False, False),
    ],
)
def test_clients(client: str | None, one: bool, any_: bool) -> None:
    assert (ONE.owns_client(client), ANY.owns_client(client)) == (one, any_)


@pytest.mark.parametrize(
    ("name", "one", "any_"),
    [
        (ONE.customer("anna-12ab34"), True, True),
        (f"{ONE.customer('anna')}.other", True, True),
        (Mark("acc", "1125-130000-ffff").customer("anna"), False, True),
        ("test", True, True),
        ("anna", False, False),
        (ANY.customer("anna"), False, False),
    ],
)
def test_customers(name: str, one: bool, any_: bool) -> None:
    assert (ONE.owns_customer(name), ANY.owns_customer(name)) == (one, any_)


@pytest.mark.parametrize(
    ("starter", "one", "any_"),
    [
        (str(ONE), True, True),
        ("acc-1125-130000-ffff", False, True),
        ("acc", False, False),
        ("ecs-svc/1", False, False),
        (None, False, False),
    ],
)
def test_tasks(starter: str | None, one: bool, any_: bool) -> None:
    assert (ONE.is_of(starter), ANY.is_of(starter)) == (one, any_)
