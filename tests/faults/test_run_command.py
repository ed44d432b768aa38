"""`python -m faults run`: what is run, what is left out, what it says and how it ends."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from acceptance.gate.selection import select
from acceptance.gate.worker_pool import Interruption
from acceptance.results.written_part import begin, end
from faults import record, run_command
from faults.__main__ import main
from faults.affected import affected, files_of
from faults.attempt import NotBegun
from faults.catalogue import FAULTS
from faults.matrix import Matrix
from faults.noticed import Outcome, names
from faults.page import put
from faults.record import Row
from faults.registry import Fault

EVERYTHING = select(()).scenarios


def row(name: str, outcome: Outcome = Outcome.CAUGHT, revision: str = "r1") -> Row:
    named = next(wanted.name for wanted in EVERYTHING if names(FAULTS[name], wanted.name))
    scenario = named if outcome is Outcome.CAUGHT else ""
    return Row(name, outcome, scenario, "Then", "no", (), "", 7.0, "2026-01-02T03:04:05Z", revision)


@dataclasses.dataclass
class Stand:
    """In place of the runs: every fault ends as `outcomes` say, caught by default; `ran` are those that were run."""

    page: Path
    outcomes: dict[str, Outcome] = dataclasses.field(default_factory=dict)
    ran: list[str] = dataclasses.field(default_factory=list)
    interrupted: bool = False

    def run(self, matrix: Matrix, faults: Iterable[Fault], interruption: Interruption) -> list[Row]:
        ended = []
        for fault in faults:
            self.ran.append(fault.name)
            found = row(fault.name, self.outcomes.get(fault.name, Outcome.CAUGHT), matrix.revision)
            matrix.keep(found)
            ended.append(found)
            if self.interrupted:
                interruption.times = 1
                break
        return ended


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Nothing is run, and nothing of the project's own is written."""
    page = tmp_path / "faults.md"
    page.write_text(
        f"Before.\n{begin('python -m faults run')}\nold\n{end('python -m faults run')}\nAfter.\n",
        encoding="utf-8",
    )
    made, real_read, real_write, real_junit = Stand(page), record.read, record.write, record.junit

    def run(matrix: Matrix, faults: Iterable[Fault], interruption: Interruption) -> list[Row]:
        return made.run(matrix, faults, interruption)

    monkeypatch.setattr(Matrix, "run", run)
    monkeypatch.setattr(run_command, "put", lambda command, lines: put(command, lines, page))
    monkeypatch.setattr(run_command, "clear_orphans", lambda: None)
    monkeypatch.setattr(record, "state", lambda _: "r1")
    monkeypatch.setattr(record, "read", lambda: real_read(tmp_path))
    monkeypatch.setattr(record, "write", lambda rows: real_write(rows, tmp_path))
    monkeypatch.setattr(record, "junit", lambda faults, rows: real_junit(faults, rows, tmp_path))
    return made


def test_every_fault_caught_is_0_and_the_page_has_the_table(stand: Stand) -> None:
    assert main(["run"]) == 0
    assert stand.ran == list(FAULTS)
    page = stand.page.read_text(encoding="utf-8")
    assert page.startswith(
        f"Before.\n{begin('python -m faults run')}\n{len(FAULTS)} of {len(FAULTS)} caught, on 2026-01-02, at `r1`.\n"
    )
    assert page.endswith(f"{end('python -m faults run')}\nAfter.\n")
    [line] = [line for line in page.splitlines() if "`bare_path_forgotten`" in line]
    assert f"| {FAULTS['bare_path_forgotten'].clause} | routing | Awake, " in line
    assert line.endswith("| 7 |")
    assert "@" not in line


@pytest.mark.parametrize("outcome", [Outcome.MISSED, Outcome.ELSEWHERE, Outcome.NOT_HELD])
def test_any_other_end_is_1_and_a_failure_of_the_junit_file(
    stand: Stand, tmp_path: Path, outcome: Outcome
) -> None:
    stand.outcomes["second_edit_task"] = outcome
    assert main(["run", "--only", "second_edit_task", "status_left_out"]) == 1
    assert stand.ran == ["second_edit_task", "status_left_out"]
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert 'tests="2"' in junit
    assert f'<failure message="{outcome}"' in junit


