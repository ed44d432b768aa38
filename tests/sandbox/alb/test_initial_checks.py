"""The first moments of a target, as clients and the ELBv2 API see them: no request before it passed a health check."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.alb import initial_checks
from sandbox.aws_api.elb_state import HealthCheck
from sandbox.settings import FARGATE, INSTANT, Pace
from tests.sandbox.alb.alb_stand import Edge, Target, browser, eventually

CHECKING = ("initial", "Elb.InitialHealthChecking")
HEALTHY = ("healthy", None)
CHECK = HealthCheck("/health", None, "200", 0.1, 2.0, healthy_after=1, unhealthy_after=2)


@pytest.fixture
def sleeper() -> Iterator[Target]:
    """A target that is to listen on a known port, and does not yet."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    made = Target(port=port)
    yield made
    made.stop()


@pytest.fixture
def hanging() -> Iterator[Target]:
    """A target that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Target(port=server.getsockname()[1])


class Watcher:
    """Asks again and again, from `with` on; `statuses` and `states` keep their order, repeated ones left out."""

    def __init__(self, alb: Edge, path: str, group: str) -> None:
        self._alb, self._path, self._group = alb, path, group
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._ask, self._describe)]
        self.statuses: list[int] = []
        self.states: list[tuple[str, str | None]] = []

    def __enter__(self) -> Watcher:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        visitor = browser(self._alb.ca)
        while not self._ended.is_set():
            status = visitor.get(f"{self._alb.url}{self._path}").status_code
            if self.statuses[-1:] != [status]:
                self.statuses.append(status)

    def _describe(self) -> None:
        while not self._ended.is_set():
            for state in self._alb.health(self._group):
                if self.states[-1:] != [state]:
                    self.states.append(state)


def test_a_target_gets_no_request_before_it_listens(
    alb: Edge, web: requests.Session, sleeper: Target
) -> None:
    group = alb.group("sleeper")
    alb.rule(100, ["/sleeper"], group)
    alb.balancer.settled(5)
    with Watcher(alb, "/sleeper", group) as watcher:
        alb.register(group, sleeper)
        eventually(lambda: alb.health(group), [CHECKING], 5)
        threading.Event().wait(10 * INSTANT.health_check_interval_s)
        assert web.get(f"{alb.url}/sleeper").status_code == 503
        assert alb.health(group) == [CHECKING]
        sleeper.start()
        eventually(lambda: alb.health(group), [HEALTHY], 5)
        assert web.get(f"{alb.url}/sleeper").status_code == 200, "healthy must mean that requests get through"
        threading.Event().wait(5 * INSTANT.health_check_interval_s)
    assert watcher.statuses == [503, 200]
    assert [state for state, _ in watcher.states if state != "initial"] == ["healthy"]
    assert watcher.states[-1] == HEALTHY, "a target that was admitted must not be initial again"


def test_a_target_that_hangs_delays_no_other(
    alb: Edge, web: requests.Session, hanging: Target, sleeper: Target
) -> None:
    group = alb.group("beside")
    began = time.monotonic()
    alb.register(group, hanging)
    alb.rule(110, ["/beside"], group)
    eventually(lambda: alb.health(group), [CHECKING], 5)
    sleeper.start()
    alb.register(group, sleeper)
    eventually(lambda: sorted(alb.health(group), key=str), [HEALTHY, CHECKING], 5)
    assert time.monotonic() - began < INSTANT.health_check_timeout_s
    assert {web.get(f"{alb.url}/beside").status_code for _ in range(10)} == {200}
    assert CHECKING in alb.health(group)


def test_an_admitted_target_stays_so_while_the_check_after_that_is_slow(alb: Edge, sleeper: Target) -> None:
    sleeper.check_delays = [0.0, 1.0]
    sleeper.start()
    group = alb.group("slow")
    alb.register(group, sleeper)
    alb.rule(150, ["/slow"], group)
    eventually(lambda: alb.health(group), [HEALTHY], 5)
    eventually(lambda: len(sleeper.checks), 2, 5)
    with Watcher(alb, "/slow", group) as watcher:
        eventually(lambda: len(sleeper.checks) > 2, True, 5)
    assert (watcher.statuses, watcher.states) == ([200], [HEALTHY])


def test_a_target_that_never_passes_becomes_unhealthy_and_then_the_group_fails_open(
    alb: Edge, web: requests.Session, sleeper: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(initial_checks, "MIN_INTERVAL_S", 0.5)
    group = alb.group("never")
    alb.rule(120, ["/never"], group)
    alb.balancer.settled(5)
    with Watcher(alb, "/never", group) as watcher:
        alb.register(group, sleeper)
        eventually(lambda: web.get(f"{alb.url}/never").status_code, 502, 5)
        eventually(lambda: alb.health(group), [("unhealthy", "Target.FailedHealthChecks")], 5)
        sleeper.start()
        eventually(lambda: alb.health(group), [HEALTHY], 5)
    assert watcher.statuses in ([503, 502, 200], [503, 502])
    known = [state for state in watcher.states if state[1] != "Elb.RegistrationInProgress"]
    assert known[:2] == [CHECKING, ("unhealthy", "Target.FailedHealthChecks")]
    assert "initial" not in {state for state, _ in known[1:]}


def test_an_unfit_answer_is_told_apart_from_none(
    alb: Edge, sleeper: Target, hanging: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(initial_checks, "MIN_INTERVAL_S", 0.2)
    sleeper.status = 404
    sleeper.start()
    group = alb.group("unfit")
    alb.register(group, sleeper, hanging)
    alb.rule(130, ["/unfit"], group)
    wanted = {("unhealthy", "Target.ResponseCodeMismatch"), ("unhealthy", "Target.Timeout")}
    eventually(lambda: set(alb.health(group)), wanted, 5)
    assert {check["User-Agent"] for check in sleeper.checks} == {"ELB-HealthChecker/2.0"}
    assert {check["Host"] for check in sleeper.checks} == {f"127.0.0.1:{sleeper.port}"}


def test_a_group_that_comes_into_use_again_starts_anew(
    alb: Edge, web: requests.Session, sleeper: Target
) -> None:
    sleeper.start()
    group = alb.group("again")
    alb.register(group, sleeper)
    rule = alb.rule(140, ["/again"], group)
    eventually(lambda: alb.health(group), [HEALTHY], 5)
    alb.elbv2.delete_rule(RuleArn=rule)
    assert alb.health(group) == [("unused", "Target.NotInUse")]
    alb.balancer.settled(5)
    sleeper.stop()
    checks = len(sleeper.checks)
    alb.rule(140, ["/again"], group)
    eventually(lambda: alb.health(group), [CHECKING], 5)
    assert web.get(f"{alb.url}/again").status_code == 503
    assert len(sleeper.checks) == checks


@pytest.mark.parametrize(("pace", "given_s"), [(INSTANT, 10.0), (FARGATE, 10.0)])
def test_a_new_target_has_the_time_that_aws_gives_it(pace: Pace, given_s: float) -> None:
    paced = dataclasses.replace(CHECK, interval_s=pace.health_check_interval_s)
    assert initial_checks.given_s(paced) == given_s
