"""docs/reference.md: it says what the program reads and writes today, and what is written is as it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from acceptance.results.ledger import Ledger
from acceptance.results.manifest import RunManifest
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results, ScenarioResult, SessionTrace, StepTime, TaskTrace
from acceptance.results.verdict import Code, Reason, SelectedScenario, Verdict
from tests.reference import manifest_schema, reference, schema_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def test_the_page_is_what_the_program_says_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "make it anew: .venv/bin/python -m tests.reference > docs/reference.md"
    )


def test_the_verdict_on_disk_is_as_its_schema_says(tmp_path: Path) -> None:
    reason = Reason(Code.NOT_ACCEPTED, "failed", "It sings", "It sings", "features/song.feature", 3)
    asked = SelectedScenario("Song", None, "It sings", "features/song.feature", 3, ("criterion.routing",))
    note = RunManifest(
        (asked,), (asked.location,), whole=True, least=1, shard=None, about_workers=(reason,), kept=False,
        interrupted=False, seconds=1.5, mishaps=("the disk was full",),
    )  # fmt: skip
    note.write(tmp_path, Verdict(Code.NOT_ACCEPTED, "NOT ACCEPTED", 4, (reason,)))
    written = json.loads((tmp_path / "gate.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(manifest_schema())
    validator.validate(written)
    with pytest.raises(ValidationError):
        validator.validate({**written, "version": written["version"] + 1})
    with pytest.raises(ValidationError):
        validator.validate({**written, "verdict": {**written["verdict"], "colour": "red"}})


def test_the_results_on_disk_are_as_their_schema_says(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "results.json")
    ledger.add(ScenarioResult("Song", "It sings", "features/song.feature:3", ("slow",), "passed", 0.2))
    ledger.steps.append(StepTime("it sings", "It sings", 0.1))
    ledger.sessions["s-1"] = SessionTrace("s-1", "acme", "It sings", 1.0, {"live": 2.5})
    ledger.tasks["t-1"] = TaskTrace("edit", "t-1", 1.0, None)
    ledger.measure("voices", True, 4)
    ledger.end(aborted=False)
    validator = Draft202012Validator(schema_of(Results))
    written = json.loads(ledger.path.read_text(encoding="utf-8"))
    validator.validate(written)
    with pytest.raises(ValidationError):
        validator.validate({**written, "figures": {"voices": [[3]]}, "songs": []})


def test_the_facts_on_disk_are_as_their_schema_says(tmp_path: Path) -> None:
    RunFacts({"Deployment": "sandbox"}, commit="0a1b2c3d4e5f", changed=True).write(tmp_path)
    Draft202012Validator(schema_of(RunFacts)).validate(json.loads((tmp_path / "run.json").read_text()))
