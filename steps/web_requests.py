"""Requests of programs: what they are told, and that bad ones are refused without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from behave import then, when
from behave.runner import Context
from hamcrest import equal_to
from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.session_api import API
from acceptance.journeys.recovery import settled
from acceptance.journeys.shared_sessions import ENDED
from acceptance.matchers.answers import accepts_as, has_status, refuses
from acceptance.matchers.records import is_whole
from acceptance.matchers.sessions import (
    lists,
    no_session,
    no_stranger,
    prolongs,
    shows_one_of,
    tells_of,
    unchanged_since,
)
from acceptance.matchers.tasks import no_command
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.strangers.bad_requests import flawed, flawed_to, too_late
from acceptance.strangers.burst import ask, repeated
from acceptance.strangers.id_entropy import sessions_of_their_own, the_same_session, unguessable
from acceptance.waiting.expect import expect

REFUSALS = {"invalid": 400, "unknown": 404, "not allowed": 405, "too large": 413, "too late": 410}
CODES = {"too late": "session_ended"}
"""The code by which programs know a refusal, where the contract names one."""


@part("Reply", rf'refused as (?:{"|".join(REFUSALS)})(?:, naming "[^"]+")?|answered that the session is \w+')
def reply(words: str) -> Matcher[Answer]:
    """The contract's error, with its code and the field at fault where there is one; or 202 with that status."""
    if words.startswith("answered"):
        return accepts_as(words.rpartition(" ")[2])
    kind, _, field = words.removeprefix("refused as ").partition(", naming ")
    return refuses(REFUSALS[kind], field=field.strip('"') or None, code=CODES.get(kind))


one_of(
    "Named",
    {
        "the same session": the_same_session(),
        "a session of its own": sessions_of_their_own(),
        "a session that cannot be guessed from the others": unguessable(),
    },
)


@when("a request comes in with {flaw}")
def request_with_flaw(context: Context, flaw: str) -> None:
    """A request that is right but for one thing."""
    world: World = context.world
    request = flawed(flaw, world.new_customer())
    world.asked.at = datetime.now(UTC)
    world.asked.answer = world.platform.sessions.request(
        request.method, request.path, body=request.body, headers=request.headers
    )


@when("a request to the session comes in with {flaw}")
def request_to_session(context: Context, flaw: str) -> None:
    """A request that is wrong in one thing, and nobody else's at that moment."""
    world: World = context.world
    session, platform = world.session, world.platform
    request = flawed_to(flaw, session.session_id)
    with platform.attendance.paused():
        before = settled(session)
        world.asked.answer = platform.sessions.request(request.method, request.path, body=request.body)
        world.asked.record = before, session.record


@when("{request} comes in for the session that its customer ended")
def request_to_ended_session(context: Context, request: str) -> None:
    """A request that is right in everything but its time."""
    world: World = context.world
    late = too_late(request, world.run.shared.endings()[ENDED].session_id)
    world.asked.at = datetime.now(UTC)
    world.asked.answer = world.platform.sessions.request(late.method, late.path, body=late.body)


@when("a client sends the same request {times:d} times at once, as a retry")
def same_request(context: Context, times: int) -> None:
    """With one Idempotency-Key."""
    world: World = context.world
    (customer,) = world.new_crowd().customers(1)
    world.asked.answers = repeated(world.platform, customer, times, key=f"retry-{world.client_id}")


@when("a program asks for the session's status")
def status_asked(context: Context) -> None:
    """While nothing else happens to the session; it asks a second time, as something has happened since the first."""
    world: World = context.world
    session, platform = world.session, world.platform
    ask = partial(platform.sessions.request, "GET", f"{API}/{session.session_id}/status")
    with platform.attendance.paused():
        ask()
        platform.attendance.be_active(session.session_id)
        before = settled(session)
        world.asked.answer = ask()
        world.asked.record = before, session.record


