"""The message stream: valid, complete, in order, and of one mind with behave about what happened."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from acceptance.npm_packages import installed
from acceptance.report.html import PACKAGE
from acceptance.report.stream import PROTOCOL_VERSION, MessageStream, duration, id_of, timestamp
from acceptance.results.masking import mask
from tests.acceptance.report.report_stand import ROOT, SECRET, Run, make_project, run_behave

# behave's status of a scenario, from the statuses of its test steps in Cucumber's words, worst first.
_WORST = ("FAILED", "UNDEFINED", "PENDING", "SKIPPED", "PASSED")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    return run_behave(project, "--tags=not @left_out", "--no-skipped")


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    modules = installed(PACKAGE, lambda _: None)
    schema = json.loads((modules / "@cucumber/messages/messages.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def test_every_message_is_valid_by_the_published_schema(run: Run, validator: Draft202012Validator) -> None:
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


def test_ids_are_unique_over_all_features(run: Run) -> None:
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


def test_every_reference_names_something_that_was_written_before(run: Run) -> None:
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


def test_the_stream_begins_and_ends_as_the_protocol_says(run: Run) -> None:
    kinds = [next(iter(message)) for message in run.messages]
    assert kinds[:2] == ["meta", "testRunStarted"]
    assert kinds[-1] == "testRunFinished"
    assert kinds.count("source") == kinds.count("gherkinDocument") == 2
    assert kinds.count("testStepStarted") == kinds.count("testStepFinished")
    assert kinds.count("testCaseStarted") == kinds.count("testCaseFinished") == kinds.count("testCase")


def test_each_test_case_runs_each_of_its_steps_once_and_in_order(run: Run) -> None:
    cases = {case["id"]: [step["id"] for step in case["testSteps"]] for case in run.of("testCase")}
    for started in run.of("testCaseStarted"):
        for kind in ("testStepStarted", "testStepFinished"):
            ran = [s["testStepId"] for s in run.of(kind) if s["testCaseStartedId"] == started["id"]]
            assert ran == cases[started["testCaseId"]]


def test_scenarios_end_as_behave_says(run: Run) -> None:
    """Every scenario of behave's model after the run, its order, its steps and their statuses."""
    words = {"hook_error": "FAILED", "error": "FAILED", "cleanup_error": "FAILED", "untested": "SKIPPED"}
    pickles = {pickle["id"]: pickle for pickle in run.of("pickle")}
    finished = {
        (f["testCaseStartedId"], f["testStepId"]): f["testStepResult"] for f in run.of("testStepFinished")
    }
    cases = {case["id"]: case for case in run.of("testCase")}
    seen = []
    for started in run.of("testCaseStarted"):
        case = cases[started["testCaseId"]]
        texts = {step["id"]: step["text"] for step in pickles[case["pickleId"]]["steps"]}
        results = [(step, finished[started["id"], step["id"]]["status"]) for step in case["testSteps"]]
        steps = [[status, texts[step["pickleStepId"]]] for step, status in results if "pickleStepId" in step]
        worst = min((status for _, status in results), key=_WORST.index)
        seen.append([worst, steps])
    expected = []
    for name, status, steps, _ in run.told():
        worst = "UNDEFINED" if name == "Undefined in the middle" else words.get(status, status.upper())
        expected.append([worst, [[words.get(word, word.upper()), text] for word, text in steps]])
    assert seen == expected


def test_the_counts_are_those_that_behave_prints(run: Run) -> None:
    assert "5 scenarios passed, 1 failed, 3 error, 2 hook_error, 1 cleanup_error, 2 skipped" in run.printed
    assert (
        "21 steps passed, 1 failed, 1 error, 1 hook_error, 8 skipped, 2 undefined, 1 untested" in run.printed
    )
    steps = {
        step["id"] for case in run.of("testCase") for step in case["testSteps"] if "pickleStepId" in step
    }
    statuses = Counter(
        finished["testStepResult"]["status"]
        for finished in run.of("testStepFinished")
        if finished["testStepId"] in steps
    )
    # The scenario that is not selected is one of the two skipped, with three of the eight skipped steps.
    assert statuses == {"PASSED": 21, "FAILED": 3, "SKIPPED": 8 - 3 + 1, "UNDEFINED": 2}
    assert len(run.of("testCase")) == 5 + 1 + 3 + 2 + 1 + 2 - 1


def test_scenarios_not_selected_are_pickles_without_a_test_case(run: Run) -> None:
    names = {pickle["id"]: pickle["name"] for pickle in run.of("pickle")}
    without = set(names) - {case["pickleId"] for case in run.of("testCase")}
    assert [names[id_] for id_ in without] == ["Not selected"]


def test_shown_skipped_scenarios_are_skipped_test_cases(project: Path) -> None:
    shown = run_behave(project, "--tags=not @left_out", "--show-skipped", messages="shown.ndjson")
    statuses = shown.case_of("Not selected").statuses()
    assert set(statuses.values()) == {"SKIPPED"}
    assert len(statuses) == 3


