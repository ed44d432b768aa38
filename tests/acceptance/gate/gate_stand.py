"""A small project whose features pass, fail, die and leave things behind, and runs of the gate over it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.results.manifest import verdict_in

ROOT = Path(__file__).resolve().parents[3]

CRITERIA = (
    "@criterion.cold_start @criterion.persistence @criterion.concurrency @criterion.routing @criterion.scaling "
    "@promise.ownership"
)

SECRET = "Zk3v9QpLmN77xR21"

_ENVIRONMENT = r"""
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from behave.formatter.base import StreamOpener

from acceptance.waiting.view import VIEW
from acceptance.waiting.active_waits import WAITS
from acceptance.report.messages import Messages
from acceptance.results.run_facts import RunFacts

DOCUMENT = {
    "scenarios": [], "figures": {}, "steps": [], "sessions": [], "tasks": [],
    "left_behind": [], "cleanup_errors": [], "not_observed": [], "lost": [], "ended": False,
}


def write():
    (FOLDER / "results.json").write_text(json.dumps(DOCUMENT))


def before_all(context):
    global FOLDER

    def interrupt(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    FOLDER = Path(context.config.userdata["reports"])
    RunFacts({"Deployment": "a stand"}).write(FOLDER)
    runner = context.runner
    runner.add_formatter(Messages(StreamOpener(filename=str(FOLDER / "messages.ndjson")), context.config))
    write()

    def put_away():
        (FOLDER / "put-away").touch()
        if "STAND_ENDS_SLOWLY" in os.environ:
            threading.Event().wait(4)
        if os.environ.get("STAND_LEAVES") == "no end":
            return
        DOCUMENT["ended"] = not runner.aborted
        write()

    context.add_cleanup(put_away)
    print("the platform of the stand is up")


def after_scenario(context, scenario):
    failed = next((step for step in scenario.all_steps if step.status.has_failed()), None)
    DOCUMENT["scenarios"].append({
        "feature": context.feature.name, "name": scenario.name, "location": str(scenario.location),
        "rule": context.rule.name if "rule" in context and context.rule else None,
        "tags": [str(tag) for tag in scenario.effective_tags],
        "status": "not observed" if failed and context.aborted else scenario.status.name,
        "seconds": scenario.duration, "started_at": time.time(),
        "failed_step": f"{failed.keyword} {failed.name}" if failed else None,
        "step_type": failed.step_type if failed else None,
        "message": failed.error_message if failed else None,
    })
    if "bug.forgotten" in scenario.effective_tags:
        DOCUMENT["scenarios"].pop()
    if failed:
        evidence = FOLDER / scenario.name.lower().replace(" ", "_")
        evidence.mkdir()
        (evidence / "failure.txt").write_text("what it looked like")
    write()


def before_scenario(context, scenario):
    if any(tag.startswith("skip") or tag == "bug.rests" for tag in scenario.effective_tags):
        scenario.skip("as its tag says")


def after_step(context, step):
    if VIEW.lost:
        DOCUMENT["lost"] = [str(VIEW.lost)]
        context.abort()
    DOCUMENT["steps"].append(
        {"sentence": step.name, "scenario": context.scenario.name, "seconds": step.duration}
    )


def after_all(context):
    leaves = os.environ.get("STAND_LEAVES")
    if leaves == "a session":
        DOCUMENT["left_behind"].append("session s-1 is active")
    if leaves == "a failed cleanup":
        DOCUMENT["cleanup_errors"].append("forget: RuntimeError: no")
    if leaves == "a broken hook":
        raise RuntimeError("after_all broke")
    keep = context.config.userdata.get("keep")
    broken = any(one["status"] == "failed" for one in DOCUMENT["scenarios"])
    if keep == "always" or (keep == "on-failure" and broken):
        VIEW.keep("{'preview_url': 'https://x'}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
"""

_STEPS = r"""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from behave import given, then, when

from acceptance.waiting.errors import DeploymentDied
from acceptance.waiting.view import VIEW
from acceptance.waiting.active_waits import WAITS


@given("all is well")
def well(context):
    pass


@then("it fails")
def fails(context):
    assert False, "expected: light\n  but: was <dark>"


@then("it tells a secret")
def tells(context):
    raise RuntimeError("asked with ?token=SECRET and failed")


@when("what the worker tells is spoilt")
def spoilt(context):
    with (Path(context.config.userdata["reports"]) / "live.ndjson").open("a") as live:
        live.write("{no json\n")
    threading.Event().wait(60)


@when("behave ends at once")
def ends(context):
    os._exit(0)


@when("behave is killed")
def killed(context):
    os.kill(os.getpid(), signal.SIGKILL)


@when("it waits for {what}")
def waits(context, what):
    with WAITS.during(what, time.monotonic()):
        threading.Event().wait(60)


@when("it waits a moment")
def moment(context):
    with WAITS.during("a moment", time.monotonic()):
        threading.Event().wait(1.2)


@when("the sandbox dies")
def dies(context):
    threading.Event().wait(1.0)
    VIEW.lose(DeploymentDied("the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"))
    VIEW.check()


@when("a process is left running")
def leaves_process(context):
    subprocess.Popen(
        ["sleep", "60"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@when("a file is left in the temporary folder")
def leaves_file(context):
    (Path(tempfile.gettempdir()) / "left.txt").write_text("x")
"""


@dataclass(frozen=True)
class Ran:
    """A run of the gate that has ended: its exit code, and what it printed."""

    project: Path
    code: int
    printed: str

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return (self.project / "reports" / "latest").resolve()

    def reasons(self) -> list[str]:
        """What speaks against it, as sentences."""
        verdict = verdict_in(self.folder)
        assert verdict is not None
        return [reason.sentence for reason in verdict.reasons]

    def document(self, name: str) -> Any:
        """A JSON file of the run."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


def make_project(folder: Path, **features: str) -> Path:
    """A project with these feature files (name to text); its profile is the project's own."""
    (folder / "features").mkdir(parents=True)
    (folder / "steps").mkdir()
    (folder / "deployments").mkdir()
    for profile in ("sandbox.toml", "aws.example.toml"):
        shutil.copy(ROOT / "deployments" / profile, folder / "deployments")
    (folder / "environment.py").write_text(_ENVIRONMENT, encoding="utf-8")
    (folder / "steps" / "stand.py").write_text(_STEPS.replace("SECRET", SECRET), encoding="utf-8")
    (folder / "behave.ini").write_text(
        "[behave]\npaths = features\nshow_skipped = false\ncapture_hooks = false\n"
        "runner = acceptance.report.runner:ReportingRunner\n",
        encoding="utf-8",
    )
    for name, text in features.items():
        (folder / "features" / f"{name}.feature").write_text(text, encoding="utf-8")
    return folder


def feature(name: str, *scenarios: str, tags: str = "@anywhere") -> str:
    """A feature of one rule, its scenarios given as `name: step; step`, with tags in front of the name."""
    lines = [tags, f"Feature: {name}", f"  Rule: the rule of {name}"]
    for scenario in scenarios:
        title, _, steps = scenario.partition(": ")
        words = title.split()
        marks = [word for word in words if word.startswith("@")]
        lines += [
            f"    {' '.join(marks)}",
            f"    Scenario: {' '.join(word for word in words if word not in marks)}",
        ]
        lines += [f"      {step.strip()}" for step in steps.split(";")]
    return "\n".join(lines) + "\n"


def command(*arguments: str) -> list[str]:
    """The gate's command line."""
    return [
        sys.executable,
        "-m",
        "acceptance",
        *(arguments if arguments[:1] == ("merge",) else ("run", *arguments)),
    ]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which the gate finds itself in the stand's folder."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "false", **(extra or {})}
    own.pop("ACCEPTANCE_LIFELINE", None)
    return own


def run_gate(project: Path, *arguments: str, **extra: str) -> Ran:
    """Run the gate to its end; keyword arguments are added to its environment."""
    done = subprocess.run(
        command(*arguments),
        cwd=project,
        env=environment(extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(project, done.returncode, done.stdout)


def start_gate(project: Path, *arguments: str, ignoring: bool = False) -> subprocess.Popen[str]:
    """Start the gate, to be interrupted; `ignoring` SIGINT, as a script starts what it puts into the background.

    Otherwise it heeds SIGINT, even where the tests themselves ignore it.
    """
    # Inherited is what is ignored; a handler is not.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignoring else signal.default_int_handler)
    try:
        return subprocess.Popen(
            command(*arguments),
            cwd=project,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
