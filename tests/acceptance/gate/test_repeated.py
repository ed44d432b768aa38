"""Each scenario several times in one run: how often it passed is told, and which times it did not."""

from __future__ import annotations

import json

from junitparser import JUnitXml

from acceptance.gate.partition import repeated
from acceptance.report.stream import read_messages
from tests.acceptance.gate.small_project import PROOF, MakeProject, feature
from tests.acceptance.gate.test_partition import dealt, selection

FLAKE = "@slow it wavers: Given all is well; Then it fails the second time"


def test_units_are_dealt_out_as_often_as_asked_each_with_a_number_of_its_own() -> None:
    once = dealt(selection(a=["short"], b=["long"]), 1)
    assert repeated(once, 1) == once
    assert [(unit.number, unit.name, unit.repetition) for unit in repeated(once, 2)] == [
        (1, "a (time 1 of 2)", "1 of 2"),
        (2, "b (time 1 of 2)", "1 of 2"),
        (3, "a (time 2 of 2)", "2 of 2"),
        (4, "b (time 2 of 2)", "2 of 2"),
    ]


def test_a_flake_is_told_by_each_of_its_times_everywhere(project: MakeProject) -> None:
    made = project(one=feature("One", FLAKE, "@slow it is well: Given all is well", PROOF))
    ran = made.run("--repeat-each", "3", "--tags=@slow", "--jobs", "1")
    assert ran.code == 1
    assert "2 scenarios of 1 feature, each 3 times, 1 at once" in ran.printed
    assert "  it wavers (time 2 of 3)\n" in ran.printed, "as it happened"
    assert "  failed: it wavers (time 2 of 3) (features/one.feature:" in ran.printed
    assert "  passed 2 of 3 times; failed: 2 of 3: it wavers (features/one.feature:" in ran.printed
    assert "  passed 3 of 3 times: it is well (features/one.feature:" in ran.printed
    told = [
        (one["name"], one["status"], one["repetition"]) for one in ran.document("results.json")["scenarios"]
    ]
    assert told == [
        *(
            ("it wavers", status, f"{time} of 3")
            for time, status in enumerate(("passed", "failed", "passed"), 1)
        ),
        *(("it is well", "passed", f"{time} of 3") for time in (1, 2, 3)),
    ]
    assert (ran.folder / "it_wavers_2_of_3" / "failure.txt").is_file()
    cases = [case for suite in JUnitXml.fromfile(str(ran.folder / "junit.xml")) for case in suite]
    assert [case.name for case in cases if case.result and case.classname.startswith("One")] == [
        "it wavers (time 2 of 3)"
    ]
    assert "failed:\n  - it wavers" in (ran.folder / "conformance.yaml").read_text(encoding="utf-8")
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "Passed 2 of 3 times; failed: 2 of 3" in page
    assert "<small>failed, 0.0 s, time 2 of 3</small>" in page


def test_the_page_shows_the_time_that_failed(project: MakeProject) -> None:
    ran = project(one=feature("One", FLAKE)).run("--repeat-each", "3", "--jobs", "1")
    finished = [
        message["testCaseFinished"]
        for message in read_messages(ran.folder / "messages.ndjson")
        if "testCaseFinished" in message
    ]
    assert [end["willBeRetried"] for end in finished] == [True, False, True]


def test_last_failed_runs_what_did_not_pass_each_time_or_has_no_result_of_one(project: MakeProject) -> None:
    made = project(one=feature("One", FLAKE, "@slow it is well: Given all is well"))
    first = made.run("--repeat-each", "3", "--jobs", "1")
    assert made.run("--last-failed", "--list").printed.count("\n") == 1, "it wavers, though it passed twice"
    results = first.folder / "results.json"
    lost = json.loads(results.read_text())
    lost["scenarios"].pop()
    results.write_text(json.dumps(lost))
    assert made.run("--last-failed", "--list").printed.count("\n") == 2


def test_several_times_and_shards_do_not_go_together(project: MakeProject) -> None:
    ran = project(one=feature("One", PROOF)).run("--repeat-each", "2", "--shard", "1/2")
    assert (ran.code, "leave --shard out" in ran.printed) == (2, True)
