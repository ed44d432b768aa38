"""What the rule-based editor understands, and what it leaves alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox.services.edit.draft import Change, Draft, Outside
from sandbox.services.edit.editor import NotUnderstood, RuleEditor
from sandbox.toolchain import SITE


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(SITE, root, ignore=shutil.ignore_patterns("node_modules"))
    return root


def carry_out(site: Path, instruction: str) -> dict[str, str | None]:
    """Plan and write; the changed files' new texts by path."""
    changes = RuleEditor().plan(instruction, site)
    for change in changes:
        path = site / change.path
        assert change.before == (path.read_text() if path.exists() else None)
        if change.after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change.after)
    return {change.path: change.after for change in changes}


@pytest.mark.parametrize(
    ("instruction", "path", "text"),
    [
        ("Create a components/Header.astro file", "src/components/Header.astro", "<header>"),
        ("create Header.astro", "src/components/Header.astro", "<header>"),
        ("Create the file `src/components/Box.astro`.", "src/components/Box.astro", "<section>"),
        ('Add a new page called "Test Page"', "src/pages/test-page.astro", "<h1>Test Page</h1>"),
        (
            "Please add a page called Opening hours.",
            "src/pages/opening-hours.astro",
            "<h1>Opening hours</h1>",
        ),
        ("Could you create a “Prices” page?", "src/pages/prices.astro", "<h1>Prices</h1>"),
        (
            'Add a page called "Menu" with the text "Soup & bread"',
            "src/pages/menu.astro",
            "<p>Soup &amp; bread</p>",
        ),
        ('Add a new page called\n"Wrapped by mail"', "src/pages/wrapped-by-mail.astro", "Wrapped by mail"),
        ('Add a new page called "Über uns"', "src/pages/uber-uns.astro", "<h1>Über uns</h1>"),
        ('Add a new page called "Контакты"', "src/pages/контакты.astro", "<h1>Контакты</h1>"),
        ('Add a new page called "料金"', "src/pages/料金.astro", "<h1>料金</h1>"),
        ("Create a page pages/shop/cakes.astro", "src/pages/shop/cakes.astro", '"../../layouts/Base.astro"'),
        ("Add a component named site footer", "src/components/SiteFooter.astro", "<section>"),
        ('Change the heading to "Hello, World"', "src/pages/index.astro", "<h1>Hello, World</h1>"),
        ('Change the heading of the about page to "Us"', "src/pages/about.astro", "<h1>Us</h1>"),
        ('Set the headline on the About page to "Us"', "src/pages/about.astro", "<h1>Us</h1>"),
        ('Replace "Three ovens" with "Four ovens"', "src/pages/about.astro", "<p>Four ovens, one"),
        ('Change the text "one family" to "two"', "src/pages/about.astro", "Three ovens, two, since"),
        ('Set the text of the about page to "New"', "src/pages/about.astro", "<p>New</p>"),
        ("Update Welcome.astro with new content", "src/components/Welcome.astro", "<p>new content</p>"),
        ('Update the about page with "Fresh"', "src/pages/about.astro", "<p>Fresh</p>"),
        (
            'Add a paragraph "Closed on Monday" to the about page',
            "src/pages/about.astro",
            "<p>Closed on Monday</p>",
        ),
        ("Make the headings blue", "src/styles/site.css", "h1, h2, h3 {\n  color: blue;\n}"),
        ("Change the colour of the links to #b5651d", "src/styles/site.css", "a {\n  color: #b5651d;\n}"),
        ("Set the background to light yellow", "src/styles/site.css", "background-color: lightyellow"),
        ('Add a style rule "h1 { color: red }"', "src/styles/site.css", "h1 { color: red }"),
        ("Add a style rule: h1 { color: red }", "src/styles/site.css", "h1 { color: red }"),
    ],
)
def test_an_instruction_changes_the_file_it_is_about(
    site: Path, instruction: str, path: str, text: str
) -> None:
    changed = carry_out(site, instruction)
    assert list(changed) == [path]
    assert text in (changed[path] or "")


