"""Requests through the load balancer, and who answers them."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context
from hamcrest import has_length

from acceptance.journeys.bad_requests import extreme
from acceptance.journeys.forwarded_request import internal_addresses
from acceptance.journeys.session_probe import ask_in_turn, tasks_on_record
from acceptance.journeys.shared_sessions import ENDED
from acceptance.matchers.answers import all_loaded, answers_with, is_waiting_page
from acceptance.matchers.routing import all_from, answers_from, lies_under, names_none_of, reads, sends_on_to
from acceptance.run.placeholders import destination
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@given("a session that its customer ended, and one that expired")
def ended_sessions(context: Context) -> None:
    """Nothing is left of them but their records; the feature's scenarios share them."""
    world: World = context.world
    world.suite.shared.endings()


@given("{count:d} live sessions, each on a task of its own")
def sessions_on_tasks(context: Context, count: int) -> None:
    """The shared one, and others beside it."""
    world: World = context.world
    shared = world.suite.shared
    world.crowd = (shared.session(), *shared.beside(count - 1))
    tasks = set(tasks_on_record(world.platform, world.crowd).values())
    expect(tasks, has_length(count), "tasks of these sessions on record")


@given("a record past its time to live")
def record_past_its_time(context: Context) -> None:
    """As DynamoDB keeps it for days before it deletes it."""
    world: World = context.world
    world.outdated = world.plant_outdated(world.suite.shared.endings()[ENDED].session_id)


@when("{method} {path} is requested")
def path_is_requested(context: Context, method: str, path: str) -> None:
    """Sent as it is written; {session} and the like stand for sessions of the feature."""
    world: World = context.world
    world.answer = world.platform.wire.send(method, destination(path, world.suite))


@when("{path} is requested without encryption")
def path_is_requested_plainly(context: Context, path: str) -> None:
    """At the load balancer's other port."""
    world: World = context.world
    world.answer = world.platform.plain_wire.send("GET", path)


@when("the load balancer is sent {request}")
def extreme_request(context: Context, request: str) -> None:
    """A request at or beyond its limits."""
    world: World = context.world
    sent = extreme(request)
    world.answer = world.platform.wire.send(sent.method, sent.path, headers=sent.headers, body=sent.body)


@when("a visitor comes to {path}")
def visitor_comes(context: Context, path: str) -> None:
    """With a browser."""
    world: World = context.world
    world.answer = world.platform.preview.get(world.platform.web.url(destination(path, world.suite)))


@when("its preview is visited")
def visitor_comes_to_outdated(context: Context) -> None:
    """At the address that the record gives."""
    world: World = context.world
    world.answer = world.platform.preview.get(world.outdated.preview_url or "")


@when("a customer starts a session, and a visitor comes at once")
def visitor_comes_at_once(context: Context) -> None:
    """Before anything runs."""
    world: World = context.world
    session = world.start(world.new_customer(), 'Change the heading to "Good morning"')
    world.answer = world.platform.preview.get(session.preview_url)


@when("each session is asked {times:d} times who serves it")
def asked_who_serves(context: Context, times: int) -> None:
    """In turn, over a new connection each time."""
    world: World = context.world
    world.asked = ask_in_turn(world.platform, world.crowd, times)


@when("everything that its pages refer to is followed to the end")
def everything_followed(context: Context) -> None:
    """Scripts, modules, styles and images of the home page and of every page that it leads to."""
    world: World = context.world
    world.loaded = world.platform.preview.whole_site(world.session.preview_url)
    world.answers = tuple(loaded.answer for loaded in world.loaded)


@then("the answer is {status:d} from {service}")
def answer_is(context: Context, status: int, service: str) -> None:
    """This status and no other, from this service and no other."""
    world: World = context.world
    right = answers_from(status, service)
    world.suite.ledger.measure("routes", right.matches(world.answer), 1)
    expect(world.answer, right, f"{world.answer.method} {world.answer.url[:200]}")


@then('the visitor gets {status:d} and reads "{words}"')
def visitor_reads(context: Context, status: int, words: str) -> None:
    """A page in words, not an error of the load balancer's own."""
    world: World = context.world
    expect(world.answer, answers_with(status), world.answer.url)
    expect(world.answer, reads(words), world.answer.url)


@then("the visitor is told when to come back")
def told_when_to_come_back(context: Context) -> None:
    """The page comes back by itself, and programs are told when."""
    world: World = context.world
    expect(world.answer, is_waiting_page(), world.answer.url)


@then("the visitor is sent on for good to the same path and query, encrypted")
def sent_on(context: Context) -> None:
    """To the platform's own encrypted address."""
    world: World = context.world
    wire = world.platform.wire
    path = world.answer.url.removeprefix(world.platform.plain_wire.origin)
    expect(world.answer, sends_on_to("https", wire.host, wire.port, path), world.answer.url)


@then("every answer came from the task that the session's record names")
def answers_from_own_tasks(context: Context) -> None:
    """All of them; the figure goes into the run's summary."""
    world: World = context.world
    right = all_from(tasks_on_record(world.platform, world.crowd))
    good = sum(right.matches([one]) for one in world.asked)
    world.suite.ledger.measure("routes", good, len(world.asked))
    expect(world.asked, right, "answers to who serves a session")


@then("all of it is served, under the session's own path")
def all_served(context: Context) -> None:
    """Nothing is missing, and nothing lies elsewhere."""
    world: World = context.world
    expect(world.loaded, all_loaded(), world.session.preview_url)
    expect(world.loaded, lies_under(f"/session/{world.session.session_id}/"), world.session.preview_url)


@then("no answer names an address inside the platform")
def no_internal_address(context: Context) -> None:
    """Neither a task's nor that of AWS's own interfaces."""
    world: World = context.world
    addresses = internal_addresses(world.platform)
    expect(world.answers, names_none_of(addresses), "what was answered")
