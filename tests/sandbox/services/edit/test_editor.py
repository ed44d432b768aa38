"""What the editor makes of an instruction, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox.host.toolchain import SITE
from sandbox.services.edit.draft import Change, Draft, Outside
from sandbox.services.edit.editor import Impossible, plan

HOME = "src/pages/index.astro"
STYLES = "src/styles/site.css"
EVERYDAY = """
Put a line with our opening hours at the bottom of every page
Make the headings blue
The logo is too small, please double its size
We are closed on Monday the 14th
Use a warmer background, something like fresh bread
Add a contact form with name, mail and message
Show our address on a map
Translate the about page into German
Fix the typo in "Harbor Bakery"
Replace the photo on the front page
Change the phone number to +49 40 123456
Add links to our Instagram and Facebook
Move the menu to the left
Make the text easier to read on phones
Add a price list: rolls 0.40, rye 3.20, cake 2.80
Remove the second paragraph
Sort the cakes by price
Add a banner for the summer sale
Write two sentences about our new oven
Make all buttons round
Set the title of the browser tab to Harbour Bakery
Add a footer that says who built the site
Use a serif font for headings
Make a gallery out of the pictures in the folder
Add a cookie notice
Put the newsletter sign-up into the sidebar
Can you make it look a bit more modern?
Hide prices for wholesale customers
Add a dark mode
Show the three latest posts on the front page
Explain how to order a wedding cake
Add questions and answers about allergens
Make the picture at the top as wide as the window
Link the words "our ovens" to the about page
Change the currency from DM to €
Add an imprint, as the law demands
Swap the first two sections
Shorten the text about our history by half
Let visitors choose between English and Danish
Thank you for yesterday! Now undo the last change, please
""".strip().splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(SITE, root, ignore=shutil.ignore_patterns("node_modules"))
    return root


def carry_out(site: Path, instruction: str) -> dict[str, str | None]:
    """Plan and write; the changed files' new texts by path."""
    changes = plan(instruction, site)
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
        ("Create a components/Header.astro file", "src/components/Header.astro", "<p>Header</p>"),
        ("create src/pages/shop/cakes.astro.", "src/pages/shop/cakes.astro", '"../../layouts/Base.astro"'),
        ('Add a new page called "Test Page"', "src/pages/test-page.astro", "<h1>Test Page</h1>"),
        ("Please add a page called “Prices”.", "src/pages/prices.astro", "<h1>Prices</h1>"),
        ('Add a new page called\n"Wrapped by mail"', "src/pages/wrapped-by-mail.astro", "Wrapped by mail"),
        ('Add a new page called "Über uns"', "src/pages/uber-uns.astro", "<h1>Über uns</h1>"),
        ('Add a new page called "Контакты"', "src/pages/контакты.astro", "<h1>Контакты</h1>"),
        ('Add a new page called "料金"', "src/pages/料金.astro", "<h1>料金</h1>"),
        ("Update Welcome.astro with new content", "src/components/Welcome.astro", "<p>new content</p>"),
        ('Change the text colour to "navy"', STYLES, "  color: navy;\n}\n\nbody"),
        ('Change the heading to "Hello, World"', HOME, "<h1>Hello, World</h1>"),
        ('Change the heading to "Say "bread""', HOME, '<h1>Say "bread"</h1>'),
    ],
)
def test_an_instruction_of_a_known_form_changes_the_file_it_is_about(
    site: Path, instruction: str, path: str, text: str
) -> None:
    changed = carry_out(site, instruction)
    assert list(changed) == [path]
    assert text in (changed[path] or "")


@pytest.mark.parametrize("wish", EVERYDAY)
def test_any_other_wish_stands_on_the_home_page_in_the_customers_words(site: Path, wish: str) -> None:
    before = (site / HOME).read_text()
    assert carry_out(site, wish) == {HOME: before.replace("</h1>", f"</h1>\n  <p>{wish}</p>")}


def test_where_no_style_names_a_colour_the_wish_stands_on_the_home_page(site: Path) -> None:
    (site / STYLES).write_text("body { background-color: white }")
    assert list(carry_out(site, 'Change the text colour to "navy"')) == [HOME]


def test_a_page_whose_name_has_no_letter_stands_on_the_home_page_as_a_wish(site: Path) -> None:
    before = (site / HOME).read_text()
    wish = 'Add a page called "🥐"'
    assert carry_out(site, wish) == {HOME: before.replace("</h1>", f"</h1>\n  <p>{wish}</p>")}


