"""A page that is open when its session ends shows what the platform says of the end, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from acceptance.drivers.browser.chromium import chromium
from tests.acceptance.report.browser.pages import started
from tests.sandbox.services.edit.edit_stand import ADDRESS, EditStand

ENDED = "<!doctype html><title>Ended</title><h1>This preview has ended</h1>"


@pytest.fixture
def edit(tmp_path: Path) -> Iterator[EditStand]:
    stand = EditStand(tmp_path)
    try:
        stand.start()
        assert stand.put("one", 'Change the heading to "Still here"').status == 202
        assert stand.settled("one")["state"] == "ready", stand.log()
        yield stand
    finally:
        stand.stop()


def test_an_open_page_shows_the_end_of_its_session(edit: EditStand) -> None:
    asked: list[str] = []

    def as_the_platform(route: Route) -> None:
        """What the load balancer and the session API do for an address whose session is over."""
        asked.append(route.request.url)
        route.fulfill(status=410, content_type="text/html", body=ENDED)

    port = edit.settled("one")["port"]
    with started(chromium(lambda _: None)) as browser:
        page = browser.new_page()
        with page.expect_websocket():
            page.goto(f"http://{ADDRESS}:{port}/session/one/")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Still here")
        page.route(re.compile(r"/session/one/"), as_the_platform)
        assert edit.call("DELETE", "/sessions/one").status == 204
        expect(heading).to_have_text("This preview has ended", timeout=15_000)
    assert asked[0].endswith("/session/one/health"), "the page asks for the health, which is no activity"
