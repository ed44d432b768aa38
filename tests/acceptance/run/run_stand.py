"""The suite's own hooks over a stand-in for the platform: a whole run in a second, going wrong as it is told to."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from acceptance.config.mark import Mark
from acceptance.config.profile import INFO_KEYS, read
from acceptance.drivers.ecs import Counts, EcsServicesState, Event, Task
from acceptance.drivers.load_balancer import Routing, Rule, TargetGroup
from acceptance.drivers.logs import ServiceLogs
from acceptance.drivers.session_table import SessionRecord
from acceptance.report.runner import RUNNER
from acceptance.results import run_folder
from acceptance.results.run_folder import RunFolder
from acceptance.run.deployment import Deployment
from acceptance.run.keep_policy import KeepPolicy
from acceptance.run.run import Run
from tests.acceptance.run.planted_secrets import ACCOUNT, PLANTED, SECRETS

ROOT = Path(__file__).resolve().parents[3]

RUN = "1123-120000-abcd"

_FEATURE = '''@anywhere @promise.ownership
Feature: Stand-in
  For the suite's own tests.

  Rule: One of each

    @criterion.routing
    Scenario: It passes
      Given 3 of 4 answers are right

    Scenario: It fails
      Given 1 of 1 answers are right
      When secrets are told
        """
        {planted}
        """

    Scenario: Its cleanup fails
      Given a cleanup that fails

    Scenario: It leaves things behind
      Given a session, a task and a rule that stay

    Scenario: It cannot be seen
      Given AWS that does not answer

    Scenario: Its cleanup cannot be seen
      Given a cleanup that AWS does not answer

    Scenario: The credentials end
      Given credentials that have ended
      And 1 of 1 answers are right

    Scenario: The load balancer dies
      Given a page that cannot be had, since the load balancer died

    Scenario: It is interrupted
      Given Ctrl-C

    Scenario: Never reached
      Given 1 of 1 answers are right
'''

_STEPS = """
from behave import given, when
from acceptance.waiting.errors import CredentialsEnded, DeploymentDied, NotObserved, Unreachable
from acceptance.waiting.view import VIEW
from tests.acceptance.run.planted_secrets import PLANTED
from tests.acceptance.run.run_stand import stay


@given("{right:d} of {all:d} answers are right")
def answers(context, right, all):
    context.run.ledger.measure("routes", right, all)


@when("secrets are told")
def tell(context):
    context.attach("text/plain", context.text.encode())
    raise AssertionError(context.text)


@given("a cleanup that fails")
def failing(context):
    def fail():
        raise RuntimeError(PLANTED)
    context.world.undo_later(fail)


@given("a session, a task and a rule that stay")
def leave(context):
    stay(context.run.platform)


@given("AWS that does not answer")
def silent(context):
    raise NotObserved("ECS DescribeTasks: ThrottlingException (400): the suite asks too often")


@given("a cleanup that AWS does not answer")
def silent_cleanup(context):
    context.world.undo_later(lambda: silent(context))


@given("credentials that have ended")
def ended(context):
    context.run.new_client()
    raise CredentialsEnded("AWS does not take the credentials: ECS DescribeTasks: ExpiredTokenException (400)")


@given("a page that cannot be had, since the load balancer died")
def died(context):
    looks = iter((True, True))

    def check():
        if not next(looks, False):
            raise DeploymentDied("the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z")

    VIEW.stand_on(check, settles_s=9.0)
    raise Unreachable("connection refused")


@given("Ctrl-C")
def interrupt(context):
    raise KeyboardInterrupt
"""

_ENVIRONMENT = """
from tests.acceptance.run.run_stand import hooks

