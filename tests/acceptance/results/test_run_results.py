"""results.json comes back as it was written, says what is wrong with it, and of several runs becomes one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acceptance.results.json_file import Unreadable
from acceptance.results.ledger import Ledger
from acceptance.results.run_results import Results, ScenarioResult, SessionTrace, StepTime, TaskTrace, merge


def ledger(folder: Path, location: str, *, ended: bool = True) -> Ledger:
    """A run with something of everything, written into a folder."""
    found = Ledger(folder / "results.json")
    found.measure("cold_start", len(location), 60)
    found.steps.append(StepTime("a step", location, 1.0))
    found.sessions["s"] = SessionTrace("s", "c", location, 1.0, {"first 200": 2.5})
    found.tasks["t"] = TaskTrace("edit", "t", 1.0, None)
    found.left_behind.append(f"left by {location}")
    found.add(ScenarioResult("F", location, location, ("anywhere",), "passed", 1.0))
    found.end(aborted=not ended)
    return found


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = ledger(tmp_path, "features/f.feature:3")
    read = Results.read(tmp_path)
    assert read is not None
    assert read == written.results
    assert (read.figures, read.ended) == ({"cold_start": [(20.0, 60.0)]}, True)
    (scenario,) = read.scenarios
    assert (scenario.file, scenario.line, scenario.passed) == ("features/f.feature", 3, True)


def test_a_field_that_is_not_known_is_passed_over(tmp_path: Path) -> None:
    ledger(tmp_path, "f:3")
    document = json.loads((tmp_path / "results.json").read_text())
    (tmp_path / "results.json").write_text(json.dumps({**document, "unheard": 1}))
    assert Results.read(tmp_path) == ledger(tmp_path, "f:3").results


def test_what_is_no_character_costs_no_result(tmp_path: Path) -> None:
    """A step may raise whatever bytes it saw."""
    written = Ledger(tmp_path / "results.json")
    written.add(ScenarioResult("F", "it tells", "f:3", (), "failed", 1.0, message="ä saw \udcff"))
    read = Results.read(tmp_path)
    assert read is not None
    assert read.scenarios[0].message == "ä saw ?"


def test_where_there_are_no_results_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert Results.read(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ("{}", "Object missing required field `scenarios`"),
        ('{"scenarios": [{}]}', "Object missing required field `feature` - at `$.scenarios[0]`"),
        ('{"scenarios": [], "ended": "yes"}', "Expected `bool`, got `str` - at `$.ended`"),
        ('{"scenarios": [], "figures": {"zero": [[1, "x"]]}}', "Expected `float`, got `str` - at `$.figures"),
    ],
)
def test_results_that_cannot_be_read_name_the_file_and_the_field(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(Unreadable) as raised:
        Results.read(tmp_path)
    assert str(raised.value).startswith(f"{path} cannot be read: {said}")


def test_several_runs_are_one_in_the_order_of_the_features(tmp_path: Path) -> None:
    locations = {"3": "features/b.feature:10", "1": "features/b.feature:9", "2": "features/a.feature:30"}
    for name, location in locations.items():
        ledger(tmp_path / name, location)
    assert merge([tmp_path / name for name in locations], tmp_path / "results.json") == []
    whole = Results.read(tmp_path)
    assert whole is not None
    assert [(scenario.location, scenario.worker) for scenario in whole.scenarios] == [
        ("features/a.feature:30", "2"),
        ("features/b.feature:9", "1"),
        ("features/b.feature:10", "3"),
    ]
    assert whole.figures == {"cold_start": [(21.0, 60.0), (20.0, 60.0), (21.0, 60.0)]}
    assert (len(whole.steps), len(whole.left_behind), whole.ended) == (3, 3, True)
    assert [(task.worker, task.task_id) for task in whole.tasks] == [("3", "t"), ("1", "t"), ("2", "t")]
    assert {session.worker for session in whole.sessions} == {"1", "2", "3"}


def test_workers_of_two_machines_stay_apart(tmp_path: Path) -> None:
    """Both shards have a worker 1, and their tasks ran at the same time on two platforms."""
    for shard in ("shard-1", "shard-2"):
        ledger(tmp_path / shard / "1", "f:3")
        merge([tmp_path / shard / "1"], tmp_path / shard / "results.json")
    merge([tmp_path / "shard-1", tmp_path / "shard-2"], tmp_path / "results.json")
    whole = Results.read(tmp_path)
    assert whole is not None
    assert [task.worker for task in whole.tasks] == ["shard-1/1", "shard-2/1"]


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_they_have_not_ended_when_one_left_no_results(tmp_path: Path, text: str | None) -> None:
    broken = tmp_path / "broken" / "results.json"
    if text is not None:
        broken.parent.mkdir()
        broken.write_text(text, encoding="utf-8")
    ledger(tmp_path / "1", "f:1")
    told = merge([tmp_path / "1", broken.parent], tmp_path / "results.json")
    assert [sentence.partition(":")[0] for sentence in told] == (
        [f"{broken} cannot be read"] if text is not None else []
    )
    whole = Results.read(tmp_path)
    assert whole is not None
    assert (len(whole.scenarios), whole.ended) == (1, False)


def test_they_have_not_ended_when_one_was_interrupted(tmp_path: Path) -> None:
    ledger(tmp_path / "1", "f:1")
    ledger(tmp_path / "2", "f:2", ended=False)
    merge([tmp_path / "1", tmp_path / "2"], tmp_path / "results.json")
    whole = Results.read(tmp_path)
    assert whole is not None
    assert not whole.ended


def test_of_no_run_nothing_has_ended(tmp_path: Path) -> None:
    merge([], tmp_path / "results.json")
    assert Results.read(tmp_path) == Results(())
