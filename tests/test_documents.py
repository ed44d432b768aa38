"""The documents: the code that they show is the project's, and the paths and links that they name are there."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
FOLDERS = ("acceptance", "deployments", "docs", "faults", "features", "sandbox", "steps", "tests")
FIRST_SCENARIO = PROJECT / "docs" / "first-scenario.md"


def shown(document: Path) -> Iterator[tuple[str, str]]:
    """What a document shows of a file: the last path that is named before a block of code, and each part of the block.

    A line of three dots parts what is not together in the file.
    """
    text = document.read_text(encoding="utf-8")
    for block in re.finditer(r"^```(?:python|gherkin)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        path = re.findall(r"`((?:\w+/)+\w+\.\w+)`", text[: block.start()])[-1]
        yield from ((path, part) for part in block[1].split("\n...\n"))


def test_the_first_scenario_shows_what_is_there() -> None:
    parts = list(shown(FIRST_SCENARIO))
    assert len(parts) > 5
    for path, part in parts:
        wanted = part.rstrip("\n")
        if wanted not in (PROJECT / path).read_text(encoding="utf-8"):
            files = [
                file
                for folder in FOLDERS
                for kind in ("py", "feature")
                for file in (PROJECT / folder).rglob(f"*.{kind}")
            ]
            now = [
                str(file.relative_to(PROJECT)) for file in files if wanted in file.read_text(encoding="utf-8")
            ]
            pytest.fail(f"docs/first-scenario.md shows of {path} what is in {now or 'no file'}:\n{part}")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", text))
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    lost = {path for path in named if not (PROJECT / path).exists()}
    lost |= {link for link in linked if "://" not in link and not (document.parent / link).exists()}
    assert lost == set()


def test_every_room_of_the_house_is_described_from_the_top_down() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `acceptance/(\w+)/` \|", text, re.MULTILINE)
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    assert described == [room for layer in layers for room in re.findall(r"\w+", layer)]
    assert set(described) == {path.parent.name for path in (PROJECT / "acceptance").glob("*/__init__.py")}


def test_the_run_that_the_readme_shows_has_as_many_scenarios_as_there_are() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    least = tomllib.loads((PROJECT / "acceptance/gate/expected.toml").read_text(encoding="utf-8"))[
        "scenarios"
    ]
    shown = {*re.findall(r"\[\d+/(\d+)\]", text), *re.findall(r"(\d+) (?:scenarios in|passed)\b", text)}
    assert shown == {str(least)}


def test_what_an_editor_is_told_to_open_is_there() -> None:
    told = json.loads((PROJECT / ".vscode/settings.json").read_text(encoding="utf-8"))
    globs = [*told["cucumber.features"], *told["cucumber.glue"], *told["python.testing.pytestArgs"]]
    assert [glob for glob in globs if not list(PROJECT.glob(glob))] == []


def test_a_word_is_explained_once() -> None:
    text = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE)
    assert len(words) > 20
    assert [word for word in words if words.count(word) > 1] == []


def test_a_line_of_a_feature_that_a_document_names_is_a_scenarios() -> None:
    named = {
        match.groups()
        for document in DOCUMENTS
        for match in re.finditer(
            r"(features/\w+\.feature):(\d+)(?!.*no step)", document.read_text(encoding="utf-8")
        )
    }
    assert named
    for path, line in named:
        assert (
            (PROJECT / path)
            .read_text(encoding="utf-8")
            .splitlines()[int(line) - 1]
            .strip()
            .startswith("Scenario")
        )
