"""What means nothing is told before a platform starts, under plain behave as well."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from behave.configuration import Configuration
from behave.model import Feature
from behave.parser import parse_file
from behave.step_registry import StepRegistry

from acceptance.results.preflight import undefined_steps, wrong_lines, wrong_settings, wrong_tag_expression
from acceptance.results.run_folder import PROJECT

TEXT = '''@anywhere
Feature: F
  Told in a line.

  Rule: R

    Scenario: S
      Given a table
        | a |
        | 1 |
      And a text
        """
        one
        """

    @slow
    Scenario Outline: O
      Given <n>

      Examples:
        | n |
        | 1 |
'''


@pytest.fixture
def feature(tmp_path: Path) -> Feature:
    """A feature with a scenario and an outline of one row."""
    path = tmp_path / "f.feature"
    path.write_text(TEXT, encoding="utf-8")
    parsed: Feature | None = parse_file(str(path))
    assert parsed is not None
    return parsed


def test_a_line_is_a_scenarios_or_nothing(feature: Feature) -> None:
    good = [
        line
        for line in range(30)
        if not list(wrong_lines([feature], [f"{feature.filename}:{line}"])) and line
    ]
    assert good == [2, 5, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 22]
    (told,) = wrong_lines([feature], [f"{feature.filename}:9999"])
    assert told.endswith(f"the nearest is {feature.filename}:22 (O -- @1.1 )")
    assert (
        list(wrong_lines([feature], [str(feature.filename), str(Path(str(feature.filename)).parent)])) == []
    )


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("(@slow and not @criterion.routing) or @bug.x-1", []),
        ("@criterion.* or @bug.* or @skip.no-moon", []),
        ("@slow,~@nosuch", ["nosuch"]),
        ("not @slwo and @criterion.nosuch.*", ["slwo", "criterion.nosuch.*"]),
    ],
)
def test_a_tag_that_no_scenario_can_have_is_named(expression: str, wrong: list[str]) -> None:
    told = list(wrong_tag_expression(Configuration(command_args=[f"--tags={expression}"])))
    assert [line.split("@")[1].split(":")[0].split(";")[0] for line in told] == wrong


def test_a_setting_that_means_nothing_is_named_with_the_nearest() -> None:
    assert list(wrong_settings({"patience": "2", "aws.region": "x", "keep": "never"})) == []
    (told,) = wrong_settings({"patiance": "2"})
    assert told.startswith(
        "-D patiance means nothing: did you mean patience?; there are keep, lease, patience, pause, profile"
    )


def test_a_sentence_without_a_step_is_told_once_with_its_place_and_a_step_to_paste(feature: Feature) -> None:
    config = Configuration(command_args=["--name=S"])
    told = list(undefined_steps([feature], config, StepRegistry()))
    assert told == [
        f"{feature.filename}:{line}: no step is written for: {sentence}\n"
        f"    @given('{sentence.split(' ', 1)[1]}')\n    def _(context: Context) -> None: ..."
        for line, sentence in ((8, "Given a table"), (11, "And a text"))
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tags=@nosuch"], "--tags: there is no tag @nosuch"),
        (["--name=nobody wrote this"], "nothing is selected"),
        (["-D", "patiance=2"], "did you mean patience?"),
        (["features/1_cold_start.feature:9999"], "no scenario stands at that line"),
        (["-D", "sandbox=http://127.0.0.1:1/"], "no sandbox answers there"),
        (["-D", "profile=deployments/aws.example.toml"], "aws.region = '<us-east-1>' is not filled in"),
    ],
)
def test_behave_alone_starts_no_platform_for_it(arguments: list[str], said: str, tmp_path: Path) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [
            sys.executable, "-m", "behave", "-D", f"reports={tmp_path / 'run'}",
            "-f", "json", "-o", tmp_path / "told.json", *arguments,
        ],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "ABORTED" not in done.stdout
    json.loads((tmp_path / "told.json").read_text())
    assert not (tmp_path / "run").exists(), f"after {time.monotonic() - began:.1f} s"
