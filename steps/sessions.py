"""Sessions: how they begin, what is on record of them, and how they end."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from behave import given, then, when
from behave.runner import Context
from hamcrest import contains_exactly, equal_to

from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.idle_watch import expired_while_connected
from acceptance.journeys.recovery import until_begun
from acceptance.journeys.session_end import expired_in_time, until_expired
from acceptance.journeys.shared_sessions import EXPIRED
from acceptance.journeys.timeline import Stage
from acceptance.matchers.answers import always, has_status
from acceptance.matchers.groups import all_have_status
from acceptance.matchers.preview import served_by
from acceptance.matchers.records import is_whole
from acceptance.matchers.sessions import ended_as
from acceptance.results.tags import BROWSER, SHARED
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.sampler import Recorder

Starter = Callable[[World], tuple[Customer, str | None]]
"""Who starts a session, and in which thread: None leaves that to the platform."""


@part("Starter", r'a customer|that customer(?:, in another thread,?)?|"[^"]+" of "[^"]+"')
def starter(words: str) -> Starter:
    """A customer nobody has met before, the scenario's own, or one of the request's by name."""
    if words == "a customer":
        return lambda world: (world.new_customer(), None)
    if words.startswith("that customer"):
        thread = f"other-{secrets.token_hex(4)}" if "another" in words else None
        return lambda world: (world.customer, thread)
    user_id, client_id = words.strip('"').split('" of "')
    return lambda world: (world.named_customer(user_id, client_id), None)


@part("Ending", r'inactive|expired|failed, for a reason that mentions "[^"]+"')
def ending(words: str) -> tuple[str, str]:
    """The last status, and words of the reason on record; none where the contract has no reason."""
    status, _, reason = words.partition(", for a reason that mentions ")
    return status, reason.strip('"')


@part("SessionsAre", r"\d+ sessions? (?:is|are)")
def number(words: str) -> int:
    """How many sessions there are."""
    return int(words.split(maxsplit=1)[0])


def own_neighbours(world: World, count: int) -> tuple[CustomerSession, ...]:
    """Those of as many customers who started at the same moment; from now on they are this scenario's."""
    world.run.shared.neighbours(count)
    return tuple(world.own(session) for session in world.run.shared.give_away_neighbours())


def start_in_one_thread(world: World, count: int) -> tuple[CustomerSession, ...]:
    """They share their customer's workspace and its branch; each comes when the one before has nothing left to do."""
    customer = world.new_customer()
    wishes = [f'Change the heading to "Browser {number}"' for number in range(1, count + 1)]
    return tuple(world.start_live(customer, wish, thread_id="shared") for wish in wishes)


one_of("State", {"live": World.until_live, "waking": lambda _world, session: until_begun(session)})
one_of("GroupOf", {"as many customers": own_neighbours, "one customer in one thread": start_in_one_thread})
one_of("Parting", {"leaves": False, "ends the session": True})


@given("the platform is asleep")
def platform_is_asleep(context: Context) -> None:
    """Nothing runs and nothing is wanted of Hermes and Edit."""
    world: World = context.world
    world.run.shared.dismiss()
    world.sessions.put_to_sleep()


@given("a live session")
def live_session(context: Context) -> None:
    """A new customer's preview is live, and she stays at work; `@shared`, one that other scenarios look at, too."""
    world: World = context.world
    if SHARED in context.tags:
        world.borrow(world.run.shared.session())
    else:
        world.start_live(world.new_customer(), 'Change the heading to "Good morning"')


@given("a {state:State} session of {who:Starter}, begun with: {instruction}")
def begun_session(
    context: Context, state: Callable[[World, CustomerSession], None], who: Starter, instruction: str
) -> None:
    """The customer stays at work; a session that wakes has been begun with, and its preview is not there yet."""
    world: World = context.world
    if BROWSER in context.tags:
        # Else it would come up while the session does, and might see the site alone.
        world.platform.browser.launch()
    customer, thread_id = who(world)
    state(world, world.start(customer, instruction, thread_id=thread_id))


@given("{count:d} live sessions of {whom:GroupOf}")
def live_sessions(
    context: Context, count: int, whom: Callable[[World, int], tuple[CustomerSession, ...]]
) -> None:
    """They end with the scenario."""
    world: World = context.world
    world.group.sessions = whom(world, count)


@given("sessions that have ended")
def ended_sessions(context: Context) -> None:
    """One that expired, and, where the platform takes an end, one that its customer ended.

    Nothing is left of them but their records; the feature's scenarios share them.
    """
    world: World = context.world
    world.run.shared.endings()


@given("a record past its time to live")
def record_past_its_time(context: Context) -> None:
    """A copy of an ended session's, as DynamoDB keeps it for days before it deletes it."""
    world: World = context.world
    ended, records = world.borrow(world.run.shared.endings()[EXPIRED]), world.platform.records
    world.client_id = ended.customer.client_id
    world.outdated = records.plant_expired(ended.record, session_id=secrets.token_hex(16))
    world.undo_later(partial(records.uproot, world.outdated))