def test_table_doc_string_rule_background_and_outline_are_told(run: Run) -> None:
    tables = run.case_of("Tables and texts").pickle
    assert tables["steps"][1]["argument"]["dataTable"]["rows"][1]["cells"][1] == {"value": "2"}
    assert tables["steps"][2]["argument"]["docString"]["content"] == "Dear customer & friend"
    rows = [pickle for pickle in run.of("pickle") if pickle["name"].startswith("Rows")]
    assert [pickle["name"] for pickle in rows] == ["Rows apple", "Rows pear", "Rows plum"]
    assert all(len(pickle["astNodeIds"]) == 2 for pickle in rows)
    assert list(run.case_of("Attachments").statuses()) == [
        "hook before_scenario",
        "a stocked shop",
        "a camera",
        "a picture is taken",
        "a note is left",
        "hook after_scenario",
        "hook cleanups",
    ]


def test_steps_name_their_definition_and_arguments(run: Run) -> None:
    case = run.case_of("Rows pear")
    definitions = {definition["id"]: definition for definition in run.of("stepDefinition")}
    by_text = {step["id"]: step["text"] for step in case.pickle["steps"]}
    (ordered,) = (
        s for s in case.case["testSteps"] if by_text.get(s.get("pickleStepId")) == '1 of "pear" are ordered'
    )
    (definition,) = (definitions[id_] for id_ in ordered["stepDefinitionIds"])
    assert definition["pattern"]["source"] == '{count:d} of "{fruit}" are ordered'
    assert definition["sourceReference"]["uri"] == "features/steps/shop.py"
    (arguments,) = ordered["stepMatchArgumentsLists"]
    assert [
        (a["parameterTypeName"], a["group"]["start"], a["group"]["value"])
        for a in arguments["stepMatchArguments"]
    ] == [
        ("count", 0, "1"),
        ("fruit", 6, "pear"),
    ]


def test_undefined_steps_come_with_a_suggestion(run: Run) -> None:
    case = run.case_of("Undefined in the middle")
    texts = {step["id"]: step["text"] for step in case.pickle["steps"]}
    suggested = {texts[s["pickleStepId"]]: s["snippets"][0]["code"] for s in run.of("suggestion")}
    assert set(suggested) == {"nobody has written this", "nobody has written that either"}
    assert suggested["nobody has written this"].startswith("@when('nobody has written this')\n")


def test_failures_tell_what_happened(run: Run) -> None:
    failed = dict(run.case_of("Rows plum").results())["the price is 7"]
    assert failed["exception"]["type"] == "AssertionError"
    assert failed["message"].startswith("ASSERT FAILED: expected 7, saw 6")
    assert "stackTrace" not in failed["exception"]
    broken = dict(run.case_of("It breaks").results())["something breaks"]
    assert broken["exception"]["type"] == "RuntimeError"
    assert "features/steps/shop.py" in broken["exception"]["stackTrace"]
    assert dict(run.case_of("Not today").results())["the price is 0"]["message"] == "not today"


@pytest.mark.parametrize(
    ("scenario", "where", "said"),
    [
        ("vor dem Szenario", "hook before_scenario", "before_scenario broke"),
        ("nach dem Szenario", "hook after_scenario", "after_scenario broke"),
        ("nach dem Schritt", "a camera", "after_step broke"),
        ("beim Aufräumen", "hook cleanups", "the cleanup broke"),
    ],
)
def test_a_hook_or_cleanup_that_raises_fails_where_it_raised(
    run: Run, scenario: str, where: str, said: str
) -> None:
    case = run.case_of(scenario)
    assert [text for text, status in case.statuses().items() if status == "FAILED"] == [where]
    assert said in dict(case.results())[where]["message"]
    assert said in dict(case.results())[where]["exception"]["message"]


def test_attachments_belong_to_what_made_them(run: Run) -> None:
    hooks = {hook["id"]: hook["name"] for hook in run.of("hook")}
    case = run.case_of("Attachments")
    texts = {step["id"]: step["text"] for step in case.pickle["steps"]}
    named = {
        s["id"]: texts[s["pickleStepId"]] if "pickleStepId" in s else hooks[s["hookId"]]
        for s in case.case["testSteps"]
    }
    mine = [a for a in run.of("attachment") if a.get("testCaseStartedId") == case.started]
    assert [(named[a["testStepId"]], a["mediaType"], a["contentEncoding"]) for a in mine] == [
        ("a picture is taken", "image/png", "BASE64"),
        ("a note is left", "text/plain", "IDENTITY"),
        ("after_scenario", "text/plain", "IDENTITY"),
    ]
    assert mine[0]["body"] == "iVBORwD/"
    broken = run.case_of("It breaks")
    (evidence,) = (
        a
        for a in run.of("attachment")
        if a.get("testCaseStartedId") == broken.started and a["mediaType"] == "application/json"
    )
    ids = {step["id"]: step.get("pickleStepId") for step in broken.case["testSteps"]}
    assert ids[evidence["testStepId"]] == broken.pickle["steps"][2]["id"]
    started = {hook["id"]: hooks[hook["hookId"]] for hook in run.of("testRunHookStarted")}
    outside = [a for a in run.of("attachment") if "testRunHookStartedId" in a]
    assert [started[a["testRunHookStartedId"]] for a in outside] == ["before_feature", "before_feature"]