def test_a_wish_that_was_carried_out_before_is_carried_out_again(site: Path) -> None:
    for count in (1, 2):
        assert (carry_out(site, "Add a dark mode")[HOME] or "").count("<p>Add a dark mode</p>") == count


def test_a_home_page_without_a_heading_shows_the_wish_at_its_end(site: Path) -> None:
    (site / HOME).write_text("<p>Nothing else</p>")
    assert carry_out(site, "Add a dark mode") == {HOME: "<p>Nothing else</p>\n  <p>Add a dark mode</p>"}


def test_a_page_is_deleted_by_its_title(site: Path) -> None:
    carry_out(site, 'Add a new page called "Test Page"')
    assert carry_out(site, 'Delete the page "Test Page"') == {"src/pages/test-page.astro": None}


def test_creating_what_is_there_overwrites_nothing(site: Path) -> None:
    before = (site / "src/pages/about.astro").read_text()
    assert carry_out(site, 'Add a page called "About"') == {"src/pages/about.astro": before}


def test_what_a_customer_writes_never_becomes_code(site: Path) -> None:
    evil = "{process.exit(1)}<script>alert(1)</script>--- `${process.exit(1)}` </Base>"
    for instruction in (
        evil,
        f'Change the heading to "{evil}"',
        f"Add a page called “Y {evil}”",
        f"Create src/components/{evil.replace(' ', '').replace('/', '')}.astro",
        'Create a src/pages/spy.js file with the text "export const GET = () => new Response()"',
    ):
        ((path, source),) = carry_out(site, instruction).items()
        assert path.endswith(".astro")
        for tag in ("{process", "<script", "</Base> "):
            assert tag not in (source or "").removeprefix("---\n")
        if path == HOME:
            assert (source or "").count("---\n") == 2


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ('Delete the page "Nowhere"', "There is no page “Nowhere” on the website."),
        ("Update Footer.astro with more", "There is no component “Footer.astro” on the website."),
        ("Update ../pages/index.astro with more", "I cannot touch"),
        ('Delete the page "Index"', "I do not delete the home page"),
        ('Delete the page "?!"', "There is no page “?!” on the website."),
        ("Create ../outside.astro", "I cannot touch “src/../outside.astro”"),
        ("Create /etc/passwd.astro", "I cannot touch “src//etc/passwd.astro”"),
        ("Create src/../../up.astro", "I cannot touch"),
        ("Create src/.git/config.astro", "I cannot touch"),
        ("Create src/pages/index.astro/below.astro", "I cannot touch"),
        ("Create pages/fresh%20bread.astro", "no part of a page's address"),
        ("Create pages/what?.astro", "no part of a page's address"),
        ("Create pages/no#1.astro", "no part of a page's address"),
        ("Create pages/[.astro", "no part of a page's address"),
        ("Create pages/[...rest].astro", "no part of a page's address"),
        (f"Create components/{'x' * 250}.astro", "is too long for a file"),
        (f"Create {'deep/' * 300}x.astro", "is too long for a file"),
        (f'Add a page called "{"料" * 84}"', "is too long for a file"),
        ("Make it \ud800 nice", "no file of a website can hold"),
        ("Make it \0 nice", "no file of a website can hold"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_planned(
    site: Path, instruction: str, sentence: str
) -> None:
    with pytest.raises(Impossible) as caught:
        plan(instruction, site)
    assert sentence in str(caught.value)


def test_a_name_may_be_as_long_as_a_file_name(site: Path) -> None:
    assert carry_out(site, f'Add a page called "{"x" * 249}"')


@pytest.mark.parametrize("kind", ["pipe", "folder", "binary", "huge", "link", "loop", "device", "none"])
def test_a_home_page_that_is_no_text_is_said_to_be_none(site: Path, tmp_path: Path, kind: str) -> None:
    home = site / HOME
    home.unlink()
    match kind:
        case "pipe":
            os.mkfifo(home)
        case "folder":
            home.mkdir()
        case "binary":
            home.write_bytes(b"\xff\xfe\0")
        case "huge":
            home.write_bytes(b"x" * 1_000_001)
        case "link":
            (tmp_path / "secret").write_text("<h1>Secret</h1>")
            home.symlink_to(tmp_path / "secret")
        case "loop":
            home.symlink_to(home)
        case "device":
            home.symlink_to("/dev/zero")
    with pytest.raises(Impossible, match=r"no home page|cannot touch"):
        plan("Add a dark mode", site)


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