def test_several_files_in_one_instruction(site: Path) -> None:
    changed = carry_out(
        site,
        'Add a page called "Prices and terms" and create components/A.astro and components/B.astro; '
        'make the headings green, then change the heading to "Bread; cakes and more"\n'
        "- Delete the about page",
    )
    assert list(changed) == [
        "src/pages/prices-and-terms.astro",
        "src/components/A.astro",
        "src/components/B.astro",
        "src/styles/site.css",
        "src/pages/index.astro",
        "src/pages/about.astro",
    ]
    assert "<h1>Bread; cakes and more</h1>" in (changed["src/pages/index.astro"] or "")
    assert changed["src/pages/about.astro"] is None


def test_a_mail_is_read_without_its_courtesies(site: Path) -> None:
    mail = 'Hello team,\n\nPlease add a page called "Jobs".\n\nBest regards,\nRemove the about page\n-- \nAnna\n> old'
    assert list(carry_out(site, mail)) == ["src/pages/jobs.astro"]


def test_a_page_is_deleted_by_its_title(site: Path) -> None:
    carry_out(site, 'Add a new page called "Test Page"')
    assert carry_out(site, 'Delete the page "Test Page"') == {"src/pages/test-page.astro": None}


def test_a_deleted_component_is_taken_out_of_the_pages(site: Path) -> None:
    changed = carry_out(site, "Delete Welcome.astro")
    assert changed["src/components/Welcome.astro"] is None
    assert "Welcome" not in (changed["src/pages/index.astro"] or "Welcome")


def test_creating_what_is_there_overwrites_nothing(site: Path) -> None:
    before = (site / "src/pages/about.astro").read_text()
    assert carry_out(site, 'Add a page called "About"') == {"src/pages/about.astro": before}


def test_what_a_customer_writes_never_becomes_code(site: Path) -> None:
    evil = "{process.exit(1)}<script>alert(1)</script>"
    for instruction in (
        f'Add a page called "X" with the text "{evil}"',
        f'Change the heading to "{evil}"',
        f'Replace "Three ovens" with "{evil}"',
        f"Add a page called “Y {evil}”",
    ):
        for source in carry_out(site, instruction).values():
            assert "{process" not in (source or "")
            assert "<script" not in (source or "")


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("Make it sing", "I did not understand “Make it sing”"),
        ('Add a page called "A" and make it sing', "I did not understand “make it sing”"),
        ("Hello!", "nothing to do"),
        ("Update Footer.astro with more", "There is no file “Footer.astro”"),
        ('Change the heading of the shop page to "X"', "There is no page “shop”"),
        ('Replace "no such words" with "x"', "I did not find the text “no such words”"),
        ("Delete the home page", "I do not delete the home page"),
        ("Make the headings nicer", "I did not understand"),
        ('Add a style rule "h1 { color: red"', "is no style rule"),
        ("Create ../outside.astro", "I cannot touch “../outside.astro”"),
        ("Create /etc/passwd.txt", "I cannot touch “/etc/passwd.txt”"),
        ("Create src/../../up.astro", "I cannot touch"),
        ("Create src/.git/config.txt", "I cannot touch"),
        ("Delete package.json", "There is no file"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_planned(
    site: Path, instruction: str, sentence: str
) -> None:
    with pytest.raises(NotUnderstood) as caught:
        RuleEditor().plan(instruction, site)
    assert sentence in str(caught.value)


def test_a_link_out_of_the_site_is_not_followed(site: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (site / "src" / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Outside):
        Draft(site).write("src/linked/file.txt", "x")


def test_a_draft_shows_its_own_changes_and_reports_them_once(site: Path) -> None:
    draft = Draft(site)
    draft.write("src/new.txt", "a")
    draft.write("src/new.txt", "b")
    assert draft.read("src/new.txt") == "b"
    assert draft.changes() == [Change("src/new.txt", None, "b")]
    assert not (site / "src/new.txt").exists()
