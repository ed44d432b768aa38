"""What befalls tasks at work, and how the sessions come out of it."""

from __future__ import annotations

import shlex
from functools import partial

from behave import given, then, when
from behave.runner import Context
from hamcrest import equal_to

from acceptance.journeys.recovery import (
    ask_all,
    ask_amid,
    hermes,
    last_heading,
    look,
    serves_elsewhere,
    task_of,
    until_begun,
)
from acceptance.matchers.answers import has_heading
from acceptance.matchers.tasks import is_another_than, is_left_running
from acceptance.run.world import World
from acceptance.waiting.errors import Unreachable
from acceptance.waiting.expect import expect
from acceptance.waiting.observed import IN_A_ROW
from acceptance.waiting.waits import wait_until

FIRST_CHANGE = '[ -n "$(find {folder} -newer "$armed" | head -n 1)" ]'
"""A shell condition: some file of the site has changed."""


@when("its Edit task dies suddenly")
def edit_dies(context: Context) -> None:
    """Killed, with no time to put anything away."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    world.platform.accidents.kill(world.task)


@when("its Edit task hangs")
def edit_hangs(context: Context) -> None:
    """All its processes are there, and none of them does anything."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    world.platform.accidents.hang(world.task)


@given("another customer, whose Edit task hangs over what she asked for")
def other_task_hangs(context: Context) -> None:
    """On a task of her own; what she asked has reached the platform, and no answer ever will."""
    world: World = context.world
    session = world.session
    other = world.start_live(world.new_customer("next-door"), 'Change the heading to "Next door"')
    world.task = task_of(world.platform, other)
    expect(task_of(world.platform, session), is_another_than(world.task), f"the task of {session}")
    # The platform would stop it in the end; nobody has to wait for that.
    world.undo_later(partial(world.platform.fleet.stop_task, world.task.arn, "its scenario has ended"))
    world.platform.accidents.hang(world.task)
    ask_all(world.platform, other, ['Change the heading to "Some day"'])
    world.session = session


@when("its Edit task is stopped")
def edit_is_stopped(context: Context) -> None:
    """As by an operator, or by AWS for maintenance."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    world.platform.fleet.stop_task(world.task.arn, "maintenance")


@when("Hermes dies suddenly")
def hermes_dies(context: Context) -> None:
    """Killed, with no time to hand over."""
    world: World = context.world
    world.platform.accidents.kill(hermes(world.platform))


@when("its Edit task dies while the customer asks for one change after the other")
def edit_dies_amid_instructions(context: Context) -> None:
    """Some are carried out by then, some are not, and some are asked for only afterwards."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    ask_amid(world.platform.accidents.dying(world.task), world.platform, world.session)


@when("Hermes dies while the customer asks for one change after the other")
def hermes_dies_amid_instructions(context: Context) -> None:
    """Some are handed on by then, some are not, and some are asked for only afterwards."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    ask_amid(world.platform.accidents.dying(hermes(world.platform)), world.platform, world.session)


@when("its Edit task dies at the first file that changes for: {instruction}")
def edit_dies_amid_one(context: Context, instruction: str) -> None:
    """Between the first byte written and the commit, as nearly as can be had."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    moment = FIRST_CHANGE.format(folder=shlex.quote(f"{world.session.workspace.folder}/src"))
    with world.platform.accidents.dying_when(world.task, moment):
        ask_all(world.platform, world.session, [instruction])


@given("a session that still wakes, asked to: {instruction}")
def session_still_waking(context: Context, instruction: str) -> None:
    """Hermes has begun with it, and its preview is not there yet."""
    world: World = context.world
    world.start(world.new_customer(), instruction)
    until_begun(world.platform, world.session)


@then("the session comes back on another task under the same address")
def comes_back(context: Context) -> None:
    """At the address that the customer has, served by a task that is not the lost one and that the record names."""
    world: World = context.world
    wait_until(
        lambda deadline: look(world.platform, world.session, deadline),
        serves_elsewhere(world.session, than=world.task),
        what=str(world.session),
        within=world.platform.profile.patience.recovery,
        steadily=IN_A_ROW,
        transient=(Unreachable,),
    )


@then("the task that hangs has not been given up yet")
def not_given_up(context: Context) -> None:
    """Whatever was carried out was carried out while it hung, and not after its end."""
    world: World = context.world
    expect(world.platform.fleet.task(world.task.arn), is_left_running(), str(world.task))


@then("the session kept its task and its address")
def kept_its_task(context: Context) -> None:
    """Whatever happened, happened beside it."""
    world: World = context.world
    record = world.platform.records.get(world.session.session_id)
    expect(record.task_arn, equal_to(world.task.arn), f"the task of {world.session}")
    expect(record.preview_url, equal_to(world.session.preview_url), f"the address of {world.session}")


@then("the home page of the preview shows the last change")
def shows_last_change(context: Context) -> None:
    """The one that was asked for last."""
    world: World = context.world
    wait_until(
        lambda deadline: world.platform.preview.get(world.session.preview_url, deadline=deadline),
        has_heading(last_heading(world.session)),
        what=world.session.preview_url,
        within=world.platform.profile.patience.recovery,
        transient=(Unreachable,),
    )


@then("the new session is live on another task")
def live_on_another_task(context: Context) -> None:
    """Not the one that was lost."""
    world: World = context.world
    world.sessions.until_live(world.session)
    comes_back(context)


@then("the browser can connect again")
def browser_connects_again(context: Context) -> None:
    """A new update socket at the same address."""
    world: World = context.world
    world.sessions.open_browser(world.session)
