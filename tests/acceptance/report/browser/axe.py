"""What axe-core, Deque's checks of the W3C's guidelines, has against a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from acceptance.npm_packages import installed

_ASK = """async () => (await axe.run({ resultTypes: ["violations"] })).violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.help}, ${one.nodes.length} times, first ${one.nodes[0].html}`)"""


def serious_violations(page: Page) -> list[str]:
    """Its serious and critical findings as the page stands, a sentence each, by their rules' names."""
    page.evaluate(
        (installed(Path(__file__).parent, print) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    )
    found: list[str] = page.evaluate(_ASK)
    return sorted(found)
