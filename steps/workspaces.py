"""Workspaces: a customer's files and history, what outlives the containers, and who else can get at them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from behave import given, then, when
from behave.runner import Context
from hamcrest import equal_to, has_length

from acceptance.capabilities import Capability
from acceptance.drivers.http import Answer
from acceptance.journeys.customer_group import until_carried_out
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.shared_sessions import EXPIRED
from acceptance.journeys.workspace_fixtures import LaidOut, inflict, lay_out, of_every_kind
from acceptance.journeys.workspace_state import (
    Snapshot,
    changed_by_one_commit,
    file_at,
    kept,
    sound_and_pushed,
    unchanged_since,
)
from acceptance.matchers.history import has_own_work, one_each, subject_of
from acceptance.matchers.routing import names_none_of, reached_only
from acceptance.matchers.sessions import is_true_of
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.table import rows
from acceptance.run.world import World
from acceptance.strangers.lookalikes import newcomer, workspace_of
from acceptance.strangers.path_traversal import SYSTEM_WORDS
from acceptance.strangers.secret_file import LOOKS, UP, Secret, found_nothing, keeps, tells
from acceptance.waiting.expect import expect

one_of(
    "Whose",
    {
        "her": lambda world: world.owner,
        "the owner's": lambda world: world.owner,
        "the customer's": lambda world: world.session,
        "another customer's": lambda world: world.run.shared.endings()[EXPIRED],
    },
)
one_of("Look", LOOKS)


@part("ButFor", r'(?:, but for one commit that changes "[^"]+")?')
def but_for(words: str) -> str:
    """The path that one commit may have changed; none where nothing may have changed."""
    return words.partition('"')[2].removesuffix('"')


@given("{count:d} files of every kind in its workspace, half of them not committed")
def files_of_every_kind(context: Context, count: int) -> None:
    """Names in several scripts, empty, binary and executable files, links; one committed file changed since."""
    world: World = context.world
    workspace = world.session.workspace
    lay_out(workspace)
    expect(LaidOut.found_in(workspace), of_every_kind(count), str(workspace))


@given("the customer keeps a copy of her workspace")
def copy_of_workspace(context: Context) -> None:
    """Files byte for byte, history, and what is not committed."""
    world: World = context.world
    world.copy = Snapshot.of(world.session.workspace)


@given("a customer whose workspace was left with {damage}")
def damaged_workspace(context: Context, damage: str) -> None:
    """A session's workspace is damaged, copied as it is then, and left."""
    world: World = context.world
    session = world.start_live(world.new_customer(), 'Change the heading to "Before the crash"')
    inflict(session.workspace, damage)
    world.copy = Snapshot.of(session.workspace)
    world.sessions.end([session])


@given("a customer whose workspace cannot be opened")
def unusable_workspace(context: Context) -> None:
    """Something that is no folder lies where her project belongs."""
    world: World = context.world
    customer, workspaces = world.new_customer(), world.platform.workspaces
    world.undo_later(partial(workspaces.put_away, customer.client_id))
    workspaces.block(customer.client_id, customer.user_id.partition("@")[0])
    workspaces.close()


@given("an owner at work in her workspace")
def owner_at_work(context: Context) -> None:
    """A live session, its workspace copied as it is."""
    world: World = context.world
    world.owner = world.start_live(world.new_customer(), 'Change the heading to "Mine alone"')
    world.copy = Snapshot.of(world.owner.workspace)


@given("a secret in {whose:Whose} workspace")
def secret_in_workspace(context: Context, whose: Callable[[World], CustomerSession]) -> None:
    """A file with words that stand nowhere else; a preview that is live serves it: so the words can be found."""
    world: World = context.world
    session = whose(world)
    world.secret = Secret.hidden_in(session.workspace)
    world.copy = Snapshot.of(session.workspace)
    if not session.record.ended:
        session.page(world.secret.page).becomes(tells(world.secret))


@when("these start with: {instruction}")
def these_start(context: Context, instruction: str) -> None:
    """People who might be taken for the owner."""
    world: World = context.world
    for row in rows(context.table):
        who = newcomer(row["who"], world.owner.customer, world.run.new_client(), world.platform.mailbox)
        world.start(who, instruction)


@when("another customer of the same client looks for it {look:Look}")
def another_looks(context: Context, look: Callable[[CustomerSession, Secret], tuple[Answer, ...]]) -> None:
    """Nobody's workspace is nearer to hers than his."""
    world: World = context.world
    colleague = world.new_customer(client_id=world.owner.customer.client_id)
    own = world.start_live(colleague, 'Change the heading to "Curious"')
    world.asked.answers = look(own, world.secret)


