"""Tasks: how many run and where the sessions are on them, what befalls them, and how they go back to zero."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime

from behave import given, then, when
from behave.runner import Context
from hamcrest import greater_than, has_length, less_than
from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Task
from acceptance.journeys.hermes_takeover import SecondHermes, ask_during_deployment
from acceptance.journeys.recovery import (
    ACCIDENTS,
    ask_amid,
    hermes,
    hermes_after,
    sessions_by_task,
    task_of,
)
from acceptance.journeys.task_concurrency import busiest, more_than, ran_at_once
from acceptance.matchers.groups import spread_evenly
from acceptance.matchers.sessions import gives_up_to, nothing_of
from acceptance.matchers.tasks import (
    comes_after,
    given_up_since,
    is_left_running,
    made_before_ran,
    that_many,
    were_left,
)
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.waiting.expect import expect

FIRST_CHANGE = '[ -n "$(find {folder} -newer "$armed" | head -n 1)" ]'
"""A shell condition: some file of the site has changed."""


one_of("Victim", {victim: victim for victim, _ in ACCIDENTS})
one_of("Accident", {accident: accident for _, accident in ACCIDENTS})
one_of(
    "HungFate",
    {
        "was given up after five pings, within 20 seconds": lambda world: given_up_since(world.befell),
        "has not been given up yet": lambda _world: is_left_running(),
    },
)


@part("Tasks", r"\d+ (?:Edit|Hermes) tasks?")
def tasks(words: str) -> tuple[int, str]:
    """How many of which service."""
    count, name, _ = words.split()
    return int(count), name


@given("Edit was forced to zero")
def forced_to_zero(context: Context) -> None:
    """By an operator, with a session under way: nothing wanted, every task stopped."""
    world: World = context.world
    world.task = task_of(world.session)
    world.platform.accidents.shut_down("edit")


@given("a second Hermes is there")
def second_hermes(context: Context) -> None:
    """Beside the one that the first request wakes."""
    world: World = context.world
    second = SecondHermes(world.platform)
    world.undo_later(second.end)
    second.start()


@when("{victim:Victim} {accident:Accident}")
def accident_befalls(context: Context, victim: str, accident: str) -> None:
    """It befalls that part, and nothing beside it. A session that still wakes has no task yet."""
    world: World = context.world
    if world.session.record.task_arn:
        world.task = task_of(world.session)
    world.befell = datetime.now(UTC)
    world.hermes = world.platform.fleet.running("hermes")
    ACCIDENTS[victim, accident](world.session)


@when("the Edit task with most of them dies suddenly")
def busiest_task_dies(context: Context) -> None:
    """From now on its sessions are those of the scenario."""
    world: World = context.world
    by_task = sessions_by_task(world.group.sessions)
    world.group.sessions = max(by_task.values(), key=len)
    expect(world.group.sessions, has_length(greater_than(1)), "sessions on the busiest task")
    world.task = task_of(world.group.sessions[0])
    world.platform.accidents.kill(world.task)


@when("{victim:Victim} dies while the customer asks for one change after the other")
def dies_amid_instructions(context: Context, victim: str) -> None:
    """Some are carried out or handed on by then, some are not, and some are asked for only afterwards."""
    world: World = context.world
    world.task = task_of(world.session)
    doomed = {"its Edit task": world.task, "Hermes": hermes(world.platform)}[victim]
    ask_amid(world.platform.accidents.dying(doomed), world.session)


@when("its Edit task dies at the first file that changes for: {instruction}")
def edit_dies_amid_one(context: Context, instruction: str) -> None:
    """Between the first byte written and the commit, as nearly as can be had."""
    world: World = context.world
    world.task = task_of(world.session)
    moment = FIRST_CHANGE.format(folder=shlex.quote(f"{world.session.workspace.in_task}/src"))
    with world.platform.accidents.dying_when(world.task, moment):
        world.session.ask(instruction)


@when("Hermes is deployed anew while the customer asks {times:d} times")
def deployed_while_asking(context: Context, times: int) -> None:
    """The new task comes before the old one goes."""
    world: World = context.world
    world.asked.at = datetime.now(UTC)
    ask_during_deployment(world.session, "hermes", times)


@when("an engineer looks up what becomes of a command that fails again and again")
def looks_up_redrive(context: Context) -> None:
    """In what the command queue is told to do with it."""
    world: World = context.world
    world.redrive = world.platform.records.redrive()


@then("exactly {tasks:Tasks} was started for it")
def tasks_started(context: Context, tasks: tuple[int, str]) -> None:
    """Of all the tasks that ECS knows, stopped ones included, those made since the request."""
    world: World = context.world
    (count, name), wake_up = tasks, world.run.shared.wake_up()
    started = {"Hermes": wake_up.hermes_tasks, "Edit": wake_up.edit_tasks}[name]
    expect(started, that_many(count, name), f"{name} tasks made since the request")
    world.run.ledger.measure("tasks", len(wake_up.edit_tasks), world.platform.fleet.capacity())


@then("the Edit task did not wait for the Hermes task to run")
def woken_at_once(context: Context) -> None:
    """As ECS dates both: what wakes one wakes the other."""
    wake_up = context.world.run.shared.wake_up()
    (hermes_task,), (edit_task,) = wake_up.hermes_tasks, wake_up.edit_tasks
    expect(edit_task, made_before_ran(hermes_task), "the tasks made since the request")


@then("{tasks:Tasks} ran at once, and never more")
def tasks_at_once(context: Context, tasks: tuple[int, str]) -> None:
    """At any moment since the request, by all the tasks that ECS knows and not by looks at them."""
    world: World = context.world
    (count, name), since = tasks, world.asked.at
    claim, never = ran_at_once(count, since=since), more_than(count, since=since)
    seen = world.sessions.tasks(name.lower()).becomes(claim, fatal=never)
    if name == "Edit":
        most = len(busiest(seen, since=since).tasks)
        world.run.ledger.measure("tasks", most, world.platform.fleet.capacity())


@then("the sessions are spread evenly over {count:d} tasks")
def spread(context: Context, count: int) -> None:
    """No task hosts two sessions more than another, as their records say."""
    world: World = context.world
    records = [session.record for session in world.group.sessions]
    expect(records, spread_evenly(count), "sessions per task")


@then("the task that hung {fate:HungFate}")
def task_that_hung(context: Context, fate: Callable[[World], Matcher[Task | None]]) -> None:
    """As ECS dates its end: not before five pings of 3 seconds can have gone without an answer.

    As long as it is not given up, whatever was carried out was carried out while it hung.
    """
    world: World = context.world
    expect(world.platform.fleet.task(world.task.arn), fate(world), str(world.task))


@then("another Hermes is at work")
def another_hermes(context: Context) -> None:
    """Without anybody having asked for it."""
    world: World = context.world
    hermes_after(world.platform, world.hermes).becomes(that_many(1, "Hermes"))


@then("{first:d} Edit tasks were left, then {second:d}, then none, and nothing of any session is left routed")
def tasks_were_left(context: Context, first: int, second: int) -> None:
    """After each of the ends; no rule and no target group of those who were at work."""
    world: World = context.world
    expect(world.group.tasks_left, were_left(first, second, 0), "Edit tasks left after each end")
    for session in world.group.sessions:
        expect(world.platform.balancer.routing(), nothing_of(session.session_id), "the load balancer")


@then("Edit goes to zero, Hermes after it, and nothing of the session is left")
def to_zero_in_order(context: Context) -> None:
    """Edit's last task first, Hermes one more idle time after the session; no task, rule or target group is left."""
    world: World = context.world
    edit_gone, hermes_gone = (world.sessions.until_no_tasks(role) for role in ("edit", "hermes"))
    expect(edit_gone, less_than(hermes_gone), "the moment of Edit's last task before that of Hermes's")
    idle, record = world.platform.profile.timing.idle_timeout, world.session.record
    expect(hermes_gone, comes_after(record, idle), "the moment of Hermes's last task")
    took = hermes_gone - (record.last_activity_at or world.session.asked_at)
    world.run.ledger.measure("zero", took.total_seconds(), idle.total_seconds())
    expect(world.platform.balancer.routing(), nothing_of(world.session.session_id), "the load balancer")
    expect(world.platform.fleet.tasks("edit"), has_length(0), "Edit tasks")


@then("it goes to the queue of dead letters")
def dead_letters(context: Context) -> None:
    """That of the profile."""
    world: World = context.world
    names = world.platform.profile.names
    expect(world.redrive, gives_up_to(names.dead_letters or ""), f"queue {names.queue}")
