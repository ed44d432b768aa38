"""Many customers at the same time: served, kept apart, and each with a life of their own."""

from __future__ import annotations

from datetime import timedelta

from behave import given, then, when
from behave.runner import Context
from hamcrest import contains_exactly

from acceptance.journeys.bystanders import undisturbed
from acceptance.journeys.customer_group import until_all_live, until_nobody_works
from acceptance.journeys.preview_crash import crash_preview, until_back
from acceptance.journeys.scale_in import by_age_of_task, end_one_after_the_other
from acceptance.journeys.session_probe import look, shows_own_work_only
from acceptance.journeys.task_concurrency import busiest, never_more_than
from acceptance.matchers.answers import within_budget
from acceptance.matchers.groups import is_on_a_task_of, spread_evenly
from acceptance.matchers.preview import served_by
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@given("nobody is at work")
def nobody_works(context: Context) -> None:
    """No session is open and Edit is at zero; Hermes may still be awake."""
    world: World = context.world
    world.suite.shared.dismiss()
    until_nobody_works(world.platform)


@given("{count:d} customers at work, each with the preview open in a browser")
def customers_at_work(context: Context, count: int) -> None:
    """On a task each. Scenarios share them as long as none has disturbed them."""
    world: World = context.world
    world.look_at(world.suite.shared.neighbours(count))


@given("a further customer at work, on a task of one of them")
def further_customer(context: Context) -> None:
    """Her preview is open in a browser; from now on the others are watched over."""
    world: World = context.world
    session = world.start_live(world.new_customer(), 'Change the heading to "Next door"')
    world.sessions.open_browser(session)
    others = [world.platform.records.get(other.session_id) for other in world.crowd]
    expect(world.platform.records.get(session.session_id), is_on_a_task_of(others), str(session))
    world.watch_over(world.crowd)


@when("{count:d} customers start at the same moment")
def customers_start(context: Context, count: int) -> None:
    """Each asks for words of their own; they stay at work until a scenario needs the platform to itself."""
    world: World = context.world
    world.start_crowd(count)


@when("the customer's preview server crashes")
def preview_server_crashes(context: Context) -> None:
    """Its process is killed; its task lives on."""
    world: World = context.world
    crash_preview(world.platform, world.session)


@when("the customer ends the session")
def customer_ends(context: Context) -> None:
    """She says that she is done."""
    world: World = context.world
    world.leave(world.session)
    world.platform.sessions.deactivate(world.session.session_id)


@when("they end their sessions one after the other")
def end_in_turn(context: Context) -> None:
    """Each after the platform has got used to the last one's end; those still at work are watched over."""
    world: World = context.world
    world.take_over(by_age_of_task(world.platform, world.suite.shared.give_away_neighbours()))
    world.watch_over(world.crowd[1:])
    shrinking = end_one_after_the_other(world.platform, world.crowd, world.vigils)
    world.left, world.sights = shrinking.left, shrinking.sights


@then("every preview is live within {seconds:d} seconds, with its own customer's work only")
def all_live(context: Context, seconds: int) -> None:
    """Counted for each from its own request; each page has its own words, no other's, and comes from its own task."""
    world: World = context.world
    took = until_all_live(world.platform, world.crowd)
    world.suite.ledger.measure("cold_start", took.total_seconds(), seconds)
    expect(took, within_budget(timedelta(seconds=seconds)), "the slowest of the cold starts")
    expect(look(world.platform, world.crowd), shows_own_work_only(), "the previews")


@then("the sessions are spread evenly over {count:d} tasks")
def spread(context: Context, count: int) -> None:
    """No task hosts two sessions more than another, as their records say."""
    world: World = context.world
    records = [world.platform.records.get(session.session_id) for session in world.crowd]
    expect(records, spread_evenly(count), "sessions per task")


@then("there was never more than {count:d} Edit task")
@then("there were never more than {count:d} Edit tasks")
def never_more_tasks(context: Context, count: int) -> None:
    """At no moment since the request, by all the tasks that ECS knows and not by looks at them."""
    world: World = context.world
    tasks = world.platform.fleet.history("edit")
    expect(tasks, never_more_than(count, since=world.asked_at), "Edit tasks since the request")
    most = len(busiest(tasks, since=world.asked_at).tasks)
    world.suite.ledger.measure("tasks", most, world.platform.fleet.capacity().maximum)


@then("the preview is served again at the same address, by the same task")
def served_again(context: Context) -> None:
    """The open page was cut off; then the site is back, and a browser connects to it."""
    world: World = context.world
    until_back(world.platform, world.session)
    health = world.platform.preview.health(world.session.preview_url)
    expect(health, served_by(world.platform.records.get(world.session.session_id)), str(world.session))


@then("the session ends as {status}")
def session_ends(context: Context, status: str) -> None:
    """It reaches that last status and no other."""
    world: World = context.world
    world.sessions.until(world.session, status, world.platform.profile.patience.session_end)


@then("none of the others noticed anything")
def none_noticed(context: Context) -> None:
    """Not then and not for a while after: no failed request, no message, no dropped connection, no changed file."""
    world: World = context.world
    seen = world.vigils.end(after=world.platform.profile.patience.quiet_window)
    expect(seen, undisturbed(), "those beside the session")


@then("{first:d} Edit tasks were left, then {second:d}, then none")
def tasks_were_left(context: Context, first: int, second: int) -> None:
    """After each of the ends."""
    world: World = context.world
    expect(world.left, contains_exactly(first, second, 0), "Edit tasks left after each end")


@then("those who were still at work noticed nothing")
def still_at_work_noticed_nothing(context: Context) -> None:
    """Each was watched over until she ended her own session."""
    world: World = context.world
    expect(world.sights, undisturbed(), "those who were still at work")
