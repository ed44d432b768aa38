"""Requests and instructions that come in at the same moment: none lost, none doubled."""

from __future__ import annotations

from datetime import UTC, datetime

from behave import given, then, when
from behave.runner import Context
from hamcrest import equal_to, greater_than

from acceptance.journeys.burst import repeated, started_and_ended
from acceptance.journeys.customer_group import ask_in_parallel, until_all_live, until_carried_out
from acceptance.journeys.hermes_takeover import SecondHermes, ask_during_deployment, one_rule
from acceptance.journeys.id_entropy import sessions_of_their_own, the_same_session, unguessable
from acceptance.journeys.task_concurrency import ran_at_once
from acceptance.journeys.workspace_state import order_of, sound_and_pushed
from acceptance.matchers.groups import all_have_status
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import stays, wait_until


@given("{count:d} live sessions")
def live_sessions(context: Context, count: int) -> None:
    """Of as many customers, started at the same moment; they end with the scenario."""
    world: World = context.world
    world.suite.shared.neighbours(count)
    world.take_over(world.suite.shared.give_away_neighbours())


@given("two live sessions of one customer in one thread")
def two_sessions_in_one_thread(context: Context) -> None:
    """They share her workspace and its branch."""
    world: World = context.world
    customer = world.new_customer()
    world.crowd = tuple(
        world.start(customer, f'Change the heading to "Browser {number}"', thread_id="shared")
        for number in (1, 2)
    )
    until_all_live(world.platform, world.crowd)


@given("a second Hermes is there")
def second_hermes(context: Context) -> None:
    """Beside the one that the first request wakes."""
    world: World = context.world
    second = SecondHermes(world.platform)
    world.undo_later(second.end)
    second.start()


@when("each of them asks {times:d} times at the same moment")
def each_asks(context: Context, times: int) -> None:
    """One instruction right after the other, without waiting for what becomes of it."""
    world: World = context.world
    ask_in_parallel(world.platform, world.crowd, times)


@when("Hermes is deployed anew while the customer asks {times:d} times")
def deployed_while_asking(context: Context, times: int) -> None:
    """The new task comes before the old one goes."""
    world: World = context.world
    world.crowd = (world.session,)
    world.asked_at = datetime.now(UTC)
    ask_during_deployment(world.platform, "hermes", world.session, times)


@when("a client sends the same request {times:d} times at once, as a retry")
def same_request(context: Context, times: int) -> None:
    """With one Idempotency-Key."""
    world: World = context.world
    (customer,) = world.new_crowd().customers(1)
    world.replies = repeated(world.platform, customer, times, key=f"retry-{world.client_id}")


@when("{count:d} customers start at the same moment and end their sessions at once")
def start_and_end_at_once(context: Context, count: int) -> None:
    """Each ends hers as soon as she knows it, long before its preview is there."""
    world: World = context.world
    world.replies = started_and_ended(world.platform, world.new_crowd().customers(count))


@then("every instruction is one commit, in the order in which its session asked")
def one_commit_for_each(context: Context) -> None:
    """None is missing, doubled, or of anybody else's; those of one session come in its order."""
    world: World = context.world
    until_carried_out(world.platform, world.crowd)


@then("the repository is sound, and pushed")
def repository_sound(context: Context) -> None:
    """`git fsck` finds nothing, nothing is uncommitted, and the remote has the branch as it is."""
    world: World = context.world
    session = world.crowd[0]
    git, branch = session.workspace.git, f"thread-{session.activation.thread_id}"
    wait_until(
        lambda: order_of(git, branch),
        sound_and_pushed(),
        what=f"repository of {session.customer}",
        within=world.platform.profile.patience.instruction,
    )


@then("{count:d} Hermes tasks ran at once for it")
def hermes_tasks_at_once(context: Context, count: int) -> None:
    """So many, and never more, of all the tasks that ECS knows."""
    world: World = context.world
    wait_until(
        lambda: world.platform.fleet.history("hermes"),
        ran_at_once(count, since=world.asked_at),
        what="Hermes tasks since the deployment began",
        within=world.platform.profile.patience.recovery,
    )


@then("exactly one rule leads to the preview")
def exactly_one_rule(context: Context) -> None:
    """Of all the rules of the load balancer."""
    world: World = context.world
    expect(world.platform.balancer.rules_for(world.session.session_id), one_rule(), str(world.session))


@then("the customer was told only once that the preview is live")
def told_once(context: Context) -> None:
    """Of all her mail, one message names the address of this preview, and no second one comes for a while."""
    world: World = context.world
    mailbox, session, patience = world.platform.mailbox, world.session, world.platform.profile.patience

    def number() -> int:
        return sum(session.preview_url in m.text for m in mailbox.inbox(session.customer.user_id))

    what = f"messages to {session.customer} about {session.preview_url}"
    wait_until(number, greater_than(0), what=what, within=patience.mail)
    stays(number, equal_to(1), what=what, during=patience.quiet_window, every=patience.quiet_window / 4)


@then("every answer names the same session")
def same_session(context: Context) -> None:
    """Each request was accepted, and is told of the session that the first one made."""
    world: World = context.world
    expect(world.replies, the_same_session(), "answers to the repeated request")


@then("each was answered with a session of its own")
def own_sessions(context: Context) -> None:
    """Each request was accepted."""
    world: World = context.world
    expect(world.replies, sessions_of_their_own(), "answers to the burst")


@then("no identifier can be guessed from another")
def no_guessing(context: Context) -> None:
    """They differ in as many random bits as the contract asks for."""
    world: World = context.world
    expect(world.replies, unguessable(), "identifiers of the sessions")


@then("exactly {count:d} session is on record for the client")
@then("exactly {count:d} sessions are on record for the client")
def on_record_for_client(context: Context, count: int) -> None:
    """So many, and no more for a while."""
    world: World = context.world
    world.sessions.stay_on_record(world.client_id, count)


@then("all of them end as {status}")
def all_end_as(context: Context, status: str) -> None:
    """Each session of the client reaches that last status."""
    world: World = context.world
    wait_until(
        lambda: world.platform.records.of_client(world.client_id),
        all_have_status(status),
        what=f"sessions of client {world.client_id}",
        within=world.platform.profile.patience.session_end,
    )
