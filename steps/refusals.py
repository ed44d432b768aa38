"""Bad requests: refused as the contract says, and without a trace."""

from __future__ import annotations

from datetime import UTC, datetime

from behave import then, when
from behave.runner import Context
from hamcrest import empty, equal_to

from drivers.expect import expect
from drivers.flaws import flawed
from drivers.matchers import refuses
from drivers.records import Commands
from drivers.world import World

REFUSALS = {"invalid": 400, "unknown": 404, "not allowed": 405, "too large": 413}


@when("a request comes in with {flaw}")
def request_with_flaw(context: Context, flaw: str) -> None:
    """A request that is right but for one thing."""
    world: World = context.world
    request = flawed(flaw, world.new_customer())
    world.asked_at = datetime.now(UTC)
    world.answer = world.platform.sessions.request(request.method, request.path, body=request.body)


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


@then("it leaves no record, no command and no task")
def leaves_no_trace(context: Context) -> None:
    """Nothing was written, nothing waits, and for a while nothing wakes."""
    world: World = context.world
    platform = world.platform
    world.visits.stay_asleep(platform.profile.patience.hush)
    expect(platform.records.made_since(world.asked_at), empty(), "records made since the request")
    expect(platform.records.commands(), equal_to(Commands(0, 0, 0)), "commands in the queues")
