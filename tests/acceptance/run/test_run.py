"""A run of the suite from its first hook to its last: what it leaves on disk, and what it says of its own end."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from acceptance.config.mark import Mark
from acceptance.drivers.load_balancer import Routing
from acceptance.npm_packages import installed
from acceptance.report.history import read
from acceptance.report.html import PACKAGE
from acceptance.results.run_folder import REPORTS, Report, RunFolder, point_latest
from acceptance.results.scenario_trace import read_traces
from acceptance.run.leftovers import left_behind
from acceptance.run.run import Run
from acceptance.waiting.errors import ConfigurationError, NotObserved
from tests.acceptance.run.planted_secrets import SECRETS
from tests.acceptance.run.run_stand import RUN, SuiteRun, run_suite


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    """A run in which all goes wrong that can go wrong without an interruption."""
    names = ("It passes", "It fails", "Its cleanup fails", "It leaves things behind")
    return run_suite(tmp_path_factory.mktemp("suite"), names)


def test_each_scenario_is_in_the_ledger_with_rule_and_begin(run: SuiteRun) -> None:
    told = run.results["scenarios"]
    assert [(scenario["name"], scenario["status"]) for scenario in told] == [
        ("It passes", "passed"),
        ("It fails", "failed"),
        ("Its cleanup fails", "cleanup_error"),
        ("It leaves things behind", "passed"),
    ]
    assert {scenario["rule"] for scenario in told} == {"One of each"}
    begins = [scenario["started_at"] for scenario in told]
    assert begins == sorted(begins)
    assert run.results["figures"] == {"routes": [[3, 4], [1, 1]]}
    assert run.results["steps"][0]["sentence"] == "3 of 4 answers are right"


def test_a_scenario_stops_for_a_look_before_it_puts_away_what_it_began(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, ["It passes", "Its cleanup fails"], "-D", "pause=always", entered="\n\n")
    assert ran.printed.count("Stopped before the scenario puts away what it began; Enter goes on") == 2
    assert ran.printed.rindex("Stopped before") < ran.printed.index("CLEANUP-ERROR"), ran.printed


def test_what_the_run_left_and_could_not_put_away_is_told(run: SuiteRun) -> None:
    assert run.results["left_behind"] == [
        f"session s-1 of acc-{RUN}-1 is active",
        "edit task t-1 RUNNING is still there",
        "listener rule 7 for /session/s-1/* was not there before",
        "target group edit-s-1 was not there before",
    ]
    (error,) = run.results["cleanup_errors"]
    assert error.startswith("after Its cleanup fails: RuntimeError: planted:")
    assert "Left behind\n  session s-1" in run.printed
    assert run.code == 1


def test_sessions_and_tasks_are_told_from_what_the_platform_knows(run: SuiteRun) -> None:
    (task,) = run.results["tasks"]
    assert (task["role"], task["task_id"], task["stopped_at"]) == ("edit", "t-1", None)
    (session,) = run.results["sessions"]
    assert (session["session_id"], session["scenario"]) == ("s-1", "It leaves things behind")


def test_a_run_that_came_to_its_end_has_its_files_and_says_so(run: SuiteRun) -> None:
    assert run.results["ended"] is True
    files = {path.name for path in run.folder.iterdir()}
    assert {"results.json", "messages.ndjson", "run.json", "report.html", "pictures", "it_fails"} <= files
    last = (run.folder / "messages.ndjson").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["testRunFinished"]["success"] is False
    assert not (run.folder.parent / "latest").is_symlink()
    assert not (run.folder.parent / "history.jsonl").exists()


def test_the_stream_is_valid_by_the_published_schema(run: SuiteRun) -> None:
    modules = installed(PACKAGE, lambda _: None)
    schema = json.loads((modules / "@cucumber/messages/messages.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    lines = (run.folder / "messages.ndjson").read_text(encoding="utf-8").splitlines()
    assert [str(error) for line in lines for error in validator.iter_errors(json.loads(line))] == []


def test_every_step_names_its_definition(run: SuiteRun) -> None:
    lines = (run.folder / "messages.ndjson").read_text(encoding="utf-8").splitlines()
    plans = [m["testCase"] for m in map(json.loads, lines) if "testCase" in m]
    steps = [step for plan in plans for step in plan["testSteps"] if "pickleStepId" in step]
    assert steps
    assert [len(step["stepDefinitionIds"]) for step in steps] == [1] * len(steps)


def test_the_evidence_hangs_on_the_step_that_failed(run: SuiteRun) -> None:
    lines = (run.folder / "messages.ndjson").read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line) for line in lines]
    failed = [m["testStepFinished"] for m in messages if "testStepFinished" in m]
    (step,) = {f["testStepId"] for f in failed if "planted" in f["testStepResult"].get("message", "")} - {
        f["testStepId"] for f in failed if "RuntimeError" in f["testStepResult"].get("message", "")
    }
    shown = [m["attachment"] for m in messages if m.get("attachment", {}).get("testStepId") == step]
    titles = [attachment.get("fileName") for attachment in shown]
    assert titles[0] is None
    assert titles[1:4] == [
        "Timelines of the sessions",
        "Records of the sessions",
        "Services and tasks on ECS",
    ]
    assert "Last lines of the log /ecs/edit" in titles
    assert {attachment["mediaType"] for attachment in shown} == {"text/plain"}
    in_files = {path.read_text(encoding="utf-8") for path in (run.folder / "it_fails").iterdir()}
    assert {attachment["body"] for attachment in shown[1:]} <= in_files


def test_what_did_not_pass_has_its_time_line_its_cleanups_included(run: SuiteRun) -> None:
    lines = {line.head.scenario: line for line in read_traces(run.folder)}
    assert {name: line.head.status for name, line in lines.items()} == {
        "It fails": "failed",
        "Its cleanup fails": "cleanup_error",
    }
    steps = [
        (event.title, event.outcome, event.fine)
        for event in lines["It fails"].events
        if event.lane == "Steps"
    ]
    assert steps == [
        ("Given 1 of 1 answers are right", "passed", True),
        ("When secrets are told", "failed", False),
    ]
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert 'href="#time-line-it-fails">Second by second</a>' in page


def test_whoever_asks_for_it_has_a_time_line_of_what_passed(tmp_path: Path) -> None:
    ran = run_suite(tmp_path, ("It passes",), "-D", "trace=all")
    assert [line.head.status for line in read_traces(ran.folder)] == ["passed"]


def test_nothing_that_the_run_wrote_holds_a_secret(run: SuiteRun) -> None:
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    reached = {
        "messages.ndjson",
        "report.html",
        "results.json",
        "deployment.log",
        "failure.txt",
        "log-ecs_edit.txt",
    }
    reached |= {"edit-events.txt"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        if path.name in reached:
            assert "planted" in text, f"nothing was planted in {path}"
            assert "***" in text
            reached.remove(path.name)
        unpacked = [
            base64.b64decode(found).decode("utf-8", "replace")
            for found in re.findall(r"base64,([\w+/=]+)", text)
        ]
        for name, secret in SECRETS.items():
            assert secret not in text, f"{name} in {path.name}"
            assert not any(secret in inner for inner in unpacked), f"{name} in a picture of {path.name}"
    assert reached == set()


def test_an_interrupted_run_has_not_ended_but_says_what_it_saw(tmp_path: Path) -> None:
    run = run_suite(tmp_path, ("It passes", "It is interrupted", "Never reached"))
    assert run.code == 1
    assert run.results["ended"] is False
    assert [scenario["name"] for scenario in run.results["scenarios"]] == ["It passes", "It is interrupted"]
    assert (run.folder / "report.html").read_text(encoding="utf-8").count("verdict interrupted") == 1


@pytest.mark.parametrize(
    ("settings", "there", "not_there"),
    [
        (
            ("-D", "report=messages"),
            {"messages.ndjson", "run.json", "results.json"},
            {"report.html", "pictures"},
        ),
        (("-D", "report=none"), {"results.json"}, {"report.html", "messages.ndjson", "run.json"}),
    ],
)
def test_a_run_writes_what_it_is_told_to(
    tmp_path: Path, settings: tuple[str, ...], there: set[str], not_there: set[str]
) -> None:
    run = run_suite(tmp_path, ("It passes",), *settings)
    assert run.code == 0, run.printed
    found = {path.name for path in run.folder.iterdir()}
    assert there <= found
    assert not_there & found == set()


def test_a_run_by_itself_is_the_latest_and_enters_itself_into_the_history(tmp_path: Path) -> None:
    run = run_suite(tmp_path, ("It passes", "It fails"), "own")
    assert (run.folder.parent / "latest").readlink() == Path(RUN)
    seen = read(run.folder.parent / "history.jsonl")
    assert [(entry.run, entry.scenario, entry.status) for entry in seen] == [
        (RUN, "It passes", "passed"),
        (RUN, "It fails", "failed"),
    ]
    assert (run.folder / "pictures" / "01-last-runs-stand-in.svg").is_file()


def test_what_is_kept_is_not_looked_for(tmp_path: Path) -> None:
    run = run_suite(tmp_path, ("It leaves things behind",), "-D", "keep=always", "-D", "report=none")
    assert run.results["left_behind"] == []
    assert "Kept for a look, so what is left behind was not looked for." in run.printed


def test_where_a_run_writes_is_its_own_folder_unless_somebody_names_another() -> None:
    own = RunFolder.of({}, RUN)
    assert (own.path, own.results, own.report, own.own) == (
        REPORTS / RUN, REPORTS / RUN / "results.json", Report.PAGE, True,
    )  # fmt: skip
    named = RunFolder.of({"reports": "/r/w/1", "report": "messages"}, RUN)
    assert (named.path, named.results, named.report, named.own) == (
        Path("/r/w/1"), Path("/r/w/1/results.json"), Report.MESSAGES, False,
    )  # fmt: skip


@pytest.mark.parametrize("settings", [{"report": "pdf"}, {"keep": "maybe"}])
def test_a_setting_that_means_nothing_stops_the_run_before_anything_starts(settings: dict[str, str]) -> None:
    (name, word) = next(iter(settings.items()))
    with pytest.raises(ConfigurationError, match=f"-D {name}={word} means nothing: say one of"):
        Run.start(settings, print)


def test_latest_leads_to_the_run_that_pointed_last(tmp_path: Path) -> None:
    for name in ("r1", "r2"):
        point_latest(tmp_path / name)
    assert (tmp_path / "latest").readlink() == Path("r2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "r1", "r2"]


def test_what_cannot_be_looked_at_was_not_left_behind_but_is_told() -> None:
    def silent(*_: object) -> None:
        raise NotObserved("nobody answers")

    nobody = SimpleNamespace(marked=silent, state=silent, routing=silent)
    platform: Any = SimpleNamespace(records=nobody, fleet=nobody, balancer=nobody, mark=Mark("acc"))
    told: list[str] = []
    found = left_behind(platform, before=Routing((), ()), unseen=told.append)
    assert found == ()
    assert told == [
        f"whether {what} were left behind: nobody answers"
        for what in ("sessions", "tasks", "rules and target groups")
    ]