def test_a_run_that_behave_refuses_is_2_and_says_why(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> list[Row]:
        raise NotBegun("no scenario stands at that line")

    monkeypatch.setattr(Matrix, "run", refused)
    assert main(["run", "--only", "second_edit_task"]) == 2
    assert "no scenario stands at that line" in capsys.readouterr().out
    assert stand.ran == []


def test_a_part_of_the_matrix_leaves_the_table_alone(stand: Stand) -> None:
    main(["run", "--only", "second_edit_task"])
    assert "\nold\n" in stand.page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [["--only", "second_edit_tusk"], ["--changed-since", "no-such-revision"]],
)
def test_a_request_that_means_nothing_is_2_in_a_sentence(
    stand: Stand, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["run", *words]) == 2
    assert words[1] in capsys.readouterr().out
    assert stand.ran == []


@pytest.mark.parametrize("words", [[], ["nosuch"], ["run", "--jobs", "0"], ["run", "second_edit_task"]])
def test_a_command_line_that_means_nothing_is_2(words: list[str]) -> None:
    try:
        code: object = main(words)
    except SystemExit as ended:
        code = ended.code
    assert code == 2


def test_an_interrupted_run_keeps_what_it_has_and_can_be_resumed(
    stand: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = ["second_edit_task", "status_left_out", "sockets_cut"]
    stand.interrupted = True
    assert main(["run", "--only", *three]) == 130
    assert "2 faults left" in capsys.readouterr().out
    assert [entry["name"] for entry in json.loads((tmp_path / "matrix.json").read_text())["faults"]] == three[
        :1
    ]
    stand.interrupted = False
    assert main(["run", "--only", *three, "--resume"]) == 0
    assert stand.ran == three


def test_what_has_ended_is_run_again_unless_it_is_resumed(stand: Stand) -> None:
    main(["run", "--only", "second_edit_task"])
    main(["run", "--only", "second_edit_task"])
    assert len(stand.ran) == 2


def test_what_was_missed_stays_missed_when_resumed(stand: Stand) -> None:
    stand.outcomes["second_edit_task"] = Outcome.MISSED
    main(["run", "--only", "second_edit_task"])
    assert main(["run", "--only", "second_edit_task", "--resume"]) == 1
    assert len(stand.ran) == 1


def test_another_revision_is_run_anew(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["run", "--only", "second_edit_task"])
    monkeypatch.setattr(record, "state", lambda _: "r2")
    main(["run", "--only", "second_edit_task", "--resume"])
    assert len(stand.ran) == 2


def test_what_was_remembered_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = {name: row(name) for name in ("second_edit_task", "sockets_cut")}
    record.write(rows, tmp_path)
    assert record.read(tmp_path) == rows


@pytest.mark.parametrize("text", ["", "{}", '{"faults": [{}]}', '{"faults": [{"name": 1}]}'])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / record.MATRIX).write_text(text, encoding="utf-8")
    assert record.read(tmp_path) == {}


def test_a_fault_stands_on_its_module_what_it_breaks_and_its_features() -> None:
    assert files_of(FAULTS["second_edit_task"], EVERYTHING) == {
        "faults/platforms/cold_start.py",
        "sandbox/services/hermes/reconcile.py",
        "features/1_cold_start.feature",
    }


def test_a_fault_stands_on_the_helpers_that_it_calls_and_on_what_they_break() -> None:
    found = files_of(FAULTS["forged_origin_trusted"], EVERYTHING)
    assert {"faults/platforms/load_balancer.py", "sandbox/alb/envoy.py"} <= found


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "certificate_for_all_names"])
def test_every_fault_stands_on_a_part_of_the_platform(name: str) -> None:
    """But for one, which breaks what another project's library makes."""
    assert any(path.startswith("sandbox/") for path in files_of(FAULTS[name], EVERYTHING))


def test_a_change_touches_the_faults_that_stand_on_it() -> None:
    touched = affected(FAULTS.values(), EVERYTHING, {"sandbox/services/hermes/lease.py"})
    assert [fault.name for fault in touched] == ["everybody_leads"]
    assert affected(FAULTS.values(), EVERYTHING, {"README.md"}) == []
