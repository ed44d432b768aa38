"""The load balancer as its clients see it: a real ELBv2 API in front, a real Envoy behind, real targets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import websocket

from tests.sandbox.alb.alb_stand import Edge, Target, browser, eventually

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:api"
PASSING = "arn:aws:lambda:us-east-1:123456789012:function:passing"


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    made.start()
    yield made
    made.stop()


def raw(alb: Edge, request: bytes) -> bytes:
    """Send bytes over TLS and read the answer's head."""
    context = ssl.create_default_context(cafile=alb.ca)
    with (
        socket.create_connection(("127.0.0.1", alb.balancer.https_port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(request)
        return secure.recv(65536)


def test_the_default_rule_answers_and_the_balancer_names_itself(alb: Edge, web: requests.Session) -> None:
    answer = web.get(f"{alb.url}/anything")
    assert (answer.status_code, answer.text) == (404, "<p>nothing here</p>")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["server"] == "awselb/2.0"


def test_http_redirects_to_the_real_https_port_with_host_path_and_query(alb: Edge) -> None:
    with socket.create_connection(("127.0.0.1", alb.balancer.http_port), timeout=5) as plain:
        plain.sendall(b"GET /a/../b%2Fc//d?x=%20&y=1 HTTP/1.1\r\nHost: shop.example:81\r\n\r\n")
        head = plain.recv(65536).decode()
    assert head.startswith("HTTP/1.1 301 Moved Permanently\r\n")
    port = alb.balancer.https_port
    assert f"location: https://shop.example:{port}/a/../b%2Fc//d?x=%20&y=1\r\n" in head


def test_a_new_rule_is_live_within_half_a_second_and_an_open_socket_outlives_every_change(
    alb: Edge, web: requests.Session, target: Target
) -> None:
    group = alb.group("sockets")
    alb.register(group, target)
    alb.rule(100, ["/sockets", "/sockets/*"], group)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    url = f"wss://localhost:{alb.balancer.https_port}/sockets/hmr"
    channel = websocket.create_connection(url, timeout=5, sslopt={"ca_certs": alb.ca})
    for number in range(10):
        other = alb.group(f"other-{number}")
        alb.register(other, target)
        began = time.monotonic()
        rule = alb.rule(200 + number, [f"/other-{number}"], other)
        while web.get(f"{alb.url}/other-{number}").status_code != 200:
            assert time.monotonic() - began < 0.5, "the rule was not live in time"
        channel.send(f"after change {number}")
        assert channel.recv() == f"after change {number}"
        alb.elbv2.delete_rule(RuleArn=rule)
        alb.elbv2.delete_target_group(TargetGroupArn=other)
    alb.deregister(group, target)
    alb.balancer.settled(5)
    assert web.get(f"{alb.url}/sockets").status_code == 503
    channel.send("after deregistration")
    assert channel.recv() == "after deregistration"
    channel.close()


def test_no_request_falls_between_rules_that_come_and_go(
    alb: Edge, web: requests.Session, target: Target
) -> None:
    steady = alb.group("steady")
    alb.register(steady, target)
    alb.rule(110, ["/steady"], steady)
    eventually(lambda: alb.health(steady), [("healthy", None)], 5)
    alb.balancer.attach_function(PASSING, target.port)
    seen: dict[str, list[int]] = {"steady": [], "passing": []}
    ended = threading.Event()

    def visit(path: str) -> None:
        visitor = browser(alb.ca)
        while not ended.is_set():
            seen[path].append(visitor.get(f"{alb.url}/{path}").status_code)

    visitors = [threading.Thread(target=visit, args=(path,)) for path in seen]
    for visitor in visitors:
        visitor.start()
    for number in range(15):
        # A function is not checked: it has no time of its own without traffic.
        group = alb.function_group(f"passing-{number}", PASSING)
        rule = alb.rule(300 + number, ["/passing"], group)
        alb.balancer.settled(5)
        assert web.get(f"{alb.url}/passing").status_code == 200
        alb.elbv2.delete_rule(RuleArn=rule)
        alb.elbv2.delete_target_group(TargetGroupArn=group)
        alb.balancer.settled(5)
    ended.set()
    for visitor in visitors:
        visitor.join()
    assert set(seen["steady"]) == {200}
    assert set(seen["passing"]) == {200, 404}, "a target group must not go before its rule, nor come after it"


def test_the_target_learns_about_the_client_as_from_an_alb(
    alb: Edge, web: requests.Session, target: Target
) -> None:
    group = alb.group("headers")
    alb.register(group, target)
    alb.rule(120, ["/headers*"], group)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    given = {"X-Forwarded-For": "203.0.113.7", "X-Amzn-Trace-Id": "Root=1-00000000-0123456789abcdef01234567"}
    answer = web.get(f"{alb.url}/headers?q=%20", headers=given)
    seen = answer.json()["headers"]
    assert answer.json()["path"] == "/headers?q=%20"
    assert seen["host"] == "localhost"
    assert seen["x-forwarded-for"] == "203.0.113.7, 127.0.0.1"
    assert (seen["x-forwarded-proto"], seen["x-forwarded-port"]) == ("https", "443")
    own, root = seen["x-amzn-trace-id"].split(";")
    assert own.startswith("Self=1-")
    assert root == given["X-Amzn-Trace-Id"]
    assert not [name for name in seen if name.startswith("x-envoy") or name == "x-request-id"]
    assert not [name for name in answer.headers if name.lower().startswith("x-envoy")]
    assert answer.headers["server"].startswith("Python/"), "a target's own Server header passes through"


def test_failures_have_the_albs_statuses(alb: Edge, web: requests.Session, target: Target) -> None:
    group = alb.group("failing")
    alb.rule(130, ["/failing", "/failing/*"], group)
    alb.balancer.settled(5)
    empty = web.get(f"{alb.url}/failing")
    assert (empty.status_code, empty.headers["server"]) == (503, "awselb/2.0")
    assert "503 Service Temporarily Unavailable" in empty.text
    alb.register(group, target)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    assert web.get(f"{alb.url}/failing/hang-up").status_code == 502
    assert web.get(f"{alb.url}/failing/big-headers").status_code == 502
    assert web.request("TRACE", f"{alb.url}/failing").status_code == 405
    assert web.get(f"{alb.url}/failing", headers={"x": "y" * 17_000}).status_code == 400
    assert web.get(f"{alb.url}/failing", headers={f"x{i}": "y" * 15_000 for i in range(5)}).status_code == 400
    assert web.get(f"{alb.url}/failing?{'q' * 17_000}").status_code == 414
    hops = ", ".join(["203.0.113.7"] * 31)
    assert web.get(f"{alb.url}/failing", headers={"X-Forwarded-For": hops}).status_code == 463
    assert raw(alb, b"no http\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request")
    tunnel = b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
    assert raw(alb, tunnel).startswith(b"HTTP/1.1 400 Bad Request")
    target.stop()
    eventually(lambda: web.get(f"{alb.url}/failing").status_code, 502, 5)


def test_health_is_what_the_checks_found(alb: Edge, target: Target) -> None:
    group = alb.group("health")
    alb.register(group, target)
    assert alb.health(group) == [("unused", "Target.NotInUse")]
    assert not target.checks, "a target group in no rule must not be checked"
    alb.rule(140, ["/health-of-it"], group)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    assert target.checks[0]["User-Agent"] == "ELB-HealthChecker/2.0"
    assert target.checks[0]["Host"] == f"127.0.0.1:{target.port}"
    target.status = 404
    eventually(lambda: alb.health(group), [("unhealthy", "Target.ResponseCodeMismatch")], 5)
    found = alb.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]
    assert found["TargetHealth"]["Description"] == "Health checks failed with these codes: [404]"
    target.status = 200
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    target.stop()
    eventually(lambda: alb.health(group), [("unhealthy", "Target.FailedHealthChecks")], 5)


def test_a_target_leaves_by_draining(alb: Edge, target: Target) -> None:
    group = alb.group("leaving")
    alb.register(group, target)
    alb.rule(150, ["/leaving"], group)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    alb.deregister(group, target)
    assert alb.health(group) == [("draining", "Target.DeregistrationInProgress")]
    assert alb.balancer.health(group, "127.0.0.1", target.port).state == "draining"
    eventually(lambda: alb.health(group), [], 5)
    alb.deregister(group, target)
    gone = alb.balancer.health(group, "127.0.0.1", target.port)
    assert (gone.state, gone.reason) == ("unused", "Target.NotRegistered")


def test_two_ports_of_one_address_are_two_targets(alb: Edge, target: Target) -> None:
    group = alb.group("two-ports")
    second = Target()
    second.start()
    alb.register(group, target, second)
    alb.rule(160, ["/two-ports"], group)
    eventually(lambda: alb.health(group), [("healthy", None)] * 2, 5)
    alb.deregister(group, target)
    eventually(lambda: alb.health(group), [("healthy", None)], 5)
    second.stop()


def test_unhealthy_targets_get_no_traffic_until_none_is_healthy(
    alb: Edge, web: requests.Session, target: Target
) -> None:
    group = alb.group("fail-open")
    good = Target()
    good.start()
    alb.register(group, target, good)
    alb.rule(170, ["/fail-open"], group)
    eventually(lambda: alb.health(group), [("healthy", None)] * 2, 5)
    target.status = 500
    eventually(lambda: sorted(state for state, _ in alb.health(group)), ["healthy", "unhealthy"], 5)
    answered = {web.get(f"{alb.url}/fail-open").json()["target"] for _ in range(20)}
    assert answered == {f"127.0.0.1:{good.port}"}
    good.status = 500
    eventually(lambda: {state for state, _ in alb.health(group)}, {"unhealthy"}, 5)
    answered = {web.get(f"{alb.url}/fail-open").json()["target"] for _ in range(40)}
    assert len(answered) == 2
    good.stop()


def test_a_function_takes_no_websocket_and_without_a_host_fails(alb: Edge, web: requests.Session) -> None:
    alb.rule(180, ["/function"], alb.function_group("function", FUNCTION))
    alb.balancer.settled(5)
    assert web.get(f"{alb.url}/function").status_code == 502
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert web.get(f"{alb.url}/function", headers=upgrade).status_code == 400
