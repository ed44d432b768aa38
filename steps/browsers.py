"""Open browsers and their update sockets: what reaches them, and which are opened at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from behave import given, then, when
from behave.runner import Context
from hamcrest.core.matcher import Matcher

from acceptance.drivers.hmr import find_client
from acceptance.drivers.http import Answer
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.open_preview import BEHAVIOUR
from acceptance.journeys.shared_sessions import EXPIRED
from acceptance.matchers.answers import is_open
from acceptance.results.tags import BROWSER
from acceptance.run.sentence_parts import one_of
from acceptance.run.world import World
from acceptance.strangers.update_sockets import FATES, ask_for_echo, echoes, is_closed, open_wrongly
from acceptance.waiting.expect import expect

one_of("Size", {"1 byte": 1, "64 KiB": 64 * 1024, "1 MiB": 1024 * 1024})
one_of("Fate", FATES)
one_of("Behaviour", BEHAVIOUR)


@given("its preview is open in a browser")
def preview_open(context: Context) -> None:
    """The home page is loaded and its update socket connected; `@browser`, in a real one."""
    world: World = context.world
    world.sessions.open_browser(world.session, real=BROWSER in context.tags)


@when("a browser asks for the page's update socket with {flaw}")
def asks_for_socket(context: Context, flaw: str) -> None:
    """As the page's own script would, but for one thing."""
    world: World = context.world
    client = find_client(world.platform.web, world.session.preview_url)
    ended = world.run.shared.endings()[EXPIRED].session_id
    patience, wire = world.platform.profile.patience, world.platform.wire
    world.asked.answers = open_wrongly(wire, client, flaw, ended_id=ended, within=patience.quiet_window)


@when("the browser sends {size:Size} through its socket")
def sends_through_socket(context: Context, size: int) -> None:
    """A message that the dev server answers with the same content."""
    world: World = context.world
    world.echo = ask_for_echo(world.session.browser, size)


@then("the open preview {behaves:Behaviour}")
def open_preview(context: Context, behaves: Callable[[CustomerSession], object]) -> None:
    """Nobody does anything for it: what is to be seen came without being asked for."""
    world: World = context.world
    behaves(world.session)


@then("the socket is {fate:Fate}")
def socket_fate(context: Context, fate: Matcher[Sequence[Answer]]) -> None:
    """Its protocol is switched, or it is not, or nobody answers."""
    world: World = context.world
    expect(world.asked.answers, fate, world.session.preview_url)


@then("the same comes back whole")
def same_comes_back(context: Context) -> None:
    """To the last byte."""
    world: World = context.world
    world.session.open_page.becomes(echoes(world.echo))


@then("the browser is still connected")
def still_connected(context: Context) -> None:
    """The socket that was open before is open still, and stays so for longer than a load balancer lets one be idle."""
    world: World = context.world
    long = 6 * world.platform.profile.patience.quiet_window
    world.session.open_page.stays(is_open(), during=long)


@then("her browser's connection is closed within {seconds:d} seconds")
def connection_closed(context: Context, seconds: int) -> None:
    """By the platform: nobody is left waiting for news that cannot come."""
    world: World = context.world
    world.session.open_page.becomes(is_closed(), within=timedelta(seconds=seconds))
