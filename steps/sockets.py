"""The update sockets of open pages."""

from __future__ import annotations

from datetime import timedelta

from behave import given, then, when
from behave.runner import Context
from hamcrest import has_length

from acceptance.drivers.hmr import find_client
from acceptance.journeys.shared_sessions import ENDED
from acceptance.journeys.update_sockets import (
    answered_once,
    ask_for_echo,
    echoes,
    is_closed,
    open_wrongly,
    unanswered,
)
from acceptance.matchers.answers import answers_with, is_open
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import stays, wait_until

SIZES = {"1 byte": 1, "64 KiB": 64 * 1024, "1 MiB": 1024 * 1024}


@when("a browser asks for the page's update socket with {flaw}")
def asks_for_socket(context: Context, flaw: str) -> None:
    """As the page's own script would, but for one thing."""
    world: World = context.world
    client = find_client(world.platform.web, world.session.preview_url)
    ended = world.suite.shared.endings()[ENDED].session_id
    patience = world.platform.profile.patience
    world.answers = open_wrongly(
        world.platform.wire, client, flaw, ended_id=ended, within=patience.quiet_window
    )


@when("the browser sends {size} through its socket")
def sends_through_socket(context: Context, size: str) -> None:
    """A message that the dev server answers with the same content."""
    world: World = context.world
    world.sent_at = world.session.browser.mark()
    world.echo = ask_for_echo(world.session.browser, SIZES[size])


@when("{count:d} other customers' sessions come up beside it")
def others_come_up(context: Context, count: int) -> None:
    """Live, each with a path and a task of its own."""
    world: World = context.world
    world.suite.shared.come_beside(count)


@given("each of their previews is open in a browser")
def each_preview_open(context: Context) -> None:
    """The browsers close with the scenario."""
    world: World = context.world
    world.crowd = tuple(world.join(session) for session in world.crowd)
    for session in world.crowd:
        world.sessions.open_browser(session)


@when("one of the customers ends her session")
def one_ends(context: Context) -> None:
    """She asks for its end; the browser that she left open stays open."""
    world: World = context.world
    world.end_later(world.suite.shared.give_away_beside())
    world.session = world.crowd[-1]
    world.leave(world.session)
    world.platform.sessions.deactivate(world.session.session_id)


@then("the socket is opened")
def socket_opened(context: Context) -> None:
    """The protocol is switched."""
    world: World = context.world
    expect(world.answers, answered_once(answers_with(101)), world.session.preview_url)


@then("the socket is refused with {status:d}")
def socket_refused(context: Context, status: int) -> None:
    """Nothing is switched."""
    world: World = context.world
    expect(world.answers, answered_once(answers_with(status)), world.session.preview_url)


@then("nobody answers")
def nobody_answers(context: Context) -> None:
    """The dev server leaves alone what is not its own; the load balancer gives up after its idle time."""
    world: World = context.world
    expect(world.answers, unanswered(), world.session.preview_url)


@then("the same comes back whole")
def same_comes_back(context: Context) -> None:
    """To the last byte."""
    world: World = context.world
    browser = world.session.browser
    wait_until(
        lambda: browser,
        echoes(world.echo, world.sent_at),
        what=f"browser on {world.session}",
        within=world.platform.profile.patience.request,
    )


@then("the browser is still connected")
def still_connected(context: Context) -> None:
    """The socket that was open before is open still, and stays so for longer than a load balancer lets one be idle."""
    world: World = context.world
    stays(
        lambda: world.session.browser,
        is_open(),
        what=f"browser on {world.session}",
        during=6 * world.platform.profile.patience.quiet_window,
    )


@then("the other browsers are still connected")
def others_still_connected(context: Context) -> None:
    """Whatever became of her session."""
    world: World = context.world
    others = [session for session in world.crowd if session is not world.session]
    expect(others, has_length(len(world.crowd) - 1), "customers who stayed")
    for session in others:
        expect(session.browser, is_open(), f"browser on {session}")


@then("her browser's connection is closed within {seconds:d} seconds")
def connection_closed(context: Context, seconds: int) -> None:
    """By the platform: nobody is left waiting for news that cannot come."""
    world: World = context.world
    browser = world.session.browser
    wait_until(
        lambda: browser,
        is_closed(),
        what=f"browser on {world.session}",
        within=timedelta(seconds=seconds),
    )