globals().update(hooks())
"""


@dataclass(frozen=True)
class SuiteRun:
    """A finished run: behave's exit code, what it printed, the run's folder."""

    code: int
    printed: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        """What results.json holds."""
        found: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return found


def run_suite(folder: Path, scenarios: Sequence[str], *arguments: str, entered: str = "") -> SuiteRun:
    """Run the named scenarios with the suite's hooks; reports go to `folder/reports/run`, or where arguments say.

    `entered` is what a person enters meanwhile.

    With `own` among the arguments nobody names a folder, and the run makes its own in `folder/reports`.
    """
    features = folder / "features"
    (features / "steps").mkdir(parents=True, exist_ok=True)
    indented = PLANTED.replace("\n", "\n        ")
    (features / "stand_in.feature").write_text(_FEATURE.replace("{planted}", indented), encoding="utf-8")
    (features / "steps" / "steps.py").write_text(_STEPS, encoding="utf-8")
    (features / "environment.py").write_text(_ENVIRONMENT, encoding="utf-8")
    (folder / "behave.ini").write_text(
        f"[behave]\ncapture_hooks = false\nrunner = {RUNNER}\n", encoding="utf-8"
    )
    names = [f"--name=^{name}$" for name in scenarios]
    own = "own" in arguments
    options = [
        *([] if own else ["-D", "reports=reports/run"]),
        *(word for word in arguments if word != "own"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "behave", "--no-color", "-f", "plain", *names, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "false"},
        input=entered,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return SuiteRun(done.returncode, done.stdout, folder / "reports" / (RUN if own else "run"))


def hooks() -> Mapping[str, Callable[..., None]]:
    """The functions of the suite's environment.py, which start a stand-in instead of a deployment."""
    spec = importlib.util.spec_from_file_location("suite_hooks", ROOT / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run_folder.REPORTS = Path.cwd() / "reports"
    Run.start = _start  # type: ignore[method-assign,assignment]
    return {name: hook for name, hook in vars(module).items() if name.startswith(("before_", "after_"))}


def stay(platform: Any) -> None:
    """From now on a session of the run, a task and a rule with its group are there."""
    moment = datetime.now(UTC)
    raw = {"sessionId": "s-1", "note": PLANTED, "wsToken": SECRETS["token"]}
    nothing: Any = dict.fromkeys(field.name for field in dataclasses.fields(SessionRecord))
    known = {"session_id": "s-1", "user_id": "a@x.org", "client_id": f"acc-{RUN}-1", "status": "active"}
    platform.left["records"] = [SessionRecord(**{**nothing, **known, "created_at": moment, "raw": raw})]
    arn = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/live/t-1"
    platform.left["tasks"] = (
        Task(arn, "service:edit", "RUNNING", "RUNNING", None, moment, moment, None, None, None, True),
    )
    platform.left["rules"] = (Rule("arn:new", 7, ("/session/s-1/*",), ("arn:group",)),)
    platform.left["groups"] = (TargetGroup("arn:group", "edit-s-1", "ip", 4321),)
    platform.left["awake"] = False


def _start(settings: Mapping[str, str], _say: Callable[[str], None]) -> Run:
    folder = RunFolder.of(settings, RUN)
    folder.path.mkdir(parents=True, exist_ok=True)
    log = folder.path / "deployment.log"
    log.write_text(PLANTED, encoding="utf-8")
    return Run(RUN, Deployment({}, None, log), _platform(), folder, KeepPolicy.of(settings))


def _platform() -> Any:
    info = dict.fromkeys(INFO_KEYS, "127.0.0.1") | {"idle_timeout_s": 4, "ca_file": str(ROOT / "README.md")}
    info |= {"preview_url": "https://127.0.0.1:1", "http_url": "http://127.0.0.1:1"}
    profile = read(ROOT / "deployments" / "sandbox.toml", {"suite.client_prefix": "acc"}).fill(info)
    left: dict[str, Any] = {"records": [], "tasks": (), "rules": (), "groups": (), "awake": True}
    base = Rule("arn:default", None, (), ())
    counts = Counts(0, 0, 0)
    events = (Event(datetime.now(UTC), f"(service edit) {PLANTED}"),)
    records = SimpleNamespace(marked=lambda _: left["records"], get=lambda _: left["records"][0])

    def history(role: str) -> tuple[Task, ...]:
        # Asked for once a feature's own wait for sleep has passed: only then what stays is seen to.
        left["awake"] = True
        return left["tasks"] if role == "edit" else ()

    fleet = SimpleNamespace(
        all_counts=lambda: (counts, counts),
        state=lambda: EcsServicesState(counts, counts, (), left["tasks"] if left["awake"] else ()),
        history=history,
        marked=lambda _: (),
        events=lambda _role, *, since: events,  # noqa: ARG005
    )
    balancer = SimpleNamespace(
        routing=lambda: Routing((*left["rules"], base), left["groups"]), targets_of=lambda _: ()
    )
    clients: Any = SimpleNamespace(of=_client)
    sessions = SimpleNamespace(of_client=_listed, request=_told)

    return SimpleNamespace(
        profile=profile, mark=Mark("acc", RUN), clients=clients, records=records, fleet=fleet, balancer=balancer,
        logs=ServiceLogs(clients, profile.logs.groups), left=left, account=ACCOUNT, sessions=sessions,
        close=lambda: None, attendance=SimpleNamespace(lapse=lambda: None),
        workspaces=SimpleNamespace(close=lambda: None),
    )  # fmt: skip


def _listed(client_id: str) -> list[Any]:
    return [SimpleNamespace(session_id=f"{client_id}-{end}", status=end) for end in ("active", "expired")]


def _told(method: str, path: str) -> None:
    with Path("told.txt").open("a", encoding="utf-8") as file:
        file.write(f"{method} {path}\n")


def _client(service: str) -> Any:
    if service == "logs":
        line = {"timestamp": 1795448389221, "logStreamName": "edit/x/1", "message": PLANTED}
        pages = SimpleNamespace(paginate=lambda **_: [{"events": [line]}])
        return SimpleNamespace(get_paginator=lambda _: pages)
    raise ClientError({"Error": {"Code": "UnknownService"}}, service)
