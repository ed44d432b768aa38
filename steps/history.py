"""A workspace's history: it only grows, and holds each instruction once."""

from __future__ import annotations

from behave import then, when
from behave.runner import Context
from hamcrest import empty, equal_to, has_entry

from acceptance.journeys.recovery import ask_all
from acceptance.matchers.history import carries_out, continues, subject_of
from acceptance.run.table import rows
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import wait_until


@when("the customer asks, one after the other:")
def customer_asks_all(context: Context) -> None:
    """Further instructions, each sent as soon as the one before is accepted."""
    world: World = context.world
    ask_all(world.platform, world.session, [row["instruction"] for row in rows(context.table)])


@then("each instruction is one commit that names its thread and its session, in the order asked")
def one_commit_each(context: Context) -> None:
    """All that the session was ever asked, its first instruction included, each exactly once."""
    world: World = context.world
    session = world.session
    git = session.workspace.git
    wait_until(
        git.log,
        carries_out(
            session.instructions, thread_id=session.activation.thread_id, session_id=session.session_id
        ),
        what=f"history of {session}",
        within=world.platform.profile.patience.recovery,
    )


@then("each of these changed its own file and no other:")
def own_file_only(context: Context) -> None:
    """The table's file is all that the instruction's commit changed."""
    world: World = context.world
    git = world.session.workspace.git
    shas = {commit.subject: commit.sha for commit in git.log()}
    for row in rows(context.table):
        changed = git.changed_by(shas[subject_of(row["instruction"])])
        expect(changed, equal_to((row["file"],)), f"what {row['instruction']!r} changed")


@then("nothing in its workspace is left uncommitted")
def nothing_uncommitted(context: Context) -> None:
    """No instruction half done."""
    world: World = context.world
    wait_until(
        world.session.workspace.git.uncommitted,
        empty(),
        what=f"uncommitted work of {world.session}",
        within=world.platform.profile.patience.instruction,
    )


@then("the remembered history is the beginning of the new one, grown by {count:d} commit")
def history_grew(context: Context, count: int) -> None:
    """No commit of before rewritten, dropped or moved."""
    world: World = context.world
    now = world.session.workspace.git.log()
    expect(now, continues(world.remembered.history, by=count), f"history of {world.customer}")


@then("the history is as it was")
def history_unchanged(context: Context) -> None:
    """The same commits."""
    history_grew(context, 0)


@then("the session's record names the last of these commits")
def record_names_last_commit(context: Context) -> None:
    """As soon as the platform has noted it."""
    world: World = context.world
    session, patience = world.session, world.platform.profile.patience
    wait_until(
        lambda: world.platform.records.get(session.session_id).last_commit,
        equal_to(session.workspace.git.head()),
        what=f"last commit on the record of {session}",
        within=patience.instruction,
    )


@then("every commit has reached the site's remote")
def history_pushed(context: Context) -> None:
    """The remote's branch stands where the workspace's does."""
    world: World = context.world
    git, branch = world.session.workspace.git, f"thread-{world.session.activation.thread_id}"
    wait_until(
        git.pushed,
        has_entry(branch, git.branches()[branch]),
        what=f"the remote of {world.session}",
        within=world.platform.profile.patience.instruction,
    )


@then("the repository is sound")
def repository_sound(context: Context) -> None:
    """As git itself judges it, every object looked at."""
    world: World = context.world
    expect(world.session.workspace.git.problems(), empty(), f"git fsck of {world.session}")


@then("exactly {count:d} session is on record for the customer")
def sessions_on_record(context: Context, count: int) -> None:
    """No second one was made on the way, and none comes for a while."""
    world: World = context.world
    world.sessions.stay_on_record(world.customer.client_id, count)
