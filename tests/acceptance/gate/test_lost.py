"""A run of the gate that lost its view of one platform: it ends at once, and says why in the first line it can."""

from __future__ import annotations

import time

from acceptance.gate.summary import RULER
from tests.acceptance.gate.small_project import PROOF, MakeProject, feature

CAUSE = "the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"


def test_when_one_sandbox_dies_the_whole_run_ends_at_once_and_accuses_nobody(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF, "its end: When the sandbox dies"),
        two=feature("Two", "it works: When it waits for a minute", "never reached: Given all is well"),
    )
    began = time.monotonic()
    ran = made.run("--jobs", "2", "--expect", "4")
    assert time.monotonic() - began < 30
    assert ran.code == 2
    last = ran.printed.rpartition(RULER)[2].splitlines()
    assert last[1] == f"COULD NOT BE JUDGED on a small one: {CAUSE}"
    reasons = ran.reasons()
    assert reasons[0] == CAUSE
    followers = {reason.partition(":")[0] for reason in reasons[1:]}
    assert followers == {"not observed", "no result of 1 scenario"}
    assert ran.statuses() == {
        "it proves all": "passed",
        "its end": "not observed",
        "it works": "not observed",
    }
