"""The report of a real run in a real browser: it renders, asks for nothing, and a failure is found by searching."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from acceptance.drivers.browser.chromium import chromium
from acceptance.results.run_folder import LATEST, PAGE, PROJECT, slug
from tests.acceptance.report.browser.axe import serious_violations
from tests.acceptance.report.browser.pages import opened, started
from tests.acceptance.report.real_run import (
    FAILING,
    FURTHER,
    PASSING,
    real_run,
    strangers_run,
    vanished_run,
)

_SMALL_BYTES = 200_000
_PICTURES = ("head", "waterfall", "failure")
_FIRST_SCREENS = {
    "accepted": "Accepted on the sandbox",
    "strangers": "Not accepted on the sandbox",
    "vanished": "Could not be judged on the sandbox",
}
"""Reports that are shown in the documents, and how each begins."""
_KEPT_IN = Path("acceptance/report/screenshots")
_SHOWN_IN = os.environ.get("REPORT_SCREENSHOTS", "")
_TIMELINES = "Timelines of the sessions"
_CLICK_ALL = "all => all.forEach(one => one.click())"

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with one failure; of a longer one when its pictures are to be shown."""
    passing = (*PASSING, *FURTHER) if _SHOWN_IN else PASSING
    return real_run(tmp_path_factory.mktemp("reports") / "run", passing=passing)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started(chromium(print)) as running:
        yield running


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a temporary folder, or the one that REPORT_SCREENSHOTS names (for the documents)."""
    folder = PROJECT / _SHOWN_IN if _SHOWN_IN else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _scenario(page: Page, name: str) -> Locator:
    """A scenario as the features tell it: its heading and its steps."""
    heading = page.get_by_role("heading", name=f"Scenario: {name}", exact=True)
    return page.locator("section").filter(has=heading).last


def _shoot(page: Page, first: Locator, last: Locator, target: Path) -> None:
    """A picture of the page's whole width, from the top of one element to the bottom of another."""
    top = first.evaluate("one => one.getBoundingClientRect().top + scrollY")
    bottom = last.evaluate("one => one.getBoundingClientRect().bottom + scrollY")
    width = page.evaluate("innerWidth")
    clip: FloatRect = {"x": 0, "y": top - 12, "width": width, "height": bottom - top + 24}
    page.screenshot(path=target, full_page=True, clip=clip)


def test_the_report_renders_without_a_complaint_and_asks_for_nothing_beyond_the_file(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report) as (page, noticed):
        for name in (FAILING, *PASSING):
            expect(_scenario(page, name)).to_be_visible()
        page.locator("details:not([open]) > summary").evaluate_all(_CLICK_ALL)
        page.get_by_role("button", name=re.compile(r"\bhooks?$")).evaluate_all(_CLICK_ALL)
        expect(page.get_by_text("after_scenario").first).to_be_visible()
        expect(page.get_by_role("heading", name="Acceptance report")).to_contain_text("Not accepted")
        assert noticed.requests == [report.as_uri()]
        assert noticed.complaints == []


def test_what_a_page_does_wrong_is_noticed(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<img src="http://localhost:9/x.png"><script>console.error("boo"); throw new Error("ouch")</script>',
        encoding="utf-8",
    )
    with opened(browser, bad) as (_, noticed):
        assert noticed.requests == [bad.as_uri(), "http://localhost:9/x.png"]
        assert {"error: boo", "uncaught: ouch"} <= set(noticed.complaints)


def test_a_failed_scenario_is_found_by_searching(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, noticed):
        search = page.get_by_role("textbox", name="Search")
        search.fill("Hermes")
        expect(_scenario(page, PASSING[1])).to_have_count(0)
        failed = _scenario(page, FAILING).locator("li[data-status=FAILED]")
        expect(failed).to_have_count(1)
        expect(failed).to_contain_text("exactly 1 Edit task was started for it")
        expect(failed).to_contain_text("expected: ")
        failed.get_by_text(_TIMELINES).click()
        expect(failed.get_by_text("HMR connected")).to_be_visible()
        search.fill(FAILING)
        expect(page.get_by_role("heading", name=re.compile("^Scenario: "))).to_have_count(1)
        expect(failed).to_be_visible()
        search.fill("qqq")
        expect(failed).to_have_count(0)
        assert noticed.complaints == []


