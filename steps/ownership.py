"""Whose workspace is whose, and who can see into it."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context
from hamcrest import has_length

from drivers.errors import Unreachable
from drivers.expect import expect
from drivers.matchers import same_files_as
from drivers.newcomers import newcomer, workspace_of
from drivers.secret import Secret, keeps, pry, tells, ways_to
from drivers.session_matchers import is_true_of
from drivers.snapshot import Snapshot
from drivers.table import rows
from drivers.watch import wait_until
from drivers.world import World


@given("an owner at work in her workspace")
def owner_at_work(context: Context) -> None:
    """A live session, its workspace remembered as it is."""
    world: World = context.world
    world.owner = world.start_live(world.new_customer(), 'Change the heading to "Mine alone"')
    world.remembered = Snapshot.of(world.visits.workspace(world.owner))


@given("a secret in her workspace")
def secret_in_workspace(context: Context) -> None:
    """A file with words that stand nowhere else, which her own preview serves: so the words can be found."""
    world: World = context.world
    world.secret = Secret.hidden_in(world.visits.workspace(world.owner))
    wait_until(
        lambda deadline: world.platform.preview.get(world.owner.page(world.secret.page), deadline=deadline),
        tells(world.secret),
        what=world.owner.page(world.secret.page),
        within=world.platform.profile.patience.instruction,
        transient=(Unreachable,),
    )


@when("these start with: {instruction}")
def these_start(context: Context, instruction: str) -> None:
    """People who might be taken for the owner."""
    world: World = context.world
    for row in rows(context.table):
        world.start(newcomer(row["who"], world.owner.customer, world.suite.new_client()), instruction)


@when("another customer looks for it through a preview of his own")
def another_pries(context: Context) -> None:
    """By every way known to have led out of a preview's own files."""
    world: World = context.world
    own = world.suite.shared.session()
    ways = ways_to(world.secret, own.preview_url, world.visits.workspace(own).folder)
    world.answers = pry(world.platform.web, ways)


@then('each of them has a workspace of their own, with "{path}" in it')
def own_workspaces(context: Context, path: str) -> None:
    """As many folders as people, each where the contract puts it."""
    world: World = context.world
    newcomers = [visit for visit in world.all_visits if visit is not world.owner]
    for visit in newcomers:
        world.visits.until_live(visit)
    workspaces = [workspace_of(world.platform.workspaces, visit, world.owner) for visit in newcomers]
    for workspace in workspaces:
        expect(workspace.holds(path), is_true_of(f"a file {path}"), workspace.folder)
    expect({workspace.folder for workspace in workspaces}, has_length(len(newcomers)), "folders")


@then("the owner's workspace is as it was")
def owners_workspace_unchanged(context: Context) -> None:
    """Every file byte for byte, and no other; the same history."""
    world: World = context.world
    now = Snapshot.of(world.visits.workspace(world.owner))
    expect(now.files, same_files_as(world.remembered.files), f"the files of {world.owner}")
    expect(now.history, has_length(len(world.remembered.history)), f"the commits of {world.owner}")


@then("the secret is in no answer")
def secret_kept(context: Context) -> None:
    """Neither its words nor the same in another spelling."""
    world: World = context.world
    expect(world.answers, keeps(world.secret), "answers to somebody else")
