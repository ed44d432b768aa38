"""How mutants end, what a sample of them says, and that the work tree stays as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.gate.worker_pool import Interruption
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.verdict import SelectedScenario
from faults import record
from faults.__main__ import main
from faults.attempt import Attempt, Ending, Enough, Seen
from faults.random_mutants import mutate_command
from faults.random_mutants.likelihood import likely_first
from faults.random_mutants.mutants import Mutant, mutants_of
from faults.random_mutants.mutation import Fate, Mutation, Trial
from faults.random_mutants.survivors import Class, Score, Survivor, entries, read_survivors
from faults.random_mutants.tree_copy import FOLDERS, TreeCopy

SOUND = "def limit():\n    return 1\n"
WORKS, STARTS = (
    SelectedScenario("It", None, name, "features/1_it.feature", line, ())
    for line, name in enumerate(("It works", "It starts"), 1)
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one file that can be mutated."""
    folder = tmp_path / "project"
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    (folder / "sandbox" / "code.py").write_text(SOUND, encoding="utf-8")
    return folder


def number(project: Path) -> Mutant:
    [mutant] = [m for m in mutants_of(project, ["sandbox/code.py"]) if m.operator == "number"]
    return mutant


def result(scenario: SelectedScenario, status: str = "passed") -> ScenarioResult:
    """How a scenario ended."""
    said = ("Then it works", "then", "no") if status == "failed" else ()
    return ScenarioResult("It", scenario.name, scenario.location, (), status, 1.0, *said)


def seen(*results: ScenarioResult, left: tuple[str, ...] = (), **how: bool) -> Seen:
    """What an attempt saw; `how` are the truths of it that are not as usual."""
    usual = {"began": True, "late": False, "cut": False}
    return Seen(Results(results, left_behind=left), 9.0, tail="the log's\nlast words", **{**usual, **how})


RED, GREEN = seen(result(WORKS, "failed")), seen(result(WORKS), result(STARTS))


def run(project: Path, tmp_path: Path, *attempts: Seen) -> tuple[list[Trial], list[list[str]]]:
    """What came of the mutant, and the scenarios of each attempt; one attempt after the other sees what is given."""
    looks, asked = list(attempts), list[list[str]]()

    def attempt(given: Attempt, enough: Enough, ending: Ending) -> Seen:
        del ending
        folder = Path(given.command[given.command.index("faults.random_mutants.elsewhere") + 1])
        assert (folder / "sandbox" / "code.py").read_text(encoding="utf-8") == SOUND.replace("1", "2")
        asked.append([scenario.name for scenario in given.scenarios])
        found = looks.pop(0)
        results = found.results
        assert enough(results) is bool(results.left_behind or "failed" in results.statuses)
        return found

    copy = TreeCopy(project, tmp_path / "copy")
    mutation = Mutation(project, (WORKS, STARTS), "r1", lambda _: None, lambda _: None, tmp_path, attempt)
    trials = mutation.run([number(project)], [copy], Interruption())
    assert (tmp_path / "copy" / "sandbox" / "code.py").read_text(encoding="utf-8") == SOUND
    assert (project / "sandbox" / "code.py").read_text(encoding="utf-8") == SOUND
    assert looks == []
    return trials, asked


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (GREEN, (Fate.SURVIVED, "", "")),
        (
            seen(result(WORKS), left=("a task is left behind",)),
            (Fate.KILLED, "", "a task is left behind"),
        ),
        (seen(result(WORKS), late=True), (Fate.LATE, "", "")),
        (seen(began=False), (Fate.REFUSED, "", "the log's\nlast words")),
    ],
)
def test_how_a_mutant_ends_that_no_scenario_sees(
    project: Path, tmp_path: Path, found: Seen, end: tuple[Fate, str, str]
) -> None:
    [trial], asked = run(project, tmp_path, found)
    assert (trial.fate, trial.by, trial.message) == end
    assert trial.diff.endswith("-    return 1\n+    return 2")
    assert asked == [["It works", "It starts"]]