def test_the_failed_ones_are_left_when_the_passed_ones_are_put_away(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        page.get_by_role("checkbox", name="passed").click()
        expect(_scenario(page, PASSING[0])).to_have_count(0)
        expect(_scenario(page, FAILING)).to_be_visible()


def test_every_picture_is_drawn(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        pictures = page.locator("figure img")
        expect(pictures).not_to_have_count(0)
        widths = pictures.evaluate_all("all => all.map(one => one.complete ? one.naturalWidth : 0)")
        assert min(widths) > 0, widths


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it_opened_or_closed(
    browser: Browser, report: Path, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, report) as (page, _):
        page.emulate_media(color_scheme=scheme)
        expect(_scenario(page, FAILING)).to_be_visible()
        assert serious_violations(page) == []
        page.locator("details:not([open]) > summary").evaluate_all(_CLICK_ALL)
        page.get_by_role("button", name=re.compile(r"\bhooks?$")).evaluate_all(_CLICK_ALL)
        expect(page.get_by_text("after_scenario").first).to_be_visible()
        assert serious_violations(page) == []


def test_what_axe_finds_is_told(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html lang="en"><title>x</title><a href="#x"></a><p style="color:#ccc">faint</p>', encoding="utf-8"
    )
    with opened(browser, bad) as (page, _):
        assert [told.partition(":")[0] for told in serious_violations(page)] == [
            "color-contrast",
            "link-name",
        ]


def test_a_link_made_of_names_opens_the_file_and_leads_to_the_sentence(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report) as (page, _):
        page.get_by_role("button", name="1_cold_start.feature").click()
        expect(_scenario(page, PASSING[0])).to_be_hidden()
        page.evaluate(
            "name => location.hash = name", f"scenario-cold-start-{slug(FAILING).replace('_', '-')}"
        )
        expect(page.get_by_role("heading", name=f"Scenario: {FAILING}", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_failure_is_told_second_by_second_one_click_from_its_heading(
    browser: Browser, report: Path, width: int
) -> None:
    with opened(browser, report, width=width) as (page, noticed):
        _scenario(page, FAILING).get_by_role("link", name="Second by second").click()
        line = page.locator(".time-line[open]")
        expect(line).to_be_in_viewport()
        expect(line.get_by_role("img")).to_be_visible()
        expect(line.locator("tr.bad", has_text="exactly 1 Edit task was started for it")).to_have_count(1)
        for kind in ("Steps", "Waits", "Requests", "Open pages", "Tasks", "AWS calls"):
            expect(line.locator("td", has_text=re.compile(f"^{kind}$")).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert noticed.complaints == []


def test_the_next_failure_is_one_click_away(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        page.get_by_role("button", name="Next failure").click()
        expect(page.locator(".failures .cause")).to_be_in_viewport()
        page.get_by_role("button", name="Next failure").click()
        expect(page.locator("li[data-status=FAILED]").first).to_be_in_viewport()


def test_the_broken_promise_and_whom_it_hurts_stand_in_the_first_screen(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report) as (page, _):
        for told in ("on the sandbox", "a customer meets an error page while her preview starts"):
            expect(page.get_by_text(re.compile(told, re.IGNORECASE)).first).to_be_in_viewport()
        broken = page.locator(".promises tr.broken")
        expect(broken).to_have_count(1)
        expect(broken).to_contain_text("Waking up is orderly, seen from inside and outside")


def test_paper_has_all_of_it_and_a_narrow_window_the_numbers(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        expect(_scenario(page, FAILING)).to_be_visible()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        expect(page.locator("#content button[aria-expanded=false]", has_text=".feature")).to_have_count(0)
    with opened(browser, report, width=390) as (page, _):
        expect(page.locator("figure .wide img").first).to_be_hidden()
        expect(page.get_by_role("row", name=FAILING).first).to_be_visible()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nobody_has_to_scroll_sideways(browser: Browser, report: Path, width: int) -> None:
    with opened(browser, report, width=width) as (page, _):
        expect(_scenario(page, FAILING)).to_be_visible()
        wanted = page.evaluate("document.documentElement.scrollWidth")
        assert wanted <= width, f"the page is {wanted} px wide in a window of {width} px"


def test_screenshots_for_the_documents_are_taken(browser: Browser, report: Path, shots: Path) -> None:
    with opened(browser, report, width=1100) as (page, _):
        expect(_scenario(page, FAILING)).to_be_visible()
        header = page.locator("header.acceptance")
        _shoot(page, header.locator("h1"), header.locator("table").first, shots / "head.png")
        waterfall = page.locator("figure").filter(has=page.get_by_alt_text("stage by stage"))
        heading = page.get_by_role("heading", name="stage by stage")
        _shoot(page, heading, waterfall, shots / "waterfall.png")
        page.get_by_role("textbox", name="Search").fill("Hermes")
        expect(_scenario(page, PASSING[1])).to_have_count(0)
        failure = _scenario(page, FAILING)
        failure.get_by_text(_TIMELINES).click()
        _shoot(page, failure, failure, shots / "failure.png")
    for name in _PICTURES:
        size = (shots / f"{name}.png").stat().st_size
        assert 5_000 < size < _SMALL_BYTES, f"{name}.png has {size} bytes"


@pytest.mark.skipif(not _SHOWN_IN, reason="REPORT_SCREENSHOTS asks for pictures of three whole reports")
@pytest.mark.parametrize("name", _FIRST_SCREENS)
def test_first_screens_for_the_documents_are_taken(
    browser: Browser, tmp_path: Path, shots: Path, name: str
) -> None:
    """Of what `make accept` has left in reports/latest, and of two runs that end badly."""
    made = {"strangers": strangers_run, "vanished": vanished_run}
    path = made[name](tmp_path / name) if name in made else PROJECT / "reports" / LATEST / PAGE
    with opened(browser, path, width=1100, height=800) as (page, _):
        expect(page.get_by_role("heading", name="Acceptance report")).to_contain_text(_FIRST_SCREENS[name])
        page.screenshot(path=shots / f"{name}.png")


def test_the_documents_show_the_screenshots() -> None:
    readme, page = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/report.md"))
    assert f"]({_KEPT_IN / 'head.png'})" in readme
    for name in (*_PICTURES, *_FIRST_SCREENS):
        path = _KEPT_IN / f"{name}.png"
        assert (PROJECT / path).read_bytes().startswith(b"\x89PNG"), path
        assert f"](../{path})" in page, path
