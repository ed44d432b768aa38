"""What cannot be run is said, and nothing starts."""

from __future__ import annotations

import pytest

from tests.acceptance.gate.small_project import PROOF, MakeProject, feature


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tags=@slow and not @slow"], "nothing is selected by --tags=@slow and not @slow"),
        (["--tags=@slwo"], "--tags: there is no tag @slwo: did you mean slow?"),
        (["-D", "patiance=2"], "-D patiance means nothing: did you mean patience?"),
        (["features/none.feature"], "there is no features/none.feature; there are features/one.feature"),
        (["features/one.feature:9999"], "features/one.feature:9999: no scenario stands at that line"),
        (["--dry-run"], "--dry-run is not for the gate"),
        (["-D", "profile=deployments/none.toml"], "deployments/none.toml cannot be used"),
        (["--jobs", "0"], "expected a number from 1"),
        (["--shard", "5/4"], "expected I/N"),
        (["-D", "sandbox=http://127.0.0.1:1/"], "-D sandbox=http://127.0.0.1:1/: no sandbox answers there"),
        (
            ["-D", "profile=deployments/aws.example.toml", "--jobs", "2"],
            "aws.region = '<us-east-1>' is not filled",
        ),
        (["--no-such-option"], "--no-such-option"),
        (["--last-failed"], "--last-failed"),
        (
            ["-D", "pause=always"],
            "-D pause is not for the gate, which writes every report itself: use --debug",
        ),
    ],
)
def test_what_cannot_be_run_is_said_and_exits_2(
    project: MakeProject, arguments: list[str], said: str
) -> None:
    made = project(one=feature("One", PROOF))
    ran = made.run(*arguments)
    assert ran.code == 2
    assert said in ran.printed
    assert not (made.folder / "reports").exists()


def test_a_sentence_without_a_step_or_a_tag_without_a_meaning_starts_nothing(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF, "@slwo unheard: Given nobody wrote this"),
        two=feature("Two", "@slow it is well: Given all is well"),
    )
    ran = made.run()
    assert ran.code == 2
    assert "features/one.feature:8: there is no tag @slwo: did you mean slow?" in ran.printed
    assert "features/one.feature:9: no step is written for: Given nobody wrote this" in ran.printed
    assert "    @given('nobody wrote this')\n    def _(context: Context) -> None: ..." in ran.printed
    assert not (made.folder / "reports").exists()
    assert made.run("features/two.feature").code == 0, "of what is selected"


def test_what_the_doctor_finds_on_aws_is_said_and_starts_nothing(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF))
    profile = made.folder / "deployments" / "aws.toml"
    example = profile.with_name("aws.example.toml").read_text(encoding="utf-8")
    profile.write_text(
        example.replace("<", "").replace(">", "").replace("preview.example.org", "localhost:1")
    )
    nobody = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/none",
        "AWS_SHARED_CREDENTIALS_FILE": "/none",
    }
    ran = made.run("-D", "profile=deployments/aws.toml", **nobody)
    assert ran.code == 2
    assert "the deployment of deployments/aws.toml is not fit for a run" in ran.printed
    assert (
        "  - there are no credentials for AWS: Unable to locate credentials -> give credentials"
        in ran.printed
    )
    assert not (made.folder / "reports").exists()


def test_what_would_run_is_listed_and_nothing_is_begun(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF, "it fails: Then it fails"), two=feature("Two", "other: Given all is well")
    )
    ran = made.run("--list", "features/one.feature")
    lines = ran.printed.splitlines()
    assert (ran.code, len(lines)) == (0, 2), ran.printed
    assert lines[1].startswith("features/one.feature:")
    assert lines[1].endswith("  it fails")
    assert not (made.folder / "reports").exists()


def test_to_debug_is_to_have_behave_on_the_terminal_with_what_was_selected(project: MakeProject) -> None:
    looks = "@slow it is looked at: Given somebody looks; Then it fails"
    made = project(one=feature("One", PROOF, looks), two=feature("Two", "other: Given all is well"))
    last = made.run("--max-failures", "9").folder
    ran = made.run("--debug", "--tags=@slow", entered="p 6 * 7\nc\n")
    assert ran.code == 1, "behave's own"
    assert "(Pdb) 42" in ran.printed
    assert "1 scenario passed" not in ran.printed
    assert "0 scenarios passed, 1 failed" in ran.printed
    assert "Success criteria" not in ran.printed
    assert made.latest == last, "what a person has under the fingers is nobody's last run"
    refused = made.run("--debug", "--jobs", "2")
    assert (refused.code, "--debug runs each scenario once" in refused.printed) == (2, True)


def test_enough_failures_end_a_run_which_then_says_what_is_missing(project: MakeProject) -> None:
    fails = [f"it fails {number}: Then it fails" for number in range(3)]
    made = project(one=feature("One", PROOF, *fails), two=feature("Two", *fails))
    ran = made.run("--jobs", "1", "--max-failures", "1")
    assert ran.code == 1
    assert "no result of " in ran.printed
    assert "worker 2" not in ran.printed