def test_whoever_kills_does_so_twice(project: Path, tmp_path: Path) -> None:
    [trial], asked = run(project, tmp_path, RED, RED)
    assert (trial.fate, trial.by, trial.message) == (Fate.KILLED, "It works", "Then it works: no")
    assert asked == [["It works", "It starts"], ["It works"]]
    assert (trial.seconds, trial.doubts) == (18.0, ())


def test_a_scenario_that_was_red_once_kills_nobody_and_the_rest_is_run(project: Path, tmp_path: Path) -> None:
    [trial], asked = run(project, tmp_path, RED, seen(result(WORKS)), seen(result(STARTS)))
    assert (trial.fate, trial.doubts) == (Fate.SURVIVED, ("It works",))
    assert asked == [["It works", "It starts"], ["It works"], ["It starts"]]


@pytest.mark.parametrize("attempts", [(seen(cut=True),), (RED, seen(cut=True))])
def test_one_that_was_cut_says_nothing(project: Path, tmp_path: Path, attempts: tuple[Seen, ...]) -> None:
    assert run(project, tmp_path, *attempts)[0] == []


def test_a_file_that_cannot_be_imported_needs_no_suite(project: Path, tmp_path: Path) -> None:
    (project / "sandbox" / "code.py").write_text("LIMITS = (1,)\nLIMIT = LIMITS[0]\n", encoding="utf-8")
    [mutant] = [
        m for m in mutants_of(project, ["sandbox/code.py"]) if m.operator == "number" and "[1]" in m.source
    ]

    def attempt(*_: object) -> Seen:
        raise AssertionError("it is run")

    mutation = Mutation(project, (), "r1", lambda _: None, lambda _: None, tmp_path, attempt)
    [trial] = mutation.run([mutant], [TreeCopy(project, tmp_path / "copy")], Interruption())
    assert trial.fate is Fate.REFUSED
    assert "IndexError" in trial.message


def test_a_mutant_of_the_same_size_and_second_is_not_taken_for_the_one_before(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    copy = TreeCopy(project, tmp_path / "copy")
    refusals = []
    for source in ("raise ValueError(1)\n", "value = ValueError\n\n"):
        with copy.changed("sandbox/code.py", source):
            os.utime(tmp_path / "copy" / "sandbox" / "code.py", (1.0, 1.0))
            refusals.append(copy.refusal("sandbox/code.py"))
    assert refusals == ["ValueError: 1", None]


def test_a_copy_has_all_that_a_platform_is_made_of(tmp_path: Path) -> None:
    copy = TreeCopy(Path(__file__).resolve().parents[3], tmp_path / "copy")
    asked = "from sandbox import provision; provision.template(); print(provision.TEMPLATE)"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=copy.folder, capture_output=True, text=True, check=True
    )
    assert Path(told.stdout.strip()).is_relative_to(copy.folder)


def test_the_likely_features_come_first_and_no_other_is_left_out() -> None:
    names = ("1_cold_start", "2_session_persistence", "7_mail", "9_ownership")
    scenarios = [
        SelectedScenario(name, None, f"{name} {line}", f"features/{name}.feature", line, ())
        for name in names
        for line in (3, 9)
    ]
    ordered = likely_first("sandbox/services/session_api/intake.py", scenarios)
    assert [s.file[9] for s in ordered] == list("77112299")
    assert [s.line for s in ordered[:2]] == [3, 9]
    assert likely_first("sandbox/host/parts.py", scenarios) == scenarios


def trial(identity: str, fate: Fate) -> Trial:
    return Trial(
        identity, "sandbox/code.py", 2, "number", "--- a\n+++ b\n-1\n+2", fate, "", "", (), 9.0, "r1"
    )


