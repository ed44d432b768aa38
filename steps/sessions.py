"""Sessions: how they begin, what is on record of them, and how they end."""

from __future__ import annotations

from datetime import timedelta

from behave import given, then, when
from behave.runner import Context
from hamcrest import contains_exactly, equal_to, has_length, not_none

from acceptance.journeys.customer_session import Customer
from acceptance.journeys.idle_watch import expired_while_connected
from acceptance.journeys.timeline import Stage
from acceptance.matchers.answers import always, answers_page, has_status, within_budget
from acceptance.matchers.sessions import ended_no_sooner_than, mentions, nothing_of
from acceptance.results.tags import SHARED
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import wait_until


@given("the platform is asleep")
def platform_is_asleep(context: Context) -> None:
    """Nothing runs and nothing is wanted of Hermes and Edit."""
    world: World = context.world
    world.suite.shared.dismiss()
    world.sessions.put_to_sleep()


@given("a live session")
def live_session(context: Context) -> None:
    """A new customer's preview is live, and she stays at work; `@shared`, one that other scenarios look at, too."""
    world: World = context.world
    if SHARED in context.tags:
        world.join(world.suite.shared.session())
    else:
        world.start_live(world.new_customer(), 'Change the heading to "Good morning"')


@given("a session woken by: {instruction}")
def session_woken_by(context: Context, instruction: str) -> None:
    """A new customer's first instruction has brought up a live preview."""
    world: World = context.world
    world.start_live(world.new_customer(), instruction)


@when('"{user_id}" of "{client_id}" starts with: {instruction}')
def named_customer_starts(context: Context, user_id: str, client_id: str, instruction: str) -> None:
    """The request's own customers, under their own names."""
    world: World = context.world
    world.start(Customer(client_id, user_id), instruction)


@when("a customer starts with: {instruction}")
def customer_starts(context: Context, instruction: str) -> None:
    """A customer nobody has met before asks for a session."""
    world: World = context.world
    world.start(world.new_customer(), instruction)


@when("that customer starts with: {instruction}")
def that_customer_starts(context: Context, instruction: str) -> None:
    """The customer of the scenario asks for a session."""
    world: World = context.world
    world.start(world.customer, instruction)


@when("the customer asks: {instruction}")
def customer_asks(context: Context, instruction: str) -> None:
    """A further instruction to the live session."""
    world: World = context.world
    world.ask(world.session, instruction)


@when("a customer sends nothing but {activity} for twice the idle time")
def sends_nothing_but(context: Context, activity: str) -> None:
    """Watched together with those who do another thing only, since waiting takes long: once for all scenarios."""
    world: World = context.world
    seen = world.suite.shared.one_thing_each()
    world.session, world.statuses = seen.senders[activity], seen.statuses[activity]


@when("a customer does nothing but leave her browser open for twice the idle time")
def leaves_browser_open(context: Context) -> None:
    """Watched together with those who send something."""
    world: World = context.world
    world.one_thing_each = world.suite.shared.one_thing_each()
    world.session = world.one_thing_each.forgotten


@when("the customer leaves")
def customer_leaves(context: Context) -> None:
    """She does nothing any more; a browser she left open stays open."""
    world: World = context.world
    world.leave(world.session)


@then("the session is on record at once as initializing")
def on_record_at_once(context: Context) -> None:
    """The record was there when the answer came, so the first look finds it."""
    world: World = context.world
    record = expect(world.platform.records.find(world.session.session_id), not_none(), str(world.session))
    world.session.timeline.mark(Stage.ON_RECORD)
    expect(record, has_status("initializing"), str(world.session))
    expect(world.session.activation.status, equal_to("initializing"), "the answer of the API")


@then("the preview is live within {seconds:d} seconds, connected for updates")
def live_within(context: Context, seconds: int) -> None:
    """From the request to a page of the site with its update socket connected."""
    world: World = context.world
    took = world.sessions.until_live(world.session)
    world.suite.ledger.measure("cold_start", took.total_seconds(), seconds)
    expect(took, within_budget(timedelta(seconds=seconds)), f"cold start of {world.session}")


@then("the session is still active")
def still_active(context: Context) -> None:
    """Its record says so."""
    world: World = context.world
    expect(world.platform.records.get(world.session.session_id), has_status("active"), str(world.session))


@then("the session expires")
def session_expires(context: Context) -> None:
    """Not before the idle time has passed since its last activity, and within the time that ending takes after it."""
    world: World = context.world
    record = world.sessions.until(world.session, "expired", world.sessions.expire_within())
    idle = world.platform.profile.timing.idle_timeout
    expect(record, ended_no_sooner_than(idle), f"the end of {world.session}")


@then("her session was active all the while")
def active_all_the_while(context: Context) -> None:
    """At every look, several times per idle time."""
    world: World = context.world
    expect(world.statuses, always(equal_to("active")), str(world.session))


@then("her session expired while the browser was connected")
def expired_with_open_browser(context: Context) -> None:
    """The open socket is no activity, nor is what the others did; it was open until the session drained."""
    world: World = context.world
    expect(world.one_thing_each, expired_while_connected(), str(world.session))


@then('the session fails for a reason that mentions "{words}"')
def session_fails(context: Context, words: str) -> None:
    """It ends as failed, and its record says why."""
    world: World = context.world
    record = world.sessions.until(world.session, "failed")
    expect(record.failure or "", mentions(words), f"reason on the record of {world.session}")


@then("nothing of the session is left running or routed")
def nothing_left(context: Context) -> None:
    """No rule, no target group, no task."""
    world: World = context.world
    expect(world.platform.balancer.routing(), nothing_of(world.session.session_id), "the load balancer")
    expect(world.platform.fleet.tasks("edit"), has_length(0), "Edit tasks")


@then("the preview's old address says that the session has ended")
def old_address_says_ended(context: Context) -> None:
    """410, with a page that says so."""
    world: World = context.world
    wait_until(
        lambda deadline: world.platform.preview.get(world.session.preview_url, deadline=deadline),
        answers_page(410, "ended"),
        what=world.session.preview_url,
        within=world.platform.profile.patience.session_end,
    )


@then("the session went from initializing to active and through no other state")
def states_in_order(context: Context) -> None:
    """As its record told it, look by look."""
    world: World = context.world
    wake_up = world.suite.shared.wake_up()
    expect(wake_up.statuses, contains_exactly("initializing", "active"), str(wake_up.session))
