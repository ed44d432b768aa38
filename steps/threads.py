"""Threads of one customer: each goes on where it stopped, on a branch of its own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from behave import given, then, when
from behave.runner import Context
from hamcrest import all_of, equal_to, not_

from acceptance.drivers.git import Commit
from acceptance.matchers.answers import has_commit, has_heading
from acceptance.matchers.history import subject_of
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import stays, wait_until


@given("the customer asked: {instruction}")
def customer_asked(context: Context, instruction: str) -> None:
    """A further instruction, carried out by now."""
    world: World = context.world
    world.ask(world.session, instruction)
    wait_until(
        world.session.workspace.git.log,
        has_commit(subject_of(instruction)),
        what=f"history of {world.session}",
        within=world.platform.profile.patience.instruction,
    )


@when("the same customer starts another thread with: {instruction}")
def another_thread(context: Context, instruction: str) -> None:
    """A second session beside the first, for work of another kind."""
    world: World = context.world
    world.start(world.customer, instruction, thread_id=f"other-{secrets.token_hex(4)}")


@then("the new session has the thread of the one before")
def same_thread(context: Context) -> None:
    """Nobody named a thread, so the customer's latest goes on."""
    world: World = context.world
    before, now = world.all_sessions[-2:]
    expect(now.activation.thread_id, equal_to(before.activation.thread_id), f"thread of {now}")


@then('the home page of the first preview still says "{words}"')
def first_preview_says(context: Context, words: str) -> None:
    """Without a moment's change: the first look finds the words, and so does every other for a while."""
    world: World = context.world
    first = world.all_sessions[0]
    stays(
        lambda deadline: world.platform.preview.get(first.preview_url, deadline=deadline),
        has_heading(words),
        what=first.preview_url,
        during=world.platform.profile.patience.quiet_window,
    )


@then("each thread has a branch with its own work and nothing of the other's")
def branches_apart(context: Context) -> None:
    """As the contract names branches, in the one repository of the customer."""
    world: World = context.world
    git = world.session.workspace.git
    first, second = world.all_sessions[-2:]
    for mine, other in ((first, second), (second, first)):
        own, foreign = subject_of(mine.instructions[0]), subject_of(other.instructions[0])
        branch = f"thread-{mine.activation.thread_id}"
        history: Sequence[Commit] = git.log(branch)
        expect(history, all_of(has_commit(own), not_(has_commit(foreign))), f"branch {branch}")
