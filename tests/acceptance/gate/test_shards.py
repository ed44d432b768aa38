"""Parts of a run on several machines, and the one verdict on them."""

from __future__ import annotations

import json

from acceptance.gate.partition import Expected
from tests.acceptance.gate.small_project import PROOF, MakeProject, feature


def test_shards_are_parts_of_one_run_and_merged_they_have_its_verdict(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF),
        two=feature("Two", "it is well: Given all is well"),
        three=feature("Three", "it is so: Given all is well"),
    )
    folders = []
    for number in (1, 2):
        shard = made.run("--shard", f"{number}/2")
        assert shard.code == 0
        assert "ACCEPTED" not in shard.printed
        folders.append(str(shard.folder))
    alone = made.run("merge", folders[0])
    assert alone.code == 2
    assert "shard 2/2 is missing" in alone.printed
    merged = made.run("merge", *folders)
    assert merged.code == 2, "three scenarios are fewer than the project's own features hold"
    assert f"expected at least {Expected.read().scenarios} scenarios to run, 3 did" in merged.printed
    assert len(merged.statuses()) == 3
    accepted = made.run("merge", *folders, "--expect", "3")
    assert accepted.code == 0
    assert "ACCEPTED on a small one: 3 scenarios in" in accepted.printed
    history = (made.folder / "reports" / "history.jsonl").read_text().splitlines()
    assert len({json.loads(line)["run"] for line in history}) == 3, "merged runs alone, not their shards"


def test_what_is_not_supported_is_told_once_by_whoever_merges_the_shards(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF),
        two=feature("Two", "it is well: Given all is well", "@needs.mail it is mailed: Given all is well"),
    )
    offered = ("-D", "supports.extended=keepalive")
    folders = [str(made.run("--shard", f"{number}/2", *offered).folder) for number in (1, 2)]
    merged = made.run("merge", *folders, "--expect", "3")
    assert merged.code == 0
    assert "ACCEPTED (core) on a small one: 3 scenarios in" in merged.printed
    assert sorted(merged.statuses().values()) == ["not supported", "passed", "passed"]


def test_a_platform_that_is_there_already_is_not_divided(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF))
    ran = made.run("--shard", "1/2", "-D", "sandbox=http://127.0.0.1:1/")
    assert ran.code == 2
    assert "--shard 1/2 needs a platform for each machine" in ran.printed
