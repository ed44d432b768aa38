"""Customers: what they ask for, alone and many at once, and what those beside them notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from behave import given, then, when
from behave.runner import Context

from acceptance.journeys.bystanders import undisturbed
from acceptance.journeys.customer_group import ask_in_parallel
from acceptance.journeys.further_edits import edit_in_turn
from acceptance.journeys.recovery import task_of
from acceptance.journeys.scale_in import by_age_of_task, end_one_after_the_other
from acceptance.matchers.groups import is_on_a_task_of
from acceptance.matchers.tasks import is_another_than
from acceptance.run.sentence_parts import one_of
from acceptance.run.table import rows
from acceptance.run.world import World
from acceptance.strangers.burst import started_and_ended
from acceptance.waiting.expect import expect


def ask_and_end(world: World, count: int) -> None:
    """What was asked waits ahead of the session's end."""
    world.leave(world.session)
    world.session.ask(*(f'Change the heading to "Last thing {number}"' for number in range(1, count + 1)))
    world.platform.sessions.deactivate(world.session.session_id)


one_of(
    "Manner",
    {
        "each once the one before is there": lambda world, count: edit_in_turn(world.session, count),
        "and ends the session at once": ask_and_end,
    },
)


@given("{count:d} customers at work, each with the preview open in a browser")
def customers_at_work(context: Context, count: int) -> None:
    """On a task each. Scenarios share them as long as none has disturbed them."""
    world: World = context.world
    world.group.sessions = world.run.shared.neighbours(count)


@given("a further customer at work, on a task of one of them")
def further_customer(context: Context) -> None:
    """Her preview is open in a browser; from now on the others are watched over."""
    world: World = context.world
    session = world.start_live(world.new_customer(), 'Change the heading to "Next door"')
    world.sessions.open_browser(session)
    expect(session.record, is_on_a_task_of([other.record for other in world.group.sessions]), str(session))
    world.watch_over(world.group.sessions)


@given("another customer, whose Edit task hangs over what she asked for")
def other_task_hangs(context: Context) -> None:
    """On a task of her own; what she asked has reached the platform, and no answer ever will.

    The platform would stop the task in the end; it goes with the scenario, so that nobody has to wait for that.
    """
    world: World = context.world
    session, fleet = world.session, world.platform.fleet
    other = world.start_live(world.new_customer("next-door"), 'Change the heading to "Next door"')
    world.task = task_of(other)
    expect(task_of(session), is_another_than(world.task), f"the task of {session}")
    world.undo_later(partial(fleet.stop_task, world.task.arn, "its scenario has ended"))
    world.platform.accidents.hang(world.task)
    other.ask('Change the heading to "Some day"')
    world.session = session


@when("the customer asks: {instruction}")
def customer_asks(context: Context, instruction: str) -> None:
    """A further instruction to the live session."""
    world: World = context.world
    world.session.ask(instruction)


@when("the customer asks, one after the other:")
def customer_asks_all(context: Context) -> None:
    """Further instructions, each sent as soon as the one before is accepted."""
    world: World = context.world
    world.session.ask(*(row["instruction"] for row in rows(context.table)))


@when("the customer asks for {count:d} changes, {manner:Manner}")
def customer_asks_for_changes(context: Context, count: int, manner: Callable[[World, int], None]) -> None:
    """Each of the heading."""
    manner(context.world, count)


@when("{count:d} customers start at the same moment")
def customers_start(context: Context, count: int) -> None:
    """Each asks for words of their own; they stay at work until a scenario needs the platform to itself."""
    world: World = context.world
    world.asked.at = datetime.now(UTC)
    world.group.sessions = world.run.shared.start_neighbours(count)


@when(
    "{count:d} customers of a client start, and between them one of another whose name begins with that one's"
)
def start_at_similar_clients(context: Context, count: int) -> None:
    """The other client's session is the newest but one."""
    world: World = context.world
    client = world.run.new_client()
    for name in [*[client] * (count - 1), f"{client}-shop", client]:
        world.start(world.new_customer(client_id=name), 'Change the heading to "Listed"')


@when("{count:d} customers start at the same moment and end their sessions at once")
def start_and_end_at_once(context: Context, count: int) -> None:
    """Each ends hers as soon as she knows it, long before its preview is there."""
    world: World = context.world
    world.asked.answers = started_and_ended(world.platform, world.new_crowd().customers(count))


@when("each of them asks {times:d} times at the same moment")
def each_asks(context: Context, times: int) -> None:
    """One instruction right after the other, without waiting for what becomes of it."""
    world: World = context.world
    ask_in_parallel(world.group.sessions, times)


@when("they end their sessions one after the other")
def end_in_turn(context: Context) -> None:
    """Each after the platform has got used to the last one's end; those still at work are watched over."""
    world: World = context.world
    ours = [world.own(session) for session in world.run.shared.give_away_neighbours()]
    first, *others = by_age_of_task(world.platform, ours)
    world.watch_over(others)
    world.group.tasks_left = end_one_after_the_other(world.platform, (first, *others), world.group.watches)


@then("none of the others noticed anything")
def none_noticed(context: Context) -> None:
    """Not then and not for a while after: no failed request, no message, no dropped connection, no changed file."""
    world: World = context.world
    seen = world.group.watches.end(after=world.platform.profile.patience.quiet_window)
    expect(seen, undisturbed(), "those beside the session")
