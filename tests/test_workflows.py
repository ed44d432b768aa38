"""What CI runs: the workflow has nothing that zizmor warns of, and the recipes for other systems can be read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]


def found_by_zizmor(folder: Path) -> tuple[int, str]:
    """zizmor's exit code, 0 if it finds nothing, and what it says of a folder with workflows; asks no network."""
    program = Path(sys.executable).with_name("zizmor")
    ran = subprocess.run(
        [program, "--offline", "--no-progress", "--color=never", folder],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_zizmor_finds_nothing_in_the_workflow() -> None:
    code, said = found_by_zizmor(PROJECT / ".github")
    assert (code, "completed" in said) == (0, True), said


def test_a_workflow_that_keeps_its_credentials_is_found(tmp_path: Path) -> None:
    text = (PROJECT / ".github/workflows/acceptance.yml").read_text(encoding="utf-8")
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(text.replace("persist-credentials: false", "fetch-depth: 1"), encoding="utf-8")
    code, said = found_by_zizmor(tmp_path / ".github")
    assert (code != 0, "artipacked" in said) == (True, True), said


def test_the_recipes_for_other_systems_are_yaml_and_run_the_gate() -> None:
    page = (PROJECT / "docs" / "verdict.md").read_text(encoding="utf-8")
    recipes = [
        yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    ]
    assert len(recipes) == 2
    assert all("python -m acceptance run" in str(recipe) for recipe in recipes)
