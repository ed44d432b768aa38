"""Requests through the load balancer: who answers them, what a service sees of them, and what nobody may reach."""

from __future__ import annotations

from collections.abc import Mapping

from behave import then, when
from behave.runner import Context
from hamcrest import equal_to

from acceptance.capabilities import Capability
from acceptance.journeys.hermes_takeover import one_rule
from acceptance.matchers.routing import (
    all_from,
    answers_from,
    carried_nothing_out,
    each,
    names_none_of,
    sends_on_to,
)
from acceptance.run.placeholders import destination
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.strangers.bad_requests import extreme
from acceptance.strangers.forwarded_request import KINDS, PATH, Arrival, internal_addresses, saw
from acceptance.strangers.path_traversal import try_everything
from acceptance.strangers.session_probe import ask_in_turn, tasks_on_record
from acceptance.waiting.errors import Untrusted
from acceptance.waiting.expect import expect

FOREIGN_NAME = "preview.example.org"

one_of("Kind", KINDS)
one_of("Verdict", {verdict: verdict for verdict in ("accepted", "rejected")})
one_of("Name", {"its own": None, "another": FOREIGN_NAME})


@part("Requested", r"requested(?: \d+ times| without encryption)?")
def requested(words: str) -> tuple[int, bool]:
    """How often, and whether encrypted: the load balancer has another port for what is not."""
    return int("".join(filter(str.isdigit, words)) or 1), not words.endswith("without encryption")


@part("AnswersAre", r"the answer is|every one of the \d+ answers is")
def answers_are(words: str) -> int:
    """How many answers there are."""
    return int("".join(filter(str.isdigit, words)) or 1)


@when("{method} {path} is {how:Requested}")
def path_is_requested(context: Context, method: str, path: str, how: tuple[int, bool]) -> None:
    """Sent as it is written, each time over a new connection; {session} and the like are sessions of the feature."""
    world: World = context.world
    times, encrypted = how
    wire = world.platform.wire if encrypted else world.platform.plain_wire
    world.asked.answers = tuple(wire.send(method, destination(path, world)) for _ in range(times))


@when("the load balancer is sent {request}")
def extreme_request(context: Context, request: str) -> None:
    """A request at or beyond its limits."""
    world: World = context.world
    sent, wire = extreme(request), world.platform.wire
    world.asked.answers = (wire.send(sent.method, sent.path, headers=sent.headers, body=sent.body),)


@when("each session is asked {times:d} times who serves it")
def asked_who_serves(context: Context, times: int) -> None:
    """In turn, over a new connection each time."""
    world: World = context.world
    world.asked.by_session = ask_in_turn(world.group.sessions, times)


@when("a request {headers:Kind} is traced to the service that takes it")
def request_traced(context: Context, headers: Mapping[str, str]) -> None:
    """The session API tells what arrived."""
    world: World = context.world
    world.asked.arrival = Arrival.told_by(world.platform.wire.send("GET", PATH, headers=headers))


@when("the platform is visited under {foreign:Name} name")
def visited_under_name(context: Context, foreign: str | None) -> None:
    """Its own, or another; by a client that trusts the platform's authority."""
    world: World = context.world
    try:
        world.platform.wire.handshake(foreign or world.platform.wire.host)
        world.asked.certificate = "accepted"
    except Untrusted:
        world.asked.certificate = "rejected"


@when("a visitor tries {trick}")
def visitor_tries(context: Context, trick: str) -> None:
    """Below the address of his own preview, or below every prefix, byte for byte as written."""
    world: World = context.world
    secret_path = world.secret.path
    world.asked.answers = try_everything(world.platform.wire, trick, world.session.session_id, secret_path)


@then("{count:AnswersAre} {status:d} from {service}")
def answers_come_from(context: Context, count: int, status: int, service: str) -> None:
    """This status and no other, from this service and no other; so is each of them."""
    world: World = context.world
    answers, right = world.asked.answers, answers_from(status, service)
    world.run.ledger.measure("routes", sum(map(right.matches, answers)), count)
    expect(answers, each(right, count), f"{answers[0].method} {answers[0].url[:200]}")


@then("the visitor is sent on for good to the same path and query, encrypted")
def sent_on(context: Context) -> None:
    """To the platform's own encrypted address."""
    world: World = context.world
    (answer,), wire = world.asked.answers, world.platform.wire
    path = answer.url.removeprefix(world.platform.plain_wire.origin)
    expect(answer, sends_on_to("https", wire.host, wire.port, path), answer.url)


@then("every answer came from the task that the session's record names")
def answers_from_own_tasks(context: Context) -> None:
    """All of them; the figure goes into the run's summary."""
    world: World = context.world
    right = all_from(tasks_on_record(world.group.sessions))
    good = sum(right.matches([one]) for one in world.asked.by_session)
    world.run.ledger.measure("routes", good, len(world.asked.by_session))
    expect(world.asked.by_session, right, "answers to who serves a session")


@then("the service saw {what}")
def service_saw(context: Context, what: str) -> None:
    """Who asked, how and where, and as part of which trace."""
    world: World = context.world
    expect(world.asked.arrival, saw(what, world.platform.wire.own_address()), "what the service saw")


@then("the certificate is {verdict:Verdict}")
def certificate_is(context: Context, verdict: str) -> None:
    """Because of the name alone."""
    world: World = context.world
    expect(world.asked.certificate, equal_to(verdict), "the certificate of the site that was visited")


@then("none of them is carried out")
def nothing_carried_out(context: Context) -> None:
    """No answer of the control port came back."""
    world: World = context.world
    named = world.platform.profile.offers(Capability.NAMED_ANSWERS)
    expect(world.asked.answers, carried_nothing_out(named=named), "what the commands brought")


@then("exactly one rule leads to the preview")
def exactly_one_rule(context: Context) -> None:
    """Of all the rules of the load balancer."""
    world: World = context.world
    expect(world.platform.balancer.rules_for(world.session.session_id), one_rule(), str(world.session))


@then("no answer names an address inside the platform")
def no_internal_address(context: Context) -> None:
    """Neither a task's nor that of AWS's own interfaces."""
    world: World = context.world
    addresses = internal_addresses(world.platform)
    expect(world.asked.answers, names_none_of(addresses), "what was answered")
