"""Several runs side by side tell one story: one valid stream, nothing lost and nothing twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from acceptance.report.merge import merge_messages
from acceptance.report.stream import read_messages
from tests.acceptance.report.shop import Shop, ShopRun

_HOOKS = ("features/hooks.feature",)
_RULE = ("--name=Attachments", "--name=It breaks", "features/shop.feature")
_REST = ("--name=Tables", "--name=Rows", "--name=Undefined", "features/shop.feature")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop.of(tmp_path_factory.mktemp("merge") / "shop")


@pytest.fixture(scope="module")
def workers(shop: Shop) -> list[ShopRun]:
    """Three runs: parts of one feature file in two of them, the other feature in the third, begun last."""
    parts = {"1": _RULE, "2": _REST, "3": _HOOKS}
    for name in parts:
        (shop.folder / "workers" / name).mkdir(parents=True)
    return [
        shop.run("--no-skipped", *part, messages=f"workers/{name}/messages.ndjson")
        for name, part in parts.items()
    ]


@pytest.fixture(scope="module")
def merged(shop: Shop, workers: list[ShopRun]) -> ShopRun:
    target = shop.folder / "whole" / "messages.ndjson"
    names = [str(number) for number, _ in enumerate(workers, 1)]
    merge_messages([shop.folder / "workers" / name / "messages.ndjson" for name in names], target)
    return ShopRun(target.parent, 0, "", list(read_messages(target)))


def test_the_merged_stream_is_valid_by_the_published_schema(
    merged: ShopRun, validator: Draft202012Validator
) -> None:
    problems = [str(error) for message in merged.messages for error in validator.iter_errors(message)]
    assert problems == []


def test_it_is_one_run(merged: ShopRun, workers: list[ShopRun]) -> None:
    kinds = [next(iter(message)) for message in merged.messages]
    assert kinds[:2] == ["meta", "testRunStarted"]
    assert [kinds.count(kind) for kind in ("meta", "testRunStarted", "testRunFinished")] == [1, 1, 1]
    assert kinds[-1] == "testRunFinished"
    begins = [run.of("testRunStarted")[0]["timestamp"] for run in workers]
    assert merged.of("testRunStarted")[0]["timestamp"] == begins[0]
    assert {case["testRunStartedId"] for case in merged.of("testCase")} == {
        merged.of("testRunStarted")[0]["id"]
    }


def test_nothing_that_ran_is_lost(merged: ShopRun, workers: list[ShopRun]) -> None:
    for kind in (
        "testCase",
        "testCaseStarted",
        "testStepFinished",
        "testCaseFinished",
        "attachment",
        "suggestion",
    ):
        assert len(merged.of(kind)) == sum(len(run.of(kind)) for run in workers) > 0
    statuses = Counter(finished["testStepResult"]["status"] for finished in merged.of("testStepFinished"))
    assert statuses == sum(
        (Counter(f["testStepResult"]["status"] for f in run.of("testStepFinished")) for run in workers),
        Counter(),
    )
    assert merged.case_of("It breaks").statuses() == workers[0].case_of("It breaks").statuses()
    assert merged.case_of("ohne Fehler").statuses() == workers[2].case_of("ohne Fehler").statuses()


def test_what_all_tell_alike_is_told_once(merged: ShopRun, workers: list[ShopRun]) -> None:
    assert [source["uri"] for source in merged.of("source")] == [
        "features/hooks.feature",
        "features/shop.feature",
    ]
    assert len(merged.of("gherkinDocument")) == 2
    assert len(merged.of("stepDefinition")) == len(workers[0].of("stepDefinition"))
    assert len({hook["name"] for hook in merged.of("hook")}) == len(merged.of("hook"))
    pickles = [(pickle["uri"], pickle["name"], pickle["location"]["line"]) for pickle in merged.of("pickle")]
    assert len(pickles) == len(set(pickles))


def test_every_id_is_given_once_and_every_reference_names_one_given_before(merged: ShopRun) -> None:
    known: set[str] = set()

    def check(value: Any) -> None:
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name == "id":
                assert inner not in known
                known.add(inner)
            elif isinstance(inner, dict | list) and not str(name).endswith("Ids"):
                check(inner)
            elif str(name).endswith("Ids"):
                assert set(inner) <= known, name
            elif str(name).endswith("Id") and name != "workerId":
                assert inner in known, name

    for message in merged.messages:
        check(message)
    assert {started["workerId"] for started in merged.of("testCaseStarted")} == {"1", "2", "3"}


def test_it_has_succeeded_only_if_each_run_has(shop: Shop, merged: ShopRun, tmp_path: Path) -> None:
    finished = merged.of("testRunFinished")[0]
    assert finished["success"] is False
    assert "3: a hook failed" in finished["message"]
    fine = shop.run("--name=Attachments", "features/shop.feature", messages="workers/fine.ndjson")
    assert fine.code == 0
    merge_messages([shop.folder / "workers" / "fine.ndjson"] * 2, tmp_path / "both")
    assert list(read_messages(tmp_path / "both"))[-1]["testRunFinished"]["success"] is True


def test_a_run_that_was_killed_or_left_nothing_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.run("--name=Attachments", "features/shop.feature", messages="workers/fine.ndjson")
    fine = shop.folder / "workers" / "fine.ndjson"
    killed = tmp_path / "killed" / "messages.ndjson"
    killed.parent.mkdir()
    lines = fine.read_text(encoding="utf-8").splitlines(keepends=True)
    killed.write_text("".join(lines[:-4]) + lines[-4][:20], encoding="utf-8")
    merge_messages([fine, killed, tmp_path / "gone" / "messages.ndjson"], tmp_path / "whole")
    told = list(read_messages(tmp_path / "whole"))
    assert told[-1]["testRunFinished"]["success"] is False
    assert told[-1]["testRunFinished"]["message"] == (
        "killed ended before it was through; gone ended before it was through"
    )


def test_of_no_run_nothing_has_succeeded(tmp_path: Path) -> None:
    merge_messages([], tmp_path / "none")
    assert list(read_messages(tmp_path / "none"))[-1]["testRunFinished"]["success"] is False
