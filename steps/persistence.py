"""What outlives the tasks: a customer's files, byte for byte, and the workspace of whoever comes back."""

from __future__ import annotations

from behave import given, then
from behave.runner import Context
from hamcrest import equal_to

from acceptance.journeys.customer_session import Customer
from acceptance.journeys.recovery import task_of
from acceptance.journeys.workspace_fixtures import LaidOut, inflict, lay_out, of_every_kind
from acceptance.journeys.workspace_state import Snapshot, apart_from, kept
from acceptance.matchers.answers import same_files_as
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@given('a live session of "{user_id}" of "{client_id}", begun with: {instruction}')
def named_live_session(context: Context, user_id: str, client_id: str, instruction: str) -> None:
    """The request's own customers, under their own names."""
    world: World = context.world
    world.start_live(Customer(client_id, user_id), instruction)


@given("{count:d} files of every kind in its workspace, half of them not committed")
def files_of_every_kind(context: Context, count: int) -> None:
    """Names in several scripts, empty, binary and executable files, links; one committed file changed since."""
    world: World = context.world
    workspace = world.session.workspace
    lay_out(workspace)
    expect(LaidOut.found_in(workspace), of_every_kind(count), workspace.folder)


@given("the customer's workspace is remembered")
def workspace_remembered(context: Context) -> None:
    """Files byte for byte, history, and what is not committed."""
    world: World = context.world
    world.remembered = Snapshot.of(world.session.workspace)


@given("the session has ended and Edit has gone to zero")
def ended_and_zero(context: Context) -> None:
    """As after a working day: nothing of the customer is in memory anywhere."""
    world: World = context.world
    world.suite.shared.dismiss()
    world.sessions.end([world.session])
    world.sessions.until_no_tasks("edit")


@given("Edit was forced to zero")
def forced_to_zero(context: Context) -> None:
    """By an operator, with a session under way: nothing wanted, every task stopped."""
    world: World = context.world
    world.task = task_of(world.platform, world.session)
    world.platform.accidents.shut_down("edit")


@given("a customer whose workspace was left with {damage}")
def damaged_workspace(context: Context, damage: str) -> None:
    """A session's workspace is damaged, remembered as it is then, and left."""
    world: World = context.world
    world.start_live(world.new_customer(), 'Change the heading to "Before the crash"')
    workspace = world.session.workspace
    inflict(workspace, damage)
    world.remembered = Snapshot.of(workspace)
    world.sessions.end([world.session])


@then("the new session is live")
def new_session_live(context: Context) -> None:
    """Active, its page served, a browser connected."""
    world: World = context.world
    world.sessions.until_live(world.session)


@then("every remembered file is there, byte for byte")
def every_file_there(context: Context) -> None:
    """The same paths, kinds, modes, contents and link targets, and no others."""
    files_are_kept(context.world)


@then('every remembered file is there, byte for byte, but for "{changed}"')
def every_other_file_there(context: Context, changed: str) -> None:
    """One file is the new instruction's own."""
    files_are_kept(context.world, changed)


@then('every remembered file is there, byte for byte, and "{added}" beside them')
def every_file_and_one_more(context: Context, added: str) -> None:
    """One file is new."""
    files_are_kept(context.world, added=added)


@then("what was not committed is still not committed")
def still_uncommitted(context: Context) -> None:
    """The same paths, neither committed nor thrown away."""
    world: World = context.world
    now = world.session.workspace.git.uncommitted()
    expect(now, equal_to(world.remembered.uncommitted), f"what is not committed of {world.customer}")


def files_are_kept(world: World, *changed: str, added: str | None = None) -> None:
    """Compare with what was remembered, and enter the count of files kept."""
    before = apart_from(world.remembered.files, changed)
    now = apart_from(world.session.workspace.manifest(), [*changed, *([added] if added else [])])
    world.suite.ledger.measure("files", *kept(before, now))
    expect(now, same_files_as(before), f"the files of {world.customer}")