def test_hooks_of_the_run_are_test_run_hooks(run: Run) -> None:
    names = {hook["id"]: hook["name"] for hook in run.of("hook")}
    called = [names[hook["hookId"]] for hook in run.of("testRunHookStarted")]
    assert called == ["before_all", "before_feature", "before_tag", "before_feature", "after_all"]
    types = {hook["name"]: hook.get("type") for hook in run.of("hook")}
    assert types["before_all"] == "BEFORE_TEST_RUN"
    assert types["after_scenario"] == "AFTER_TEST_CASE"


def test_secrets_are_masked_everywhere(run: Run) -> None:
    assert SECRET in (run.folder / "features" / "steps" / "shop.py").read_text(encoding="utf-8")
    assert dict(run.case_of("Rows plum").results())["the price is 7"]["message"].endswith("token=***")
    assert SECRET not in (run.folder / "messages.ndjson").read_text(encoding="utf-8")
    notes = [a["body"] for a in run.of("attachment") if a["body"].startswith("password")]
    assert notes == ["password: *** </script> done"]


def test_the_run_fails_and_says_so(run: Run) -> None:
    assert run.code == 1
    (finished,) = run.of("testRunFinished")
    assert finished["success"] is False
    assert finished["message"] == "a hook failed; steps are undefined"


def test_a_run_that_passes_succeeds(project: Path) -> None:
    run = run_behave(project, "--name=Tables and texts", "features/shop.feature", messages="passed.ndjson")
    assert run.code == 0
    assert [finished["success"] for finished in run.of("testRunFinished")] == [True]


def test_a_dry_run_runs_nothing(project: Path, validator: Draft202012Validator) -> None:
    run = run_behave(project, "--dry-run", messages="dry.ndjson")
    assert {f["testStepResult"]["status"] for f in run.of("testStepFinished")} == {"SKIPPED", "UNDEFINED"}
    assert not [step for case in run.of("testCase") for step in case["testSteps"] if "hookId" in step]
    assert all(validator.is_valid(message) for message in run.messages)


def test_a_retried_scenario_is_one_test_case_with_two_attempts(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    environment = project / "features" / "environment.py"
    retry = (
        "\n\ndef before_feature(context, feature):\n"
        "    from behave.contrib.scenario_autoretry import patch_scenario_with_autoretry\n"
        "    for scenario in feature.walk_scenarios():\n"
        "        patch_scenario_with_autoretry(scenario, max_attempts=2)\n"
    )
    environment.write_text(environment.read_text(encoding="utf-8") + retry, encoding="utf-8")
    run = run_behave(project, "--name=It breaks", "features/shop.feature")
    assert [started["attempt"] for started in run.of("testCaseStarted")] == [0, 1]
    assert [finished["willBeRetried"] for finished in run.of("testCaseFinished")] == [True, False]
    assert len(run.of("testCase")) == 1


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Features that behave and the official parser see differently."""
    project = make_project(tmp_path_factory.mktemp("odd"))
    texts = '''      """
      one
      """
'''
    (project / "features" / "odd.feature").write_text(
        f"Feature: Odd\n  Scenario: two texts\n    Given a camera\n{texts}{texts}", encoding="utf-8"
    )
    (project / "features" / "empty.feature").write_text(
        "Feature: Empty\n  Background:\n    When something breaks\n  Scenario: no steps\n", encoding="utf-8"
    )
    return run_behave(project, "features/odd.feature", "features/empty.feature")


def test_a_file_that_only_behave_can_parse_is_a_parse_error_and_no_success(odd: Run) -> None:
    assert {error["source"]["uri"] for error in odd.of("parseError")} == {"features/odd.feature"}
    assert odd.of("testRunFinished")[0]["success"] is False
    assert odd.of("testRunFinished")[0]["message"] == "a feature file could not be told"


def test_a_background_that_no_pickle_has_is_not_lost(odd: Run) -> None:
    case = odd.case_of("no steps")
    assert case.pickle["steps"] == []
    assert case.statuses()["hook When something breaks"] == "FAILED"


def test_a_formatter_needs_a_runner_that_tells_of_hooks(project: Path) -> None:
    run = run_behave(project, "-r", "behave.runner:Runner", messages="none.ndjson")
    assert run.code == 1
    assert (
        "ConfigError: expected a runner that tells of its hooks, found behave.runner:Runner; "
        "add -r acceptance.report.runner:ReportingRunner"
    ) in run.printed


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


def test_no_file_of_the_reporting_is_left_out_of_the_checks() -> None:
    assert '"acceptance"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