@when("the customer asks for a file in the owner's workspace, named by {way}, and then: {instruction}")
def asks_for_owners_file(context: Context, way: str, instruction: str) -> None:
    """By a path that leads there from the server's root, or up and out of the customer's own workspace."""
    world: World = context.world
    target = f"{world.owner.workspace.in_task}/src/pages/index.astro"
    path = {"its absolute path": target, "steps up": "../" * UP + target.lstrip("/")}[way]
    world.session.ask(f"Create a {path} file", instruction)


@then('the file "{path}" exists')
def file_exists(context: Context, path: str) -> None:
    """A path as the contract writes it: /workspace/{client}/{user}/project/..."""
    world: World = context.world
    file_at(world.platform, path).becomes(is_true_of("a file"))


@then("{whose:Whose} workspace is as it was, byte for byte{path:ButFor}")
def workspace_as_it_was(context: Context, whose: Callable[[World], CustomerSession], path: str) -> None:
    """Every file and no other, committed or not; HEAD and every branch where they were.

    But for one commit: every other file, the commits of before, and that one on top of them.
    """
    world: World = context.world
    before, now = world.copy, Snapshot.of(whose(world).workspace)
    world.run.ledger.measure("files", *kept(before.files, now.files, but_for=path))
    claim = changed_by_one_commit(before, path) if path else unchanged_since(before)
    expect(now, claim, f"the workspace of {whose(world).customer}")


@then("each instruction is one commit that names its thread and its session, in the order asked")
def one_commit_each(context: Context) -> None:
    """All that the scenario's sessions were ever asked, each exactly once, and nothing of anybody else's."""
    world: World = context.world
    until_carried_out(world.all_sessions)


@then("each of these changed its own file and no other:")
def own_file_only(context: Context) -> None:
    """The table's file is all that the instruction's commit changed."""
    world: World = context.world
    git = world.session.workspace.git
    shas = {commit.subject: commit.sha for commit in git.log()}
    for row in rows(context.table):
        changed = git.changed_by(shas[subject_of(row["instruction"])])
        expect(changed, equal_to((row["file"],)), f"what {row['instruction']!r} changed")


@then("the session's record names the last of these commits")
def record_names_last_commit(context: Context) -> None:
    """As soon as the platform has noted it."""
    world: World = context.world
    world.session.last_commit.becomes(equal_to(world.session.workspace.git.head()))


@then("the repository is sound, all of it committed and pushed")
def repository_sound(context: Context) -> None:
    """`git fsck` finds nothing, nothing is uncommitted, and the site's remote has the branch as it is."""
    world: World = context.world
    world.session.repository.becomes(sound_and_pushed())


@then("each thread has a branch with its own work and nothing of the other's")
def branches_apart(context: Context) -> None:
    """As the contract names branches, in the one repository of the customer."""
    world: World = context.world
    first, second = world.all_sessions[-2:]
    for mine, other in ((first, second), (second, first)):
        own, foreign = subject_of(mine.instructions[0]), subject_of(other.instructions[0])
        mine.history.is_(has_own_work(own, foreign))


@then('each of them has a thread and a workspace of their own, with "{path}" in it')
def own_workspaces(context: Context, path: str) -> None:
    """As many threads as people, and as many folders, each where the contract puts it."""
    world: World = context.world
    people = len(world.all_sessions)
    expect([session.branch for session in world.all_sessions], one_each("thread"), "the owner and the others")
    newcomers = [session for session in world.all_sessions if session is not world.owner]
    for session in newcomers:
        world.sessions.until_live(session)
    workspaces = [workspace_of(world.platform.workspaces, session, world.owner) for session in newcomers]
    for session, workspace in zip(newcomers, workspaces, strict=True):
        subject = f"{workspace}, the workspace of {session.customer}"
        expect(workspace.holds(path), is_true_of(f"a file {path}"), subject)
    expect({workspace.folder for workspace in workspaces}, has_length(people - 1), "folders")


@then("the page found nothing of hers, and nothing of the platform")
def spy_found_nothing(context: Context) -> None:
    """No file, no folder's list, no setting; nothing could be written."""
    world: World = context.world
    (told,) = world.asked.answers
    expect(told, found_nothing(), "what the page's code found")


@then("no answer holds the secret, a file of the system or another service's success")
def nothing_reached(context: Context) -> None:
    """Neither the secret's words nor the same in another spelling, whatever the status of the answer."""
    world: World = context.world
    expect(world.asked.answers, keeps(world.secret), "what somebody else got")
    expect(world.asked.answers, names_none_of(SYSTEM_WORDS), "what somebody else got")
    named = world.platform.profile.offers(Capability.NAMED_ANSWERS)
    expect(
        world.asked.answers, reached_only("edit", "load balancer", named=named), "who answered somebody else"
    )
