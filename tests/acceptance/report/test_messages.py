"""What the messages say happened: each scenario, step, hook and attachment, of one mind with behave."""

from __future__ import annotations

from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from tests.acceptance.report.shop import Shop, ShopRun

# behave's status of a scenario, from the statuses of its test steps in Cucumber's words, worst first.
_WORST = ("FAILED", "UNDEFINED", "PENDING", "SKIPPED", "PASSED")


def test_scenarios_end_as_behave_says(run: ShopRun) -> None:
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
    for name, status, steps in run.told():
        worst = "UNDEFINED" if name == "Undefined in the middle" else words.get(status, status.upper())
        expected.append([worst, [[words.get(word, word.upper()), text] for word, text in steps]])
    assert seen == expected


def test_the_counts_are_those_that_behave_prints(run: ShopRun) -> None:
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


def test_scenarios_not_selected_are_pickles_without_a_test_case(run: ShopRun) -> None:
    names = {pickle["id"]: pickle["name"] for pickle in run.of("pickle")}
    without = set(names) - {case["pickleId"] for case in run.of("testCase")}
    assert [names[id_] for id_ in without] == ["Not selected"]


def test_shown_skipped_scenarios_are_skipped_test_cases(shop: Shop) -> None:
    shown = shop.run("--tags=not @left_out", "--show-skipped", messages="shown.ndjson")
    statuses = shown.case_of("Not selected").statuses()
    assert set(statuses.values()) == {"SKIPPED"}
    assert len(statuses) == 3


def test_table_doc_string_rule_background_and_outline_are_told(run: ShopRun) -> None:
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


def test_steps_name_their_definition_and_arguments(run: ShopRun) -> None:
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


def test_undefined_steps_come_with_a_suggestion(run: ShopRun) -> None:
    case = run.case_of("Undefined in the middle")
    texts = {step["id"]: step["text"] for step in case.pickle["steps"]}
    suggested = {texts[s["pickleStepId"]]: s["snippets"][0]["code"] for s in run.of("suggestion")}
    assert set(suggested) == {"nobody has written this", "nobody has written that either"}
    assert suggested["nobody has written this"].startswith("@when('nobody has written this')\n")


def test_failures_tell_what_happened(run: ShopRun) -> None:
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
    run: ShopRun, scenario: str, where: str, said: str
) -> None:
    case = run.case_of(scenario)
    assert [text for text, status in case.statuses().items() if status == "FAILED"] == [where]
    assert said in dict(case.results())[where]["message"]
    assert said in dict(case.results())[where]["exception"]["message"]


def test_attachments_belong_to_what_made_them(run: ShopRun) -> None:
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


def test_hooks_of_the_run_are_test_run_hooks(run: ShopRun) -> None:
    names = {hook["id"]: hook["name"] for hook in run.of("hook")}
    called = [names[hook["hookId"]] for hook in run.of("testRunHookStarted")]
    assert called == ["before_all", "before_feature", "before_tag", "before_feature", "after_all"]
    types = {hook["name"]: hook.get("type") for hook in run.of("hook")}
    assert types["before_all"] == "BEFORE_TEST_RUN"
    assert types["after_scenario"] == "AFTER_TEST_CASE"


def test_the_run_fails_and_says_so(run: ShopRun) -> None:
    assert run.code == 1
    (finished,) = run.of("testRunFinished")
    assert finished["success"] is False
    assert finished["message"] == "a hook failed; steps are undefined"


def test_a_run_that_passes_succeeds(shop: Shop) -> None:
    run = shop.run("--name=Tables and texts", "features/shop.feature", messages="passed.ndjson")
    assert run.code == 0
    assert [finished["success"] for finished in run.of("testRunFinished")] == [True]


def test_a_dry_run_runs_nothing(shop: Shop, validator: Draft202012Validator) -> None:
    run = shop.run("--dry-run", messages="dry.ndjson")
    assert {f["testStepResult"]["status"] for f in run.of("testStepFinished")} == {"SKIPPED", "UNDEFINED"}
    assert not [step for case in run.of("testCase") for step in case["testSteps"] if "hookId" in step]
    assert all(validator.is_valid(message) for message in run.messages)


def test_a_retried_scenario_is_one_test_case_with_two_attempts(shop: Shop) -> None:
    retry = (
        "\n\ndef before_feature(context, feature):\n"
        "    from behave.contrib.scenario_autoretry import patch_scenario_with_autoretry\n"
        "    for scenario in feature.walk_scenarios():\n"
        "        patch_scenario_with_autoretry(scenario, max_attempts=2)\n"
    )
    shop.add_to_hooks(retry)
    run = shop.run("--name=It breaks", "features/shop.feature")
    assert [started["attempt"] for started in run.of("testCaseStarted")] == [0, 1]
    assert [finished["willBeRetried"] for finished in run.of("testCaseFinished")] == [True, False]
    assert len(run.of("testCase")) == 1


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> ShopRun:
    """Features that behave and the official parser see differently."""
    shop = Shop.of(tmp_path_factory.mktemp("odd") / "shop")
    texts = '''      """
      one
      """
'''
    (shop.folder / "features" / "odd.feature").write_text(
        f"Feature: Odd\n  Scenario: two texts\n    Given a camera\n{texts}{texts}", encoding="utf-8"
    )
    (shop.folder / "features" / "empty.feature").write_text(
        "Feature: Empty\n  Background:\n    When something breaks\n  Scenario: no steps\n", encoding="utf-8"
    )
    return shop.run("features/odd.feature", "features/empty.feature")


def test_a_file_that_only_behave_can_parse_is_a_parse_error_and_no_success(odd: ShopRun) -> None:
    assert {error["source"]["uri"] for error in odd.of("parseError")} == {"features/odd.feature"}
    assert odd.of("testRunFinished")[0]["success"] is False
    assert odd.of("testRunFinished")[0]["message"] == "a feature file could not be told"


def test_a_background_that_no_pickle_has_is_not_lost(odd: ShopRun) -> None:
    case = odd.case_of("no steps")
    assert case.pickle["steps"] == []
    assert case.statuses()["hook When something breaks"] == "FAILED"


def test_a_formatter_needs_a_runner_that_tells_of_hooks(shop: Shop) -> None:
    run = shop.run("-r", "behave.runner:Runner", messages="none.ndjson")
    assert run.code == 1
    assert (
        "ConfigError: expected a runner that tells of its hooks, found behave.runner:Runner; "
        "add -r acceptance.report.runner:ReportingRunner"
    ) in run.printed
