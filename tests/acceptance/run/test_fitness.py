"""What is there already is looked at before a run, and a sandbox of the run's own is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

import acceptance.run.diagnosis
from acceptance.doctor.finding import Finding
from acceptance.run.fitness import unfit

DEPLOYMENTS = Path(__file__).resolve().parents[3] / "deployments"
SANDBOX = str(DEPLOYMENTS / "sandbox.toml")


@pytest.fixture
def aws(tmp_path: Path) -> str:
    profile = tmp_path / "aws.toml"
    text = (DEPLOYMENTS / "aws.example.toml").read_text(encoding="utf-8")
    profile.write_text(text.replace("<", "").replace(">", ""), encoding="utf-8")
    return str(profile)


def test_what_the_doctor_finds_on_aws_is_told_masked(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("arn:aws:ecs:us-east-1:111122223333:cluster/live is not there", "mend names.cluster")
    monkeypatch.setattr(acceptance.run.diagnosis, "diagnose", lambda *_: (finding,))
    head, told = unfit({}, aws)
    assert head.startswith(f"the deployment of {aws} is not fit for a run")
    assert told == "  - arn:aws:ecs:us-east-1:***:cluster/live is not there -> mend names.cluster"


def test_a_sound_deployment_is_fit(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance.run.diagnosis, "diagnose", lambda *_: ())
    assert list(unfit({}, aws)) == []


def test_no_sandbox_is_looked_at(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(acceptance.run.diagnosis, "diagnose", looked)
    assert list(unfit({}, SANDBOX)) == []
    (gone,) = unfit({"sandbox": "http://127.0.0.1:1/"}, aws)
    assert "no sandbox answers there" in gone


def test_a_run_on_sandboxes_loads_nothing_for_it() -> None:
    source = f"""
import sys
from acceptance.run.fitness import unfit
assert list(unfit({{}}, {SANDBOX!r})) == []
assert "boto3" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", source], check=True, cwd=DEPLOYMENTS.parent)
