"""The preview as a visitor and a browser see it."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context
from hamcrest import not_

from acceptance.journeys.further_edits import all_reached_the_page, edit_in_turn
from acceptance.journeys.timeline import Stage
from acceptance.matchers.answers import always, answers_with, has_heading, is_live, is_waiting_page
from acceptance.matchers.preview import has_update_since, served_whenever_healthy, waiting_then_live
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import wait_until


@given("its preview is open in a browser")
def preview_open(context: Context) -> None:
    """The home page is loaded and its update socket connected."""
    world: World = context.world
    world.sessions.open_browser(world.session)


@when("the customer asks for {count:d} changes, each once the one before is there")
def changes_in_turn(context: Context, count: int) -> None:
    """She waits for the preview to serve it, and looks at the page that she has open."""
    world: World = context.world
    world.edits = edit_in_turn(world.platform, world.session, count)


@then("the open preview updated by itself for each of them")
def updated_for_each(context: Context) -> None:
    """The browser received news of every one."""
    world: World = context.world
    expect(world.edits, all_reached_the_page(), f"browser on {world.session}")


@then("the open preview updates by itself")
def preview_updates(context: Context) -> None:
    """The browser receives news that it did not have to ask for."""
    world: World = context.world
    browser = world.session.browser
    wait_until(
        lambda: browser,
        has_update_since(world.mark_of(browser)),
        what=f"browser on {world.session}",
        within=world.platform.profile.patience.instruction,
    )
    world.session.timeline.mark(Stage.FIRST_UPDATE)


@then('the home page of the preview says "{words}"')
def home_page_says(context: Context, words: str) -> None:
    """As a title or heading."""
    page_says(context, "", words)


@then('the page "{name}" of the preview says "{words}"')
def named_page_says(context: Context, name: str, words: str) -> None:
    """As a title or heading."""
    page_says(context, name, words)


def page_says(context: Context, name: str, words: str) -> None:
    """Look at a page of the preview until it carries the words."""
    world: World = context.world
    world.session.page(name).becomes(has_heading(words))


@then("every answer at the preview's address was the waiting page, until it was the site")
def waiting_until_live(context: Context) -> None:
    """No error page of the load balancer's own, and no going back."""
    wake_up = context.world.suite.shared.wake_up()
    expect(wake_up.pages, waiting_then_live(), f"visits of {wake_up.session.preview_url}")


@then("whenever the session was called healthy, its preview was served")
def healthy_is_served(context: Context) -> None:
    """A visitor who believed the health page got the site at once."""
    wake_up = context.world.suite.shared.wake_up()
    expect(wake_up.readiness, served_whenever_healthy(), f"health of {wake_up.session}")


@then("the waiting page asks the browser to come back by itself")
def waiting_page_refreshes(context: Context) -> None:
    """With a refresh in the page and a Retry-After."""
    wake_up = context.world.suite.shared.wake_up()
    waiting = [sample for sample in wake_up.pages if not is_live().matches(sample.value)]
    expect(waiting, always(is_waiting_page()), f"visits of {wake_up.session.preview_url}")


@then("no request made meanwhile was answered with {one:d} or {other:d}")
def never_answered_with(context: Context, one: int, other: int) -> None:
    """Neither at the preview's address nor at those of the other services."""
    wake_up = context.world.suite.shared.wake_up()
    for status in (one, other):
        expect(wake_up.answers, always(not_(answers_with(status))), "requests during the wake-up")