def test_the_score_counts_what_the_suite_should_have_noticed() -> None:
    fates = {"a": Fate.KILLED, "b": Fate.KILLED, "c": Fate.REFUSED, "d": Fate.LATE}
    alive = dict.fromkeys(("same", "outside", "hole", "new"), Fate.SURVIVED)
    trials = [trial(name, fate) for name, fate in {**fates, **alive}.items()]
    classes = {
        "same": Survivor(Class.EQUIVALENT, "x"),
        "outside": Survivor(Class.OUTSIDE, "x"),
        "hole": Survivor(Class.HOLE, "x"),
    }
    score = Score.of(trials, classes)
    assert [t.id for t in score.open] == ["d", "hole", "new"]
    assert str(score) == (
        "2 of 5 killed, 40% (12% to 77% at 95 %); besides 1 refused at the start, 1 equivalent, "
        "1 outside the contract"
    )
    assert [line for line in entries(score, classes) if line.startswith("[")] == ['["d"]', '["new"]']


@pytest.mark.parametrize("entry", ['class = "boring"\nreason = "x"', 'class = "hole"', "word = 1"])
def test_a_class_that_means_nothing_is_told(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text(f'["a.py:f:number:1:abc"]\n{entry}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.py:f:number:1:abc: expected a class"):
        read_survivors(path)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Fate]:
    """In place of the runs: mutants are killed, or end as the dictionary says of their number."""
    fates: dict[str, Fate] = {}

    def run(mutation: Mutation, mutants: list[Mutant], copies: object, interruption: Interruption) -> None:
        del copies, interruption
        for place, mutant in enumerate(mutants):
            mutation.keep(trial(mutant.id, fates.get(str(place), Fate.KILLED)))

    monkeypatch.setattr(Mutation, "run", run)
    monkeypatch.setattr(record, "state", lambda _: "r1")
    monkeypatch.setattr(mutate_command, "clear_orphans", lambda: None)
    monkeypatch.setattr(mutate_command, "TreeCopy", lambda *_: None)
    real_read, real_write = mutate_command.read, mutate_command.write
    monkeypatch.setattr(mutate_command, "read", lambda: real_read(tmp_path))
    monkeypatch.setattr(mutate_command, "write", lambda sample: real_write(sample, tmp_path))
    return fates


SMALL = ["--under", "sandbox/services/hermes/placement.py", "sandbox/services/hermes/protection.py"]


@pytest.mark.usefixtures("stand")
def test_a_sample_that_is_killed_is_0_and_on_record(tmp_path: Path) -> None:
    assert main(["mutate", "--sample", "4", "--seed", "7", *SMALL]) == 0
    document = json.loads((tmp_path / "mutants.json").read_text(encoding="utf-8"))
    assert (document["seed"], len(document["mutants"])) == (7, 4)
    assert document["score"].startswith("4 of 4 killed, 100%")


def test_one_that_lives_is_1_and_what_is_to_be_filled_in_is_told(
    stand: dict[str, Fate], capsys: pytest.CaptureFixture[str]
) -> None:
    stand["1"] = Fate.SURVIVED
    assert main(["mutate", "--sample", "3", *SMALL]) == 1
    assert 'class = ""' in capsys.readouterr().out


@pytest.mark.usefixtures("stand")
@pytest.mark.parametrize("words", [[], ["--publish"]])
def test_a_score_is_put_on_the_page_when_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    written: list[str] = []
    monkeypatch.setattr(mutate_command, "put", lambda command, lines: written.extend([command, *lines]))
    main(["mutate", "--sample", "3", "--seed", "5", *SMALL, *words])
    assert [line.partition(",")[0] for line in written] == ["mutate", "3 of 3 killed"] * bool(words)


@pytest.mark.usefixtures("stand")
def test_what_has_ended_at_this_revision_is_left_out_when_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["mutate", "--sample", "3", *SMALL])
    main(["mutate", "--sample", "4", "--resume", *SMALL])
    assert "1 mutant of " in capsys.readouterr().out.split("\n", 1)[1]


@pytest.mark.parametrize("words", [["--under", "no/such.py"], ["--only", "no:such:mutant", *SMALL]])
@pytest.mark.usefixtures("stand")
def test_a_request_that_means_nothing_is_2(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["mutate", *words]) == 2
    assert "no" in capsys.readouterr().out
