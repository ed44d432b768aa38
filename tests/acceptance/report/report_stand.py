"""A small project of features that end in every way a feature can, and runs of it in a behave of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from acceptance.report.runner import RUNNER

ROOT = Path(__file__).resolve().parents[3]

SECRET = "Zk3v9QpLmN77xR21"

_SHOP = '''@shop
Feature: The shop's </script> page
  Whom it serves.

  Background:
    Given a stocked shop

  Scenario: Tables and texts
    When these are ordered
      | fruit | count |
      | apple | 2     |
    Then the letter reads
      """
      Dear customer & friend
      """

  Scenario Outline: Rows <fruit>
    When <count> of "<fruit>" are ordered
    Then the price is <price>

    Examples: good
      | fruit | count | price |
      | apple | 2     | 4     |
      | pear  | 1     | 2     |

    Examples: bad
      | fruit | count | price |
      | plum  | 3     | 7     |

  Scenario: Undefined in the middle
    When nobody has written this
    Then the price is 0
    And nobody has written that either

  Rule: Evidence is kept

    Background:
      Given a camera

    Scenario: Attachments
      When a picture is taken
      Then a note is left

    Scenario: It breaks
      When something breaks
      Then the price is 0

    @skip_me
    Scenario: Not today
      Then the price is 0

    @left_out
    Scenario: Not selected
      Then the price is 0
'''

_HOOKS = """# language: de
Funktionalität: Haken

  @break_before
  Szenario: vor dem Szenario
    Angenommen a camera

  @break_after
  Szenario: nach dem Szenario
    Angenommen a camera

  @break_step
  Szenario: nach dem Schritt
    Angenommen a camera

  @break_cleanup
  Szenario: beim Aufräumen
    Angenommen a camera

  Szenario: ohne Fehler
    Angenommen a camera
"""

_STEPS = f"""
from behave import given, then, when


@given("a stocked shop")
def stocked(context):
    context.price = 0


@given("a camera")
def camera(context):
    pass


@when("these are ordered")
def ordered(context):
    context.price = sum(int(row["count"]) for row in context.table)


@then("the letter reads")
def letter(context):
    assert context.text == "Dear customer & friend"


@when('{{count:d}} of "{{fruit}}" are ordered')
def counted(context, count, fruit):
    context.price = 2 * count


@then("the price is {{price:d}}")
def price(context, price):
    assert context.price == price, f"expected {{price}}, saw {{context.price}}; token={SECRET}"


@when("a picture is taken")
def picture(context):
    context.attach("image/png", b"\\x89PNG\\x00\\xff")


@then("a note is left")
def note(context):
    context.attach("text/plain", b"password: {SECRET} </script> done")


@when("something breaks")
def breaks(context):
    raise RuntimeError("a lamp broke")
"""

_ENVIRONMENT = """
import json
from pathlib import Path


def before_all(context):
    context.config.setup_logging()


def before_feature(context, feature):
    context.attach("text/plain", b"from before_feature")


def before_tag(context, tag):
    pass


def before_scenario(context, scenario):
    if "skip_me" in scenario.tags:
        scenario.skip("not today")
    if "break_before" in scenario.tags:
        raise RuntimeError("before_scenario broke")
    if "break_cleanup" in scenario.tags:
        def tidy_up():
            raise RuntimeError("the cleanup broke")
        context.add_cleanup(tidy_up)


def after_step(context, step):
    if step.status.has_failed():
        context.attach("application/json", b'{"seen": "in after_step"}')
    if "break_step" in context.tags:
        raise RuntimeError("after_step broke")


def after_scenario(context, scenario):
    context.attach("text/plain", b"from after_scenario")
    if "break_after" in scenario.tags:
        raise RuntimeError("after_scenario broke")


def after_all(context):
    scenarios = [s for f in context._runner.features for s in f.walk_scenarios()]
    told = [
        [s.name, s.status.name, [(t.status.name, t.name) for t in s.all_steps], len(list(s.all_steps))]
        for s in scenarios
        if "left_out" not in s.tags
    ]
    Path("told.json").write_text(json.dumps(told))
"""


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, exit code, what behave printed, and the messages."""

    folder: Path
    code: int
    printed: str
    messages: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of all messages of a kind, in order."""
        return [message[kind] for message in self.messages if kind in message]

    def told(self) -> Any:
        """behave's own model after the run: name, status, steps (status, name), count of steps of every scenario."""
        return json.loads((self.folder / "told.json").read_text(encoding="utf-8"))

    def case_of(self, name: str) -> Case:
        """The only test case of the scenario of that name."""
        (pickle,) = (pickle for pickle in self.of("pickle") if pickle["name"] == name)
        (case,) = (case for case in self.of("testCase") if case["pickleId"] == pickle["id"])
        (started,) = (start for start in self.of("testCaseStarted") if start["testCaseId"] == case["id"])
        return Case(self, pickle, case, started["id"])


@dataclass(frozen=True)
class Case:
    """One test case of a run."""

    run: Run
    pickle: dict[str, Any]
    case: dict[str, Any]
    started: str

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each test step's text (`hook NAME` for a hook) with its result, in the order in which they finished."""
        texts = {step["id"]: step["text"] for step in self.pickle["steps"]}
        hooks = {hook["id"]: f"hook {hook['name']}" for hook in self.run.of("hook")}
        steps = {step["id"]: step for step in self.case["testSteps"]}
        for finished in self.run.of("testStepFinished"):
            if finished["testCaseStartedId"] == self.started:
                step = steps[finished["testStepId"]]
                named = texts[step["pickleStepId"]] if "pickleStepId" in step else hooks[step["hookId"]]
                yield named, finished["testStepResult"]

    def statuses(self) -> dict[str, str]:
        """The status of each test step by its text."""
        return {text: result["status"] for text, result in self.results()}


def make_project(folder: Path) -> Path:
    """Write the project; its features are `shop` and `hooks`."""
    (folder / "features" / "steps").mkdir(parents=True)
    for name, text in (
        ("shop.feature", _SHOP),
        ("hooks.feature", _HOOKS),
        ("steps/shop.py", _STEPS),
        ("environment.py", _ENVIRONMENT),
    ):
        (folder / "features" / name).write_text(text, encoding="utf-8")
    (folder / "behave.ini").write_text(f"[behave]\nrunner = {RUNNER}\n", encoding="utf-8")
    return folder


def run_behave(folder: Path, *arguments: str, messages: str = "messages.ndjson") -> Run:
    """Run behave in the project; without a format among the arguments it writes messages."""
    formats = [] if "-f" in arguments else ["-f", "acceptance.report.messages:Messages", "-o", messages]
    done = subprocess.run(
        [sys.executable, "-m", "behave", "--no-color", *formats, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    stream = folder / messages
    lines = stream.read_text(encoding="utf-8").splitlines() if stream.is_file() else []
    return Run(folder, done.returncode, done.stdout, [json.loads(line) for line in lines])


class WrittenPage(HTMLParser):
    """What a browser would be told to fetch, and the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts: list[str] = []
        self.policy = ""
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._in_script = tag == "script"
        if tag == "script":
            self.scripts.append("")
        if told.get("http-equiv") == "Content-Security-Policy":
            self.policy = told["content"] or ""
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data

    def messages(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = json.loads(self.scripts[0].partition("=")[2].strip().rstrip(";"))
        return found
