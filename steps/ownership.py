"""Whose workspace is whose, and who can see into it."""

from __future__ import annotations

import shlex
from functools import partial

from behave import given, then, when
from behave.runner import Context
from hamcrest import has_length

from acceptance.journeys.lookalikes import newcomer, workspace_of
from acceptance.journeys.path_traversal import (
    UP,
    Secret,
    found_nothing,
    keeps,
    looked_everywhere,
    pry,
    spy_on,
    tells,
    ways_to,
)
from acceptance.journeys.recovery import ask_all
from acceptance.journeys.workspace_state import Snapshot, same_repository_as
from acceptance.matchers.answers import same_files_as
from acceptance.matchers.sessions import is_true_of
from acceptance.run.table import rows
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@given("an owner at work in her workspace")
def owner_at_work(context: Context) -> None:
    """A live session, its workspace remembered as it is."""
    world: World = context.world
    world.owner = world.start_live(world.new_customer(), 'Change the heading to "Mine alone"')
    world.remembered = Snapshot.of(world.owner.workspace)


@given("a secret in her workspace")
def secret_in_workspace(context: Context) -> None:
    """A file with words that stand nowhere else, which her own preview serves: so the words can be found."""
    world: World = context.world
    workspace = world.owner.workspace
    world.secret = Secret.hidden_in(workspace)
    world.remembered = Snapshot.of(workspace)
    world.owner.page(world.secret.page).becomes(tells(world.secret))


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
    ways = ways_to(world.secret, own.preview_url, own.workspace.folder)
    world.answers = pry(world.platform.web, ways)


@when("another customer's site has a page whose code looks for it")
def anothers_page_spies(context: Context) -> None:
    """His own page, run by the server of his own preview: it reads, lists and writes whatever it can."""
    world: World = context.world
    own = world.suite.shared.session()
    workspace = own.workspace
    world.undo_later(partial(workspace.run, f"rm -f {shlex.quote(f'{workspace.folder}/src/pages/spy.js')}"))
    workspace.write("src/pages/spy.js", spy_on(world.secret, world.platform.workspaces.root).encode())
    world.answer = own.page("spy").becomes(looked_everywhere())


@when("the customer asks for a file in the owner's workspace, named by {way}, and then: {instruction}")
def asks_for_owners_file(context: Context, way: str, instruction: str) -> None:
    """By a path that leads there from the server's root, or up and out of the customer's own workspace."""
    world: World = context.world
    target = f"{world.owner.workspace.folder}/src/pages/index.astro"
    path = {"its absolute path": target, "steps up": "../" * UP + target.lstrip("/")}[way]
    ask_all(world.platform, world.session, [f"Create a {path} file", instruction])


@then("the page found nothing of hers, and nothing of the platform")
def spy_found_nothing(context: Context) -> None:
    """No file, no folder's list, no setting; nothing could be written."""
    world: World = context.world
    expect(world.answer, found_nothing(), "what the page's code found")


@then('each of them has a workspace of their own, with "{path}" in it')
def own_workspaces(context: Context, path: str) -> None:
    """As many folders as people, each where the contract puts it."""
    world: World = context.world
    newcomers = [session for session in world.all_sessions if session is not world.owner]
    for session in newcomers:
        world.sessions.until_live(session)
    workspaces = [workspace_of(world.platform.workspaces, session, world.owner) for session in newcomers]
    for workspace in workspaces:
        expect(workspace.holds(path), is_true_of(f"a file {path}"), workspace.folder)
    expect({workspace.folder for workspace in workspaces}, has_length(len(newcomers)), "folders")


@then("each of them has a thread of their own")
def own_threads(context: Context) -> None:
    """Nobody goes on with what another has begun."""
    world: World = context.world
    threads = {session.activation.thread_id for session in world.all_sessions}
    expect(threads, has_length(len(world.all_sessions)), "threads of the owner and the others")


@then("the owner's workspace is as it was")
def owners_workspace_unchanged(context: Context) -> None:
    """Every file byte for byte, and no other; HEAD and every branch where they were."""
    world: World = context.world
    now = Snapshot.of(world.owner.workspace)
    expect(now.files, same_files_as(world.remembered.files), f"the files of {world.owner}")
    expect(now, same_repository_as(world.remembered), f"the repository of {world.owner}")


@then("the secret is in no answer")
def secret_kept(context: Context) -> None:
    """Neither its words nor the same in another spelling."""
    world: World = context.world
    expect(world.answers, keeps(world.secret), "answers to somebody else")
