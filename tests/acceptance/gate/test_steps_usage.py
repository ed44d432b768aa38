"""Sentences that only a rule's Background says are said, and those that nobody says are told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

FEATURE = """
Feature: F
  Rule: R
    Background:
      Given it is well
    Scenario: S
      Then all is well
"""

STEPS = """
from behave import given, then

@given("it is well")
def well(context): ...

@given("it is raining")
def raining(context): ...

@then("all is well")
def all_well(context): ...
"""


def test_a_background_of_a_rule_says_its_sentences(tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "f.feature").write_text(FEATURE)
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "all.py").write_text(STEPS)
    command = ["--dry-run", "--format", "acceptance.gate.steps_usage:StepsUsage", "features"]
    ran = subprocess.run(
        [sys.executable, "-m", "behave", *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Given it is well" in ran.stdout, ran.stdout + ran.stderr
    _, _, unused = ran.stdout.partition("UNUSED STEP DEFINITIONS[1]:")
    assert "it is raining" in unused, ran.stdout
    assert "it is well" not in unused
