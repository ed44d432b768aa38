"""Previews as a visitor sees them: live, what their pages say, while they wake, and after their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from behave import then, when
from behave.runner import Context
from hamcrest import not_
from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.journeys.customer_group import until_all_live
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.recovery import Service, is_served, last_heading, service_of
from acceptance.matchers.answers import (
    all_loaded,
    always,
    answers_page,
    answers_with,
    has_heading,
    is_waiting_page,
    within_budget,
)
from acceptance.matchers.preview import served_whenever_healthy, waiting_then_live
from acceptance.matchers.records import is_whole
from acceptance.matchers.routing import lies_under, reads
from acceptance.results.tags import BROWSER
from acceptance.run.placeholders import destination
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.strangers.session_probe import look, shows_own_work_only
from acceptance.waiting.expect import expect
from acceptance.waiting.observed import Observed


@part("Page", r'home page|page "[^"]+"')
def page(words: str) -> str:
    """The page's path below the preview."""
    return words.removeprefix("page ").strip('"').removeprefix("home page")


one_of(
    "Preview",
    {"the preview": lambda world: world.session, "the first preview": lambda world: world.all_sessions[0]},
)


@part("Words", r'".*"|what was asked last')
def said(words: str) -> Callable[[CustomerSession], str]:
    """The words between quotation marks, or those that the session's last instruction wants."""
    return (lambda _session: words[1:-1]) if words.startswith('"') else last_heading


one_of(
    "Says",
    {
        "says": lambda shown, claim, _a_while: shown.becomes(claim),
        "still says": lambda shown, claim, a_while: shown.stays(claim, during=a_while),
    },
)
one_of(
    "Server",
    {
        "another task": lambda world, session: is_served(session, but_not_by=world.task),
        "the same task": lambda world, session: is_served(session, by=world.task),
        "its task": lambda _world, session: is_served(session),
    },
)
one_of(
    "Served",
    {
        "the session": lambda world: (world.session,),
        "each of its sessions": lambda world: world.group.sessions,
    },
)


@when("a visitor comes to {path}")
def visitor_comes(context: Context, path: str) -> None:
    """As a browser asks; `@browser`, with a real one, that stays there."""
    world: World = context.world
    url = world.platform.web.url(destination(path, world))
    if BROWSER in context.tags:
        world.asked.answer = world.sessions.come_with_browser(world.session, url)
    else:
        world.asked.answer = world.platform.preview.get(url)


@when("everything that its pages refer to is followed to the end")
def everything_followed(context: Context) -> None:
    """Scripts, modules, styles and images of the home page and of every page that it leads to."""
    world: World = context.world
    world.asked.loaded = world.platform.preview.whole_site(world.session.preview_url)
    world.asked.answers = tuple(loaded.answer for loaded in world.asked.loaded)


@then("the preview is live within {seconds:d} seconds, connected for updates")
def live_within(context: Context, seconds: int) -> None:
    """From the request, or from when the platform has the mail, to a page of the site with its update socket connected;
    all of it is on record by then.
    """
    world: World = context.world
    took = world.sessions.until_live(world.asked_for())
    world.run.ledger.measure("cold_start", took.total_seconds(), seconds)
    expect(took, within_budget(timedelta(seconds=seconds)), f"cold start of {world.session}")
    expect(world.session.record, is_whole(), f"the record of {world.session}")


@then("every preview is live within {seconds:d} seconds, with its own customer's work only")
def all_live(context: Context, seconds: int) -> None:
    """Counted for each from its own request; each page has its own words, no other's, and comes from its own task."""
    world: World = context.world
    took = until_all_live(world.platform, world.group.sessions)
    world.run.ledger.measure("cold_start", took.total_seconds(), seconds)
    expect(took, within_budget(timedelta(seconds=seconds)), "the slowest of the cold starts")
    expect(look(world.group.sessions), shows_own_work_only(), "the previews")


@then("the {page:Page} of {preview:Preview} {says:Says} {words:Words}")
def page_says(
    context: Context,
    page: str,
    preview: Callable[[World], CustomerSession],
    says: Callable[[Observed[Answer], Matcher[Answer], timedelta], object],
    words: Callable[[CustomerSession], str],
) -> None:
    """As a title or heading, as soon as the last instruction has been carried out.

    What it still says it says without a moment's change: the first look finds it, and so does every other for a while.
    """
    session = preview(context.world)
    a_while = session.platform.profile.patience.quiet_window
    says(session.page(page), has_heading(words(session)), a_while)


@then("{server:Server} serves {whom:Served} at its own address, connected for updates")
def served_by_task(
    context: Context,
    server: Callable[[World, CustomerSession], Matcher[Service]],
    whom: Callable[[World], Sequence[CustomerSession]],
) -> None:
    """At the address that the customer has, by the task that its record names; a browser connects there."""
    world: World = context.world
    for session in whom(world):
        service_of(session).becomes(server(world, session))
        world.sessions.open_browser(session)


@then("every answer at the preview's address was a waiting page that refreshes itself, until it was the site")
def waiting_until_live(context: Context) -> None:
    """No error page of the load balancer's own, no page without a Retry-After, and no going back."""
    wake_up = context.world.run.shared.wake_up()
    expect(wake_up.pages, waiting_then_live(), f"visits of {wake_up.session.preview_url}")


@then("whenever the session was called healthy or active, its preview was served")
def healthy_is_served(context: Context) -> None:
    """A visitor who believed the health page or the status call got the site at once."""
    wake_up = context.world.run.shared.wake_up()
    expect(wake_up.readiness, served_whenever_healthy(), f"status and health of {wake_up.session}")


@then("no request made meanwhile was answered with {one:d} or {other:d}")
def never_answered_with(context: Context, one: int, other: int) -> None:
    """Neither at the preview's address nor at those of the other services."""
    wake_up = context.world.run.shared.wake_up()
    for status in (one, other):
        expect(wake_up.answers, always(not_(answers_with(status))), "requests during the wake-up")


@then("the preview's old address says that the session has ended")
def old_address_says_ended(context: Context) -> None:
    """410, with a page that says so."""
    world: World = context.world
    within = world.platform.profile.patience.session_end
    world.session.home_page.becomes(answers_page(410, "ended"), within=within)


@then("the preview's old address says why the session failed")
def old_address_says_why(context: Context) -> None:
    """410, with the reason in the words of the record, as a reader sees them."""
    world: World = context.world
    page = world.session.home_page
    page.becomes(answers_page(410, "ended"), within=world.platform.profile.patience.session_end)
    expect(page.now(), reads(world.session.record.failure or "no reason on record"), str(world.session))


@then('the visitor gets {status:d} and reads "{words}"')
def visitor_reads(context: Context, status: int, words: str) -> None:
    """A page in words, not an error of the load balancer's own."""
    world: World = context.world
    expect(world.asked.answer, answers_with(status), world.asked.answer.url)
    expect(world.asked.answer, reads(words), world.asked.answer.url)


@then("the visitor is told when to come back")
def told_when_to_come_back(context: Context) -> None:
    """The page comes back by itself, and programs are told when."""
    world: World = context.world
    expect(world.asked.answer, is_waiting_page(), world.asked.answer.url)


@then("all of it is served, under the session's own path")
def all_served(context: Context) -> None:
    """Nothing is missing, and nothing lies elsewhere."""
    world: World = context.world
    expect(world.asked.loaded, all_loaded(), world.session.preview_url)
    own_path = f"/session/{world.session.session_id}/"
    expect(world.asked.loaded, lies_under(own_path), world.session.preview_url)
