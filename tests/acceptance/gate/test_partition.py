"""What is selected, and how it is dealt out to workers and shards."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.gate.options import MergeOptions, Options, parse, words
from acceptance.gate.partition import UNIT_S, Expected, Seconds, Shard, Unit, longest_first, share, units
from acceptance.gate.selection import Selection, SelectionError, select, split
from acceptance.results.verdict import SelectedScenario
from tests.acceptance.gate.small_project import MakeProject, SmallProject, feature

EXPECTED = Expected(1, {"long": 30.0, "short": 2.0})


def selection(**files: list[str]) -> Selection:
    """Files by name, each with the rules of its scenarios."""
    scenarios = [
        SelectedScenario(name, rule, f"{name} {line}", f"{name}.feature", line, ("anywhere",))
        for name, rules in files.items()
        for line, rule in enumerate(rules, 1)
    ]
    return Selection(
        tuple(scenarios),
        {f"{name}.feature": len(rules) for name, rules in files.items()},
        True,
        (),
        {},
        False,
    )


def dealt(chosen: Selection, hands: int, known: Seconds | None = None) -> list[Unit]:
    """The units of a selection."""
    return units(chosen, EXPECTED, known or {}, hands=hands)


def test_a_unit_is_a_feature_file_and_the_longest_is_started_first() -> None:
    found = dealt(selection(a=["short"], b=["long"], c=["nobody knows"]), 1)
    assert [(unit.number, unit.name, unit.paths) for unit in found] == [
        (1, "a", ("a.feature",)),
        (2, "b", ("b.feature",)),
        (3, "c", ("c.feature",)),
    ]
    assert [unit.name for unit in longest_first(found)] == ["b", "c", "a"]


def test_what_a_scenario_took_counts_more_than_what_its_rule_takes() -> None:
    (unit,) = dealt(selection(a=["short", "short"]), 1, {("a", "a 1"): [9, 9, 9, 50, 8, 7, 7]})
    assert unit.total_s == UNIT_S + 8 + 2


def test_a_feature_is_split_between_two_rules_when_the_run_ends_earlier_for_it() -> None:
    chosen = selection(a=["long", "long", "short", "long", "long"], b=["short"])
    assert [unit.name for unit in dealt(chosen, 1)] == ["a", "b"]
    found = dealt(chosen, 2)
    assert [(unit.number, unit.name) for unit in found] == [(1, "a (1 of 2)"), (2, "a (2 of 2)"), (3, "b")]
    assert found[0].paths == ("a.feature:1", "a.feature:2")
    assert [w.name for unit in found for w in unit.scenarios] == [w.name for w in chosen.scenarios]


def test_a_rule_is_never_split_nor_is_a_feature_for_nothing() -> None:
    assert len(dealt(selection(a=["long"] * 9, b=["short"]), 2)) == 2
    assert len(dealt(selection(a=["long", "short"], b=["long", "short"]), 2)) == 2


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_shards_hold_every_scenario_exactly_once(count: int) -> None:
    chosen = selection(a=["long", "short"], b=["long"], c=["short", "long"], d=["short"])
    parts = [share(dealt(chosen, count), Shard(index, count)) for index in range(1, count + 1)]
    assert sorted(w.name for part in parts for unit in part for w in unit.scenarios) == sorted(
        w.name for w in chosen.scenarios
    )


def test_a_shard_is_said_as_it_is_read() -> None:
    assert Shard.parse("2/4") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "a/b", "1/4/2", "-1/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected I/N, such as 1/4"):
        Shard.parse(text)


def test_options_and_paths_of_behave_are_told_apart() -> None:
    assert split(["-n", "features", "--tags=@a", "-D", "a=b", "features", "x.feature:3"]) == (
        ["-n", "features", "--tags=@a", "-D", "a=b"],
        ["features", "x.feature:3"],
    )


def test_the_gates_options_are_taken_out_and_the_rest_is_behaves() -> None:
    found = parse(["--jobs", "3", "--tags=@slow", "--keep", "always", "-D", "patience=2", "a.feature:3"])
    assert found == Options(
        3, None, False, "always", None, ("--tags=@slow", "-D", "patience=2", "a.feature:3")
    )
    assert parse(["merge", "a", "b"]) == MergeOptions((Path("a"), Path("b")), None, None)


@pytest.fixture
def project(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project of two features, and its folder as the working folder."""
    made = project(
        one=feature("One", "first: Given all is well", "@slow second: Given all is well"),
        two=feature("Two", "third: Given all is well"),
    )
    monkeypatch.chdir(made.folder)
    return made


@pytest.mark.parametrize(
    ("arguments", "names", "whole"),
    [
        ([], ["first", "second", "third"], True),
        (["features"], ["first", "second", "third"], True),
        (["--tags=@anywhere"], ["first", "second", "third"], True),
        (["--tags=@slow"], ["second"], False),
        (["-n", "ir"], ["first", "third"], False),
        (["features/two.feature", "features/one.feature:5"], ["third", "first"], False),
        (["features/one.feature:5", "features/two.feature", "features/one.feature:8"], None, True),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_behave_would_run_is_selected(
    arguments: list[str], names: list[str] | None, whole: bool
) -> None:
    found = select(arguments)
    assert [wanted.name for wanted in found.scenarios] == (names or ["first", "third", "second"])
    assert found.whole is whole
    assert {wanted.rule for wanted in found.scenarios} <= {"the rule of One", "the rule of Two"}


@pytest.mark.usefixtures("project")
def test_paths_of_one_file_given_apart_make_one_unit() -> None:
    found = select(["features/one.feature:5", "features/two.feature", "features/one.feature:8"])
    (one, two) = units(found, EXPECTED, {}, hands=1)
    assert (one.paths, two.paths) == (("features/one.feature",), ("features/two.feature",))


@pytest.mark.usefixtures("project")
def test_an_empty_selection_names_the_tags_that_there_are() -> None:
    with pytest.raises(
        SelectionError, match=r"nothing is selected by --tags=@aws_only.*3 scenarios.*anywhere, slow"
    ):
        select(["--tags=@aws_only"])


def test_a_feature_file_that_cannot_be_read_is_named(project: SmallProject) -> None:
    (project.folder / "features" / "two.feature").write_text(
        "Feature: Two\n  Scenario: broken\n    Given x\n  nonsense\n"
    )
    with pytest.raises(SelectionError, match="ParserError"):
        select([])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("--tags=(@a and not @b)", ["--tags=(@a and not @b)"]),
        ("-n 'it costs $5 (or so' -D x=y", ["-n", "it costs $5 (or so", "-D", "x=y"]),
        ("--tags=\"@a and (@b or @c)\" ''", ["--tags=@a and (@b or @c)", ""]),
        ("  a.feature:3   b) c ", ["a.feature:3", "b)", "c"]),
        ("", []),
    ],
)
def test_words_of_make_are_parted_at_blanks_outside_quotes_and_parentheses(
    text: str, found: list[str]
) -> None:
    assert words(text) == found
    assert parse(["--jobs", "2", "--words", text]).behave == tuple(found)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nosuchoption"], "unrecognized arguments: --nosuchoption"),
        (["--tagz=@a"], "--tagz: did you mean --tags?"),
        (["--jbos", "2"], "--jbos: did you mean --jobs?"),
    ],
)
def test_an_unknown_option_gets_the_gates_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "usage: python -m acceptance run [options]" in told
    assert said in told
