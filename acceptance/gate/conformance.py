"""conformance.yaml: what a deployment claims and what was found of that, for whoever compares deployments.

Made like the conformance reports of the Kubernetes Gateway API (https://gateway-api.sigs.k8s.io, "Conformance"): the
core and what is extended have a result and statistics each, and what is not supported is named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from acceptance.capabilities import NEEDS, Capability
from acceptance.results.atomic_write import write_whole
from acceptance.results.manifest import RunManifest
from acceptance.results.masking import masked
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import CONFORMANCE
from acceptance.results.run_results import ScenarioResult
from acceptance.results.verdict import RunEvidence, Verdict


@dataclass(frozen=True)
class Statistics:
    """How many scenarios. `skipped` are all that prove nothing: skipped, not observed, and those without a result."""

    passed: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class Core:
    """The scenarios that need no capability.

    `result` is `success` if all of them passed, `failure` if one failed, else `partial`.
    """

    result: str
    statistics: Statistics
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Extended:
    """The scenarios that need a capability and were judged; likewise.

    Every capability of the contract is in `supported`, as the profile claims it, or in `unsupported`; `unjudged` are
    claimed, and no scenario of this run needs them.
    """

    result: str
    statistics: Statistics
    failed: tuple[str, ...]
    supported: tuple[str, ...]
    unsupported: tuple[str, ...]
    unjudged: tuple[str, ...]


@dataclass(frozen=True)
class ConformanceReport:
    """The document. `deployment` is the profile's name, `revision` that of the suite, `duration` in seconds.

    `whole` says whether it is of all scenarios; `date` is ISO 8601, UTC.
    """

    kind: str
    date: str
    deployment: str
    revision: str
    verdict: str
    whole: bool
    duration: float
    core: Core
    extended: Extended


def conformance(case: RunEvidence, verdict: Verdict, told: RunManifest, facts: RunFacts) -> ConformanceReport:
    """The report of a run that was judged."""
    results: dict[str, list[ScenarioResult]] = {}
    for result in case.results.scenarios:
        if not result.unsupported:
            results.setdefault(result.location, []).append(result)
    needed = {tag.removeprefix(NEEDS) for one in case.selected for tag in one.tags if tag.startswith(NEEDS)}
    core: list[ScenarioResult | None] = []
    extended: list[ScenarioResult | None] = []
    for wanted in case.selected:
        part = extended if any(tag.startswith(NEEDS) for tag in wanted.tags) else core
        found = results.get(wanted.location)
        part.append(found.pop(0) if found else None)
    return ConformanceReport(
        kind="ConformanceReport",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        deployment=facts.facts.get("Deployment", ""),
        revision=f"{facts.commit} with changes" if facts.changed else facts.commit,
        verdict=verdict.headline,
        whole=told.whole,
        duration=told.seconds,
        core=Core(*_found(core)),
        extended=Extended(
            *_found(extended),
            supported=told.supported,
            unsupported=tuple(str(one) for one in Capability if one not in told.supported),
            unjudged=tuple(name for name in told.supported if name not in needed),
        ),
    )


def write_conformance(folder: Path, case: RunEvidence, verdict: Verdict, told: RunManifest) -> None:
    """Write it into a run's folder, secrets masked. OSError, Unreadable as usual."""
    report = conformance(case, verdict, told, RunFacts.read(folder))
    document = masked(dataclasses.asdict(report, dict_factory=_plain))
    write_whole(
        folder / CONFORMANCE, yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    )


def _found(results: Sequence[ScenarioResult | None]) -> tuple[str, Statistics, tuple[str, ...]]:
    """Of the scenarios' results, None where there is none: the word, the numbers, and which failed."""
    passed = sum(result is not None and result.passed for result in results)
    failed = [result for result in results if result is not None and result.broken]
    numbers = Statistics(passed, len(failed), len(results) - passed - len(failed))
    word = "failure" if failed else "partial" if numbers.skipped else "success"
    return word, numbers, tuple(f"{result.name} ({result.location})" for result in failed)


def _plain(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """YAML knows lists and no tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}