@given("the session has ended and Edit has gone to zero")
def ended_and_zero(context: Context) -> None:
    """As after a working day: nothing of the customer is in memory anywhere."""
    world: World = context.world
    world.run.shared.dismiss()
    world.sessions.end([world.session])
    world.sessions.until_no_tasks("edit")


@given("a program that looks at its status all the time")
def states_followed(context: Context) -> None:
    """In its record, until somebody asks what was seen or the scenario ends."""
    world: World = context.world
    session = world.session
    recorder = Recorder[str | None](
        lambda: session.record.status,
        what=f"status of {session}",
        every=min(world.platform.profile.patience.poll, timedelta(seconds=0.1)),
    )
    world.states = recorder.start().stop
    world.undo_later(recorder.stop)


@when("{who:Starter} starts with: {instruction}")
def customer_starts(context: Context, who: Starter, instruction: str) -> None:
    """Somebody asks for a session."""
    world: World = context.world
    customer, thread_id = who(world)
    world.start(customer, instruction, thread_id=thread_id)


@when("a customer's request wakes the platform from nothing")
def watched_wake_up(context: Context) -> None:
    """Watched from all sides until the preview is live, once for all scenarios of a feature that ask for it."""
    world: World = context.world
    world.run.shared.wake_up()


@when("a customer does nothing but {habit} for twice the idle time")
def does_nothing_but(context: Context, habit: str) -> None:
    """Watched together with those who do another thing only, since waiting takes long: once for all scenarios."""
    world: World = context.world
    seen = world.run.shared.one_thing_each()
    world.session, world.one_thing_each = seen.session_of(habit), seen
    world.states = lambda: seen.statuses[habit.removeprefix("send ")]


@when("the customer {parting:Parting}")
def customer_parts(context: Context, parting: bool) -> None:
    """She does nothing any more, or says that she is done; a browser she left open stays open."""
    world: World = context.world
    world.leave(world.session)
    if parting:
        world.asked.answer = world.platform.sessions.deactivate(world.session.session_id)


@then("the session is on record at once as initializing")
def on_record_at_once(context: Context) -> None:
    """The record was there when the answer came, so the first look finds it."""
    world: World = context.world
    world.session.on_record.is_(has_status("initializing"))
    world.session.timeline.mark(Stage.ON_RECORD)
    expect(world.session.activation.status, equal_to("initializing"), "the answer of the API")


@then("exactly {count:SessionsAre} on record for the client")
def on_record_for_client(context: Context, count: int) -> None:
    """So many, and no more for a while."""
    world: World = context.world
    world.sessions.stay_on_record(world.client_id, count)


@then("the session was active all the while")
def active_all_the_while(context: Context) -> None:
    """At every look; and its record is whole at the end, whatever kept it awake."""
    world: World = context.world
    expect(world.states(), always(equal_to("active")), str(world.session))
    expect(world.session.record, is_whole(), f"the record of {world.session}")


@then("the session expired while the browser was connected")
def expired_with_open_browser(context: Context) -> None:
    """The open socket is no activity, nor is what the others did; it was open until the session drained."""
    world: World = context.world
    expect(world.one_thing_each, expired_while_connected(), str(world.session))


@then("the session ends as {ending:Ending}")
def session_ends(context: Context, ending: tuple[str, str]) -> None:
    """As that and as nothing else: a failed one with its reason, an expired one neither before its time nor late."""
    world: World = context.world
    status, reason = ending
    if status == "expired":
        expiry = until_expired(world.sessions, world.session)
        expect(expiry.record, is_whole(), f"the record of {world.session}")
        expect(
            expiry, expired_in_time(world.platform.profile.timing.idle_timeout), f"the end of {world.session}"
        )
    else:
        record = world.sessions.until_ended(world.session, status)
        expect(record, ended_as(status, reason), f"the end of {world.session}")
        expect(record, is_whole(), f"the record of {world.session}")


@then("all of them end as {status}")
def all_end_as(context: Context, status: str) -> None:
    """Each session of the client reaches that last status."""
    world: World = context.world
    world.sessions.records_of(world.client_id).becomes(all_have_status(status))


@then("the session went from initializing to active and through no other state")
def states_in_order(context: Context) -> None:
    """As its record told it, look by look."""
    world: World = context.world
    wake_up = world.run.shared.wake_up()
    expect(wake_up.statuses, contains_exactly("initializing", "active"), str(wake_up.session))


@then("the record names the task and the address that serve the preview")
def record_names_task(context: Context) -> None:
    """The task that answers for the preview is the one on record, under the address on record."""
    world: World = context.world
    wake_up = world.run.shared.wake_up()
    expect(wake_up.record, is_whole(), f"the record of {wake_up.session}")
    expect(wake_up.health, served_by(wake_up.record), "the preview's health page")
    addresses = [task.ip for task in wake_up.edit_tasks if task.arn == wake_up.record.task_arn]
    expect(addresses, equal_to([wake_up.record.container_ip]), "address of the task on record")


@then("the new session has the thread of the one before")
def same_thread(context: Context) -> None:
    """Nobody named a thread, so the customer's latest goes on."""
    world: World = context.world
    before, now = world.all_sessions[-2:]
    expect(now.activation.thread_id, equal_to(before.activation.thread_id), f"thread of {now}")
