"""Bad requests: refused as the contract says, and without a trace."""

from __future__ import annotations

from datetime import UTC, datetime

from behave import then, when
from behave.runner import Context
from hamcrest import empty, equal_to

from acceptance.drivers.session_table import Commands
from acceptance.journeys.bad_requests import flawed, flawed_to, too_late
from acceptance.journeys.recovery import settled
from acceptance.matchers.answers import refuses
from acceptance.matchers.sessions import unchanged_since
from acceptance.run.world import World
from acceptance.waiting.expect import expect

REFUSALS = {"invalid": 400, "unknown": 404, "not allowed": 405, "too large": 413}


@when("a request comes in with {flaw}")
def request_with_flaw(context: Context, flaw: str) -> None:
    """A request that is right but for one thing."""
    world: World = context.world
    request = flawed(flaw, world.new_customer())
    world.asked_at = datetime.now(UTC)
    world.answer = world.platform.sessions.request(request.method, request.path, body=request.body)


@when("a request to the session comes in with {flaw}")
def request_to_session(context: Context, flaw: str) -> None:
    """A request that is wrong in one thing, and nobody else's at that moment."""
    world: World = context.world
    platform, session_id = world.platform, world.session.session_id
    request = flawed_to(flaw, session_id)
    with platform.attendance.paused():
        before = settled(platform, session_id)
        world.answer = platform.sessions.request(request.method, request.path, body=request.body)
        world.noted = before, platform.records.get(session_id)


@when("{request} comes in for the session that its customer ended")
def request_to_ended_session(context: Context, request: str) -> None:
    """A request that is right in everything but its time."""
    world: World = context.world
    late = too_late(request, world.suite.shared.endings()["ended"].session_id)
    world.asked_at = datetime.now(UTC)
    world.answer = world.platform.sessions.request(late.method, late.path, body=late.body)


@then('it is refused as {refusal}, naming "{field}"')
def refused_naming(context: Context, refusal: str, field: str) -> None:
    """The contract's error, with the field at fault."""
    world: World = context.world
    expect(world.answer, refuses(REFUSALS[refusal], field=field), str(world.answer))


@then("it is refused as {refusal}")
def refused(context: Context, refusal: str) -> None:
    """The contract's error."""
    world: World = context.world
    expect(world.answer, refuses(REFUSALS[refusal]), str(world.answer))


@then("it is refused because the session has ended")
def refused_as_ended(context: Context) -> None:
    """The contract's error, with the code by which programs know it."""
    world: World = context.world
    expect(world.answer, refuses(410, code="session_ended"), str(world.answer))


@then("nothing of the session has changed")
def session_unchanged(context: Context) -> None:
    """Its record is the same in every word, and its customer's last change is still the last."""
    world: World = context.world
    before, after = world.noted
    expect(after, unchanged_since(before), f"the record of {world.session}")
    history = world.session.workspace.git.log()
    expect(
        history[0].subject, equal_to(world.session.instructions[-1]), f"the last commit of {world.session}"
    )


@then("it leaves no record, no command and no task")
def leaves_no_trace(context: Context) -> None:
    """Nothing was written, nothing waits, and for a while nothing wakes."""
    world: World = context.world
    platform = world.platform
    world.sessions.stay_asleep(platform.profile.patience.quiet_window)
    expect(platform.records.made_since(world.asked_at), empty(), "records made since the request")
    expect(platform.records.commands(), equal_to(Commands(0, 0, 0)), "commands in the queues")
