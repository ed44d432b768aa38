"""One capability off at a time, over all scenarios: what the verdict and conformance.yaml say of the deployment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from acceptance.capabilities import NEEDS, Capability
from acceptance.gate.conformance import conformance, write_conformance
from acceptance.gate.selection import Selection, select
from acceptance.results.criteria import rows
from acceptance.results.manifest import RunManifest
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.verdict import RunEvidence, SelectedScenario, judge

FACTS = RunFacts({"Deployment": "ours"}, "c0ffee", changed=True)


@pytest.fixture(scope="module")
def everything() -> Selection:
    """All scenarios."""
    return select(())


def passed(wanted: SelectedScenario) -> ScenarioResult:
    """The result of a scenario that is as it should be."""
    return ScenarioResult(wanted.feature, wanted.name, wanted.location, wanted.tags, "passed", 1.0)


def ran(selection: Selection, others: Mapping[str, str] | None = None) -> tuple[RunEvidence, RunManifest]:
    """A whole run in which everything passed but the scenarios at these locations, which ended so."""
    results = [
        dataclasses.replace(passed(wanted), status=(others or {}).get(wanted.location, "passed"))
        for wanted in selection.scenarios
    ]
    told = RunManifest(
        asked=selection.scenarios,
        selected=tuple(wanted.location for wanted in selection.scenarios),
        whole=True,
        least=len(selection.scenarios) + len(selection.unsupported),
        shard=None,
        about_workers=(),
        kept=False,
        interrupted=False,
        seconds=12.5,
        unsupported=selection.unsupported,
        supported=selection.offered,
    )
    found = Results((*results, *selection.unsupported), ended=True)
    return RunEvidence(found, selection.scenarios, whole=True, least=told.least), told


@pytest.mark.parametrize("capability", list(Capability))
def test_with_one_capability_off_the_verdict_is_honest(everything: Selection, capability: Capability) -> None:
    selection = everything.supported(set(Capability) - {capability})
    case, told = ran(selection)
    verdict = judge(case)
    assert (verdict.code, verdict.headline, verdict.reasons) == (0, "ACCEPTED (core)", ())
    for row in rows(case.results):
        needing = sum(f"{NEEDS}{capability}" in proof.tags for proof in row.proofs)
        count = f"{len(row.proofs) - needing} of {len(row.proofs)} scenarios"
        assert (row.word, row.figure) == (
            "met",
            f"{count}; not supported: {capability}" if needing else count,
        )
    report = conformance(case, verdict, told, FACTS)
    assert report.verdict == "ACCEPTED (core)"
    assert report.extended.unsupported == (capability,)
    assert set(report.extended.supported) == set(Capability) - {capability}
    numbers = (report.core.statistics, report.extended.statistics)
    assert sum(each.passed for each in numbers) == len(selection.scenarios)
    assert {each.failed + each.skipped for each in numbers} == {0}


def test_a_deployment_that_offers_everything_is_accepted_without_a_reservation(everything: Selection) -> None:
    case, told = ran(everything.supported(set(Capability)))
    verdict = judge(case)
    assert verdict.headline == "ACCEPTED"
    report = conformance(case, verdict, told, FACTS)
    assert (report.core.result, report.extended.result, report.extended.unsupported) == (
        "success",
        "success",
        (),
    )


def test_what_is_claimed_and_judged_by_no_scenario_is_told(everything: Selection) -> None:
    """Whatever redeploys asks for further instructions meanwhile."""
    selection = everything.supported({Capability.REDEPLOY, Capability.MAIL})
    assert selection.unjudged == (Capability.REDEPLOY,)
    case, told = ran(selection)
    assert conformance(case, judge(case), told, FACTS).extended.unjudged == ("redeploy",)


def test_the_document_tells_core_and_extended_apart(everything: Selection, tmp_path: Path) -> None:
    selection = everything.supported({Capability.MAIL, Capability.THREADS})
    core = next(one for one in selection.scenarios if not any(tag.startswith(NEEDS) for tag in one.tags))
    mail = next(one for one in selection.scenarios if "needs.mail" in one.tags)
    case, told = ran(selection, {core.location: "not observed", mail.location: "failed"})
    FACTS.write(tmp_path)
    write_conformance(tmp_path, case, judge(case), told)
    document = yaml.safe_load((tmp_path / "conformance.yaml").read_text(encoding="utf-8"))
    assert document.pop("date")
    in_core = sum(not any(tag.startswith(NEEDS) for tag in one.tags) for one in selection.scenarios)
    beyond = len(selection.scenarios) - in_core
    assert document == {
        "kind": "ConformanceReport",
        "deployment": "ours",
        "revision": "c0ffee with changes",
        "verdict": "NOT ACCEPTED",
        "whole": True,
        "duration": 12.5,
        "core": {
            "result": "partial",
            "statistics": {"passed": in_core - 1, "failed": 0, "skipped": 1},
            "failed": [],
        },
        "extended": {
            "result": "failure",
            "statistics": {"passed": beyond - 1, "failed": 1, "skipped": 0},
            "failed": [f"{mail.name} ({mail.location})"],
            "supported": ["mail", "threads"],
            "unsupported": [str(one) for one in Capability if one not in {"mail", "threads"}],
            "unjudged": [],
        },
    }
