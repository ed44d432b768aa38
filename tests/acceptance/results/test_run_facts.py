"""Where a run was judged, so that nobody takes a sandbox for a deployment, or staging for production."""

from __future__ import annotations

import pytest

from acceptance.results.run_facts import ACCOUNT, TIMING, RunFacts


@pytest.mark.parametrize(
    ("facts", "place", "sandbox"),
    [
        ({}, "", False),
        ({"Deployment": "here"}, "here", False),
        ({"Deployment": "sandbox", TIMING: "instant"}, "the sandbox", True),
        ({"Deployment": "staging", ACCOUNT: "...1234"}, "staging, AWS account ...1234", False),
    ],
)
def test_where_it_was_judged(facts: dict[str, str], place: str, sandbox: bool) -> None:
    found = RunFacts(facts)
    assert (found.place, found.on_sandbox, found.deployment) == (place, sandbox, facts.get("Deployment", ""))
