"""The message stream as a whole: valid, in order, nothing twice, nothing secret."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

from jsonschema import Draft202012Validator

from acceptance.report.html import PACKAGE
from acceptance.report.stream import PROTOCOL_VERSION, MessageStream, duration, id_of, timestamp
from acceptance.results.masking import mask
from tests.acceptance.report.shop import SECRET, ShopRun


def test_every_message_is_valid_by_the_published_schema(
    run: ShopRun, validator: Draft202012Validator
) -> None:
    problems = [
        f"{next(iter(message))}: {error.json_path}: {error.message}"
        for message in run.messages
        for error in validator.iter_errors(message)
    ]
    assert problems == []
    assert all(len(message) == 1 for message in run.messages)
    assert not validator.is_valid({"testCase": {"id": "1", "pickleId": 2, "testSteps": []}})


def test_the_protocol_version_is_that_of_the_pinned_schema() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]["node_modules/@cucumber/messages"]["version"] == PROTOCOL_VERSION
    assert "resolved" not in str(lock)


def test_ids_are_unique_over_all_features(run: ShopRun) -> None:
    """Over everything that is defined with an `id`, whichever feature or kind it belongs to."""
    found: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            found.extend([value["id"]] if "id" in value else [])
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(run.messages)
    assert len(run.of("gherkinDocument")) == 2
    assert [id_ for id_, count in Counter(found).items() if count > 1] == []


def test_every_reference_names_something_that_was_written_before(run: ShopRun) -> None:
    known: set[str] = set()
    references = {"pickleId", "hookId", "testCaseId", "testCaseStartedId", "testStepId", "testRunStartedId"}
    references |= {"pickleStepId", "testRunHookStartedId"}

    def check(value: Any) -> None:
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name in references:
                assert inner in known, f"{name} {inner}"
            elif name in {"stepDefinitionIds", "astNodeIds"}:
                assert set(inner) <= known
            elif isinstance(inner, dict | list):
                check(inner)
            elif name == "id":
                known.add(inner)

    for message in run.messages:
        check(message)


def test_the_stream_begins_and_ends_as_the_protocol_says(run: ShopRun) -> None:
    kinds = [next(iter(message)) for message in run.messages]
    assert kinds[:2] == ["meta", "testRunStarted"]
    assert kinds[-1] == "testRunFinished"
    assert kinds.count("source") == kinds.count("gherkinDocument") == 2
    assert kinds.count("testStepStarted") == kinds.count("testStepFinished")
    assert kinds.count("testCaseStarted") == kinds.count("testCaseFinished") == kinds.count("testCase")


def test_each_test_case_runs_each_of_its_steps_once_and_in_order(run: ShopRun) -> None:
    cases = {case["id"]: [step["id"] for step in case["testSteps"]] for case in run.of("testCase")}
    for started in run.of("testCaseStarted"):
        for kind in ("testStepStarted", "testStepFinished"):
            ran = [s["testStepId"] for s in run.of(kind) if s["testCaseStartedId"] == started["id"]]
            assert ran == cases[started["testCaseId"]]


def test_secrets_are_masked_everywhere(run: ShopRun) -> None:
    assert SECRET in (run.folder / "features" / "steps" / "shop.py").read_text(encoding="utf-8")
    assert dict(run.case_of("Rows plum").results())["the price is 7"]["message"].endswith("token=***")
    assert SECRET not in (run.folder / "messages.ndjson").read_text(encoding="utf-8")
    notes = [a["body"] for a in run.of("attachment") if a["body"].startswith("password")]
    assert notes == ["password: *** </script> done"]


def test_no_id_is_taken_for_a_secret() -> None:
    ids = [id_of("step", str(number)) for number in range(2000)]
    assert [mask(id_) for id_ in ids] == ids
    assert len(set(ids)) == len(ids)


def test_times_are_never_negative_and_keep_their_nanoseconds() -> None:
    assert timestamp(1_700_000_000_000_000_007) == {"seconds": 1_700_000_000, "nanos": 7}
    assert duration(-1.5) == {"seconds": 0, "nanos": 0}
    assert duration(1.25) == {"seconds": 1, "nanos": 250_000_000}


def test_a_line_is_on_disk_as_soon_as_it_is_written() -> None:
    class Disk(io.StringIO):
        kept = ""

        def flush(self) -> None:
            self.kept = self.getvalue()

    disk = Disk()
    MessageStream(disk, masked=str.upper).write("meta", name="x", left_out=None)
    assert disk.kept == '{"meta":{"name":"X"}}\n'