@when("the customer's browser says that she is still there")
def kept_alive(context: Context) -> None:
    """More than a second after the last time: a time to live is counted in seconds, so one not renewed shows."""
    world: World = context.world
    session, sessions = world.session, world.platform.sessions
    with world.platform.attendance.paused():
        sessions.keepalive(session.session_id)
        session.on_record.stays(has_status("active"), during=timedelta(seconds=1.1))
        before = session.record
        world.asked.answer = sessions.request("POST", f"{API}/{session.session_id}/keepalive")
        world.asked.record = before, session.record


@then("it is {reply:Reply}")
def replied(context: Context, reply: Matcher[Answer]) -> None:
    """With the contract's status, and in its words."""
    world: World = context.world
    expect(world.asked.answer, reply, str(world.asked.answer))


@then("nothing of the session has changed")
def session_unchanged(context: Context) -> None:
    """Its record is the same in every word, and its customer's last change is still the last."""
    world: World = context.world
    session, (before, after) = world.session, world.asked.record
    expect(after, unchanged_since(before), f"the record of {session}")
    history = session.workspace.git.log()
    expect(history[0].subject, equal_to(session.instructions[-1]), f"the last commit of {session}")


@then("it leaves no record, no command and no task")
def leaves_no_trace(context: Context) -> None:
    """Nothing was written, nothing waits, and for a while nothing wakes."""
    world: World = context.world
    platform = world.platform
    world.sessions.stay_asleep(platform.profile.patience.quiet_window)
    expect(platform.records.made_since(world.asked.at), no_session(), "records made since the request")
    expect(platform.records.commands(), no_command(), "the command queue and its dead letters")


@then("every answer names {claim:Named}")
def answers_name(context: Context, claim: Matcher[Sequence[Answer]]) -> None:
    """Each request was accepted; identifiers differ in as many random bits as the contract asks for."""
    world: World = context.world
    expect(world.asked.answers, claim, "answers to requests at the same moment")


@then(
    "a request of another customer, of this client or another, with the same key is answered with a session of its own"
)
def key_of_another(context: Context) -> None:
    """A key is its customer's: two programs may choose the same."""
    world: World = context.world
    key = f"retry-{world.client_id}"
    colleague = world.new_customer(client_id=world.client_id)
    (other,) = world.new_crowd().customers(1)
    answers = (world.asked.answers[0], *(ask(world.platform, who, key=key) for who in (colleague, other)))
    expect(answers, sessions_of_their_own(), "answers to three customers' requests with one key")


@then("nothing but sessions is in the table of sessions")
def sessions_only(context: Context) -> None:
    """Whoever they belong to."""
    world: World = context.world
    expect(world.platform.records.strangers(), no_stranger(), "the table of sessions")


@then("the client is shown its own sessions and no other, the newest first")
def own_list(context: Context) -> None:
    """As soon as the index that lists them has them all, and still so after a while; another client's at no moment."""
    world: World = context.world
    own = [s.session_id for s in world.all_sessions if s.customer.client_id == world.client_id]
    others = [s.session_id for s in world.all_sessions if s.session_id not in own]
    listed = world.sessions.listed(world.client_id)
    listed.becomes(lists(own[::-1]), fatal=shows_one_of(others))
    listed.stays(lists(own[::-1]), during=world.platform.profile.patience.quiet_window)


@then("it is told what is on record")
def told_the_record(context: Context) -> None:
    """Every fact that the contract names."""
    world: World = context.world
    _, record = world.asked.record
    expect(record, is_whole(), f"the record of {world.session}")
    expect(world.asked.answer, tells_of(record), f"the status of {world.session}")


@then("the session's record is kept for a day from then on, as she is told")
def kept_for_a_day(context: Context) -> None:
    """The time to live is on record, and not in the answer only."""
    world: World = context.world
    before, after = world.asked.record
    expect(after, is_whole(), f"the record of {world.session}")
    expect(after, prolongs(before, world.asked.answer), f"the record of {world.session}")
