"""How many tasks run: up from zero when asked, down to zero when idle."""

from __future__ import annotations

from behave import then, when
from behave.runner import Context
from hamcrest import equal_to, less_than

from acceptance.matchers.preview import served_by
from acceptance.matchers.tasks import stayed_for, that_many
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@when("a customer's request wakes the platform from nothing")
def watched_wake_up(context: Context) -> None:
    """Watched from all sides until the preview is live, once for all scenarios of a feature that ask for it."""
    world: World = context.world
    world.suite.shared.wake_up()


@then("exactly {count:d} {role} task was started for it")
def tasks_started(context: Context, count: int, role: str) -> None:
    """Of all the tasks that ECS knows, stopped ones included, those made since the request."""
    world: World = context.world
    wake_up = world.suite.shared.wake_up()
    tasks = {"Hermes": wake_up.hermes_tasks, "Edit": wake_up.edit_tasks}[role]
    expect(tasks, that_many(count, role), f"{role} tasks made since the request")
    world.suite.ledger.measure("tasks", len(wake_up.edit_tasks), world.platform.fleet.capacity().maximum)


@then("the record names the task and the address that serve the preview")
def record_names_task(context: Context) -> None:
    """The task that answers for the preview is the one on record, under the address on record."""
    world: World = context.world
    wake_up = world.suite.shared.wake_up()
    expect(wake_up.health, served_by(wake_up.record), "the preview's health page")
    addresses = [task.ip for task in wake_up.edit_tasks if task.arn == wake_up.record.task_arn]
    expect(addresses, equal_to([wake_up.record.container_ip]), "address of the task on record")


@then("Edit goes to zero, and Hermes after it")
def to_zero_in_order(context: Context) -> None:
    """Edit's last task is gone first, and Hermes stays for one more idle time after the session."""
    world: World = context.world
    edit_gone = world.sessions.until_no_tasks("edit")
    hermes_gone = world.sessions.until_no_tasks("hermes")
    expect(edit_gone, less_than(hermes_gone), "the moment of Edit's last task before that of Hermes's")
    idle = world.platform.profile.timing.idle_timeout
    record = world.platform.records.get(world.session.session_id)
    if record.ended_at is not None:
        expect(
            hermes_gone - record.ended_at, stayed_for(idle), "how long Hermes stayed after the session's end"
        )
    if record.last_activity_at is not None:
        took = hermes_gone - record.last_activity_at
        world.suite.ledger.measure("zero", took.total_seconds(), idle.total_seconds())


@then("the platform falls asleep again")
def falls_asleep_again(context: Context) -> None:
    """Both services at zero, nothing wanted, nothing left."""
    world: World = context.world
    world.sessions.until_asleep()
