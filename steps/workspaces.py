"""The customer's files."""

from __future__ import annotations

from behave import given, then
from behave.runner import Context

from acceptance.matchers.answers import same_files_as
from acceptance.matchers.sessions import is_true_of
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import wait_until


@given("a customer whose workspace cannot be opened")
def unusable_workspace(context: Context) -> None:
    """Something that is no folder lies where her project belongs."""
    world: World = context.world
    customer = world.new_customer()
    workspaces = world.platform.workspaces
    world.undo_later(lambda: workspaces.remove_client(customer.client_id))
    workspaces.block(customer.client_id, customer.user_id.partition("@")[0])
    workspaces.close()


@then('the file "{path}" exists')
def file_exists(context: Context, path: str) -> None:
    """A path as the contract writes it: /workspace/{client}/{user}/project/..."""
    world: World = context.world
    workspace, relative = world.platform.workspaces.by_path(path)
    wait_until(
        lambda: workspace.holds(relative),
        is_true_of(f"a file {relative}"),
        what=workspace.folder,
        within=world.platform.profile.patience.instruction,
    )


@then("the workspace is as it was")
def workspace_unchanged(context: Context) -> None:
    """Every file byte for byte, and no other, since the instruction was sent."""
    world: World = context.world
    expect(world.session.workspace.manifest(), same_files_as(world.manifest), str(world.session))
