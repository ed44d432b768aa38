"""What programs and engineers read of sessions: the client's list, the status call, the record and its time to live."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from behave import given, then, when
from behave.runner import Context

from acceptance.drivers.session_api import API
from acceptance.journeys.recovery import settled
from acceptance.matchers.answers import has_status
from acceptance.matchers.sessions import (
    gives_up_to,
    lists,
    never_set_back,
    prolongs,
    shows_one_of,
    tells_of,
)
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.waits import stays, wait_until


@given("{count:d} sessions of a client, and one of another client whose name begins with that one's")
def sessions_of_similar_clients(context: Context, count: int) -> None:
    """Each of another customer; the other client's is the newest but one."""
    world: World = context.world
    client = world.client_id = world.suite.new_client()
    clients = [*[client] * (count - 1), f"{client}-shop", client]
    for name in clients:
        world.start(world.new_customer(client_id=name), 'Change the heading to "Listed"')


@given("its states are followed")
def states_followed(context: Context) -> None:
    """By its record, look by look, until somebody asks or the scenario ends."""
    world: World = context.world
    session_id = world.session.session_id
    world.states = Recorder(
        lambda: str(world.platform.records.get(session_id).status),
        what=f"status of {world.session}",
        every=min(world.platform.profile.patience.poll, timedelta(seconds=0.1)),
    )
    recorder = world.states.start()

    def stop() -> None:
        recorder.stop()

    world.undo_later(stop)


@when("a program asks for the session's status")
def status_asked(context: Context) -> None:
    """While nothing else happens to the session."""
    world: World = context.world
    platform, session_id = world.platform, world.session.session_id
    with platform.attendance.paused():
        before = settled(platform, session_id)
        world.answer = platform.sessions.request("GET", f"{API}/{session_id}/status")
        world.noted = before, platform.records.get(session_id)


@when("the customer's browser says that she is still there")
def kept_alive(context: Context) -> None:
    """More than a second after the last time: a time to live is counted in seconds, so one not renewed shows."""
    world: World = context.world
    platform, session_id = world.platform, world.session.session_id
    with platform.attendance.paused():
        platform.sessions.keepalive(session_id)
        before = stays(
            partial(platform.records.get, session_id),
            has_status("active"),
            what=f"the record of {world.session}",
            during=timedelta(seconds=1.1),
        )
        world.answer = platform.sessions.request("POST", f"{API}/{session_id}/keepalive")
        world.noted = before, platform.records.get(session_id)


@then("the client is shown its own sessions and no other, the newest first")
def own_list(context: Context) -> None:
    """As soon as the index that lists them has them all; another client's at no moment."""
    world: World = context.world
    own = [s.session_id for s in world.all_sessions if s.customer.client_id == world.client_id]
    others = [s.session_id for s in world.all_sessions if s.session_id not in own]
    wait_until(
        lambda: world.platform.sessions.of_client(world.client_id),
        lists(own[::-1]),
        what=f"the list of client {world.client_id}",
        within=world.platform.profile.patience.record,
        fatal=shows_one_of(others),
    )


@then("it is told what is on record")
def told_the_record(context: Context) -> None:
    """Every fact that the contract names."""
    world: World = context.world
    expect(world.answer, tells_of(world.noted[1]), f"the status of {world.session}")


@then("the session's record is kept for a day from then on, as she is told")
def kept_for_a_day(context: Context) -> None:
    """The time to live is on record, and not in the answer only."""
    world: World = context.world
    before, after = world.noted
    expect(after, prolongs(before, world.answer), f"the record of {world.session}")


@then("its states never went back")
def never_back(context: Context) -> None:
    """At no look since they are followed."""
    world: World = context.world
    expect(world.states.stop(), never_set_back(), f"the states of {world.session}")


@then("what is tried again and again without success goes to the queue of dead letters")
def dead_letters(context: Context) -> None:
    """That of the profile, where an engineer looks."""
    world: World = context.world
    names = world.platform.profile.names
    expect(world.platform.records.redrive(), gives_up_to(names.dead_letters), f"queue {names.queue}")
