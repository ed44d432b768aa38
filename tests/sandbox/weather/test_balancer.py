"""The load balancer under weather: nodes that know less than others, and new targets that get requests."""

from __future__ import annotations

import threading
from collections import Counter

from sandbox.alb.balancer import Manner
from sandbox.weather.kinds import Kind
from sandbox.weather.weather import LATER_NODES, LATER_S, Weather
from tests.sandbox.alb.alb_stand import Edge, Target, browser, edge, eventually


def fresh(alb: Edge, path: str, times: int) -> Counter[int]:
    """The statuses of so many requests, each on a connection of its own."""
    answers: Counter[int] = Counter()
    for _ in range(times):
        with browser(alb.ca) as visitor:
            answers[visitor.get(f"{alb.url}{path}", headers={"Connection": "close"}).status_code] += 1
    return answers


def test_a_rule_is_known_to_one_node_at_once_and_to_another_in_a_while() -> None:
    late = threading.Event()
    lags = iter([0.0, 0.0, 0.0, 0.0])
    with edge(Manner(later_nodes=[lambda: 3.0 if late.is_set() else next(lags, 0.0)])) as alb:
        target = Target()
        target.start()
        group = alb.group("target")
        alb.register(group, target)
        late.set()
        alb.rule(1, ["/there"], group)
        eventually(lambda: alb.health(group), [("healthy", None)], 5)
        answers = fresh(alb, "/there", 40)
        assert answers.keys() == {200, 404}, f"one node knows the rule, the other does not yet: {answers}"
        alb.balancer.settled(10)
        assert fresh(alb, "/there", 40).keys() == {200}
        target.stop()


def test_an_open_connection_stays_with_its_node() -> None:
    with edge(Manner(later_nodes=[lambda: 0.0])) as alb, browser(alb.ca) as visitor:
        target = Target()
        target.start()
        group = alb.group("target")
        alb.register(group, target)
        alb.rule(1, ["/there"], group)
        alb.balancer.settled(10)
        eventually(lambda: visitor.get(f"{alb.url}/there").status_code, 200, 5)
        assert {visitor.get(f"{alb.url}/there").status_code for _ in range(20)} == {200}
        target.stop()


def test_a_group_of_nothing_but_new_targets_gets_requests_while_they_are_initial() -> None:
    with edge(Manner(initial_targets=True)) as alb:
        target = Target(status=500)
        target.start()
        group = alb.group("new")
        alb.rule(1, ["/new"], group)
        alb.balancer.settled(5)
        alb.register(group, target)
        eventually(lambda: fresh(alb, "/new", 1), Counter({200: 1}), 3)
        assert alb.health(group) == [("initial", "Elb.InitialHealthChecking")]
        target.stop()


def test_the_weather_has_three_nodes_as_far_apart_as_it_says() -> None:
    calm, rough = Weather().balancer(), Weather({Kind.NODES, Kind.INITIAL_TARGETS}).balancer()
    assert (calm.later_nodes, calm.initial_targets) == ((), False)
    assert (len(rough.later_nodes), rough.initial_targets) == (LATER_NODES, True)
    lags = [late_s() for late_s in rough.later_nodes for _ in range(50)]
    assert 0 <= min(lags) < 1 < LATER_S - 1 < max(lags) <= LATER_S
    assert lags[:50] != lags[50:], "each node has its own"
