"""The container files fit the repository: what they copy is there, what they start exists, their pins are its own."""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGES = sorted((ROOT / "deployments" / "images").glob("*.Dockerfile"))
PACKAGES = {"aiohttp": "aiohttp", "boto3": "boto3", "botocore": "boto3"}
"""Modules that are not Python's own, each with the package that brings it."""


def instructions(image: Path) -> list[tuple[str, str]]:
    """What stands in a container file: instruction and arguments."""
    text = re.sub(r"^#.*\n", "", image.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def given(image: Path, wanted: str) -> list[str]:
    return [rest for name, rest in instructions(image) if name == wanted]


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_what_an_image_copies_is_there(image: Path) -> None:
    sources = [source for copied in given(image, "COPY") for source in copied.split()[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_an_image_starts_what_exists_and_leaves_room_for_another_command(image: Path) -> None:
    assert given(image, "ENTRYPOINT") == []
    (command,) = map(json.loads, given(image, "CMD"))
    if command[:2] == ["python", "-m"]:
        assert (ROOT / Path(*command[2].split("."), "__main__.py")).exists()
    else:
        module, _, function = command[0].rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.stem)
def test_an_images_packages_are_the_projects(image: Path) -> None:
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.in").read_text(), re.MULTILINE))
    installed = dict(re.findall(r"([\w-]+)==(\S+)", " ".join(given(image, "RUN"))))
    assert installed
    assert {name: pinned.get(name) for name in installed} == installed
    service = ROOT / "sandbox" / "services" / image.name.partition(".")[0].replace("-", "_")
    assert imports([*service.rglob("*.py"), *service.parent.glob("*.py")]) <= installed.keys()


def imports(files: list[Path]) -> set[str]:
    """The packages that files import when they run, beside Python's own and the project's."""
    found = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
    # Stubs are imported under TYPE_CHECKING alone.
    tops = {name.partition(".")[0] for name in found if not name.startswith("mypy_")}
    return {PACKAGES[top] for top in tops - sys.stdlib_module_names - {"sandbox"}}
