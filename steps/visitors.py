"""What the services see of a visitor, what a visitor sees of the platform, and what he may try."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context
from hamcrest import calling, raises

from acceptance.journeys.forwarded_request import (
    HOP_BY_HOP,
    PATH,
    Arrival,
    came_by,
    came_from,
    continues,
    has_trace,
    without_hop_headers,
)
from acceptance.journeys.path_traversal import SYSTEM_WORDS, Secret, command, keeps, try_all, ways
from acceptance.journeys.shared_sessions import EXPIRED
from acceptance.matchers.answers import has_heading
from acceptance.matchers.routing import carried_nothing_out, names_none_of, reached_only
from acceptance.run.world import World
from acceptance.waiting.errors import Untrusted
from acceptance.waiting.expect import expect

FOREIGN_NAME = "preview.example.org"
TRACE_ROOT = "1-67891233-abcdef012345678912345678"


@given("a secret in the workspace of another customer")
def others_secret(context: Context) -> None:
    """A file with words that stand nowhere else."""
    world: World = context.world
    other = world.suite.shared.endings()[EXPIRED]
    world.secret = Secret.hidden_in(other.workspace)


@when("a visitor's request is traced to the service that takes it")
def request_traced(context: Context) -> None:
    """The service tells what arrived."""
    trace(context.world, {})


@when('a request that claims to come from "{address}" is traced to the service that takes it')
def forged_request_traced(context: Context, address: str) -> None:
    """The claim stands where load balancers put what they know."""
    trace(context.world, {"x-forwarded-for": address, "x-forwarded-proto": "http", "x-forwarded-port": "1"})


@when("a request that is part of a longer trace is traced to the service that takes it")
def continued_request_traced(context: Context) -> None:
    """It brings the root of its trace with it."""
    trace(context.world, {"x-amzn-trace-id": f"Root={TRACE_ROOT}"})


@when("a request with headers for its own connection alone is traced to the service that takes it")
def hop_request_traced(context: Context) -> None:
    """Headers of which RFC 9110 says that nobody passes them on."""
    trace(context.world, HOP_BY_HOP)


def trace(world: World, headers: dict[str, str]) -> None:
    """Ask the session API how a request with these headers arrives."""
    world.arrival = Arrival.told_by(world.platform.wire.send("GET", PATH, headers=headers))


@when("the platform is visited under {whose} name")
def visited_under_name(context: Context, whose: str) -> None:
    """Its own, or another."""
    world: World = context.world
    world.site_name = {"its own": world.platform.wire.host, "another": FOREIGN_NAME}[whose]


@when("a visitor tries {trick}")
def visitor_tries(context: Context, trick: str) -> None:
    """Below the address of his own preview, byte for byte as written."""
    world: World = context.world
    own = f"/session/{world.session.session_id}/"
    world.answers = try_all(world.platform.wire, ways(trick, own, world.secret.path))


@when("a visitor gives the commands of Edit's control port on every prefix")
def visitor_commands(context: Context) -> None:
    """To list, open, instruct and end sessions."""
    world: World = context.world
    world.answers = command(world.platform.wire, world.session.session_id)


@then('the service saw the visitor\'s address, "{scheme}" and port {port}')
def saw_visitor(context: Context, scheme: str, port: str) -> None:
    """And no other address."""
    world: World = context.world
    expect(world.arrival, came_from(world.platform.wire.own_address()), "the forwarded address")
    expect(world.arrival, came_by(scheme, port), "the forwarded scheme and port")


@then('the service saw "{claimed}" followed by the visitor\'s address, "{scheme}" and port {port}')
def saw_claim_and_visitor(context: Context, claimed: str, scheme: str, port: str) -> None:
    """What he claimed comes first, what is known comes last."""
    world: World = context.world
    expect(world.arrival, came_from(world.platform.wire.own_address(), claimed), "the forwarded addresses")
    expect(world.arrival, came_by(scheme, port), "the forwarded scheme and port")


@then("the service saw a trace identifier")
def saw_trace(context: Context) -> None:
    """Made by the load balancer."""
    world: World = context.world
    expect(world.arrival, has_trace(), "the trace of the request")


@then("the service saw that trace continued")
def saw_trace_continued(context: Context) -> None:
    """Its root kept, the load balancer's own part added."""
    world: World = context.world
    expect(world.arrival, continues(TRACE_ROOT), "the trace of the request")


@then("the service saw none of them")
def saw_no_hop_headers(context: Context) -> None:
    """They ended at the load balancer."""
    world: World = context.world
    expect(world.arrival, without_hop_headers(), "headers that the service saw")


@then("the certificate is accepted")
def certificate_accepted(context: Context) -> None:
    """By a client that trusts the platform's authority."""
    world: World = context.world
    world.platform.wire.handshake(world.site_name)


@then("the certificate is rejected")
def certificate_rejected(context: Context) -> None:
    """By a client that trusts the platform's authority, because of the name."""
    world: World = context.world
    handshake = world.platform.wire.handshake
    expect(calling(handshake).with_args(world.site_name), raises(Untrusted), f"visit of {world.site_name}")


@then("no answer holds the secret, a file of the system or another service's success")
def nothing_reached(context: Context) -> None:
    """Whatever the status: the load balancer may refuse, and so may the preview."""
    world: World = context.world
    expect(world.answers, keeps(world.secret), "what the visitor got")
    expect(world.answers, names_none_of(SYSTEM_WORDS), "what the visitor got")
    expect(world.answers, reached_only("edit", "load balancer"), "who answered the visitor")


@then("none of them is carried out")
def nothing_carried_out(context: Context) -> None:
    """No answer of the control port came back."""
    world: World = context.world
    expect(world.answers, carried_nothing_out(), "what the commands brought")


@then('the preview still says "{words}"')
def preview_still_says(context: Context, words: str) -> None:
    """It serves, and nothing on it has changed."""
    world: World = context.world
    page = world.platform.preview.get(world.session.preview_url)
    expect(page, has_heading(words), world.session.preview_url)
