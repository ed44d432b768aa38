"""The head of the report: what was judged, the verdict, the five success criteria, and what failed."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from acceptance.report.captions import caption_of
from acceptance.report.history import Entry, flaky
from acceptance.report.run import Results
from acceptance.report.verdict import FINE, Outline, judge, rows_of
from acceptance.results.criteria import Row, share
from acceptance.results.ledger import NOT_OBSERVED, ScenarioResult
from acceptance.results.masking import mask

STYLE = (Path(__file__).parent / "head.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ReportInputs:
    """All that the head tells of: what a run's folder holds, and the history of the runs before."""

    results: Results | None
    outline: Outline
    facts: Mapping[str, str] = field(default_factory=dict)
    gate: Mapping[str, Any] | None = None
    pictures: Sequence[Path] = ()
    history: Sequence[Entry] = ()


def head(told: ReportInputs) -> str:
    """The head as HTML, everything in it escaped and masked; pictures are SVG files and become data: images."""
    word, reason = judge(told.results, told.outline, told.gate)
    facts = {**told.facts, **_times(told.outline), **_counts(told.results)}
    parts = [
        '<header class="acceptance">',
        f'<h1>Acceptance report <span class="verdict {_slug(word)}">{escape(word)}</span></h1>',
        f'<p class="reason">{_text(reason)}</p>',
        "<dl>",
        *(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in facts.items()),
        "</dl>",
        *_criteria(told.results),
        *_unseen(told.results),
        *_failures(told.results, told.outline),
        *_flaky(told.results, told.history),
        *(_picture(path) for path in told.pictures if not _of_history(path)),
        *_last_runs([path for path in told.pictures if _of_history(path)]),
        "<h2>The features, sentence by sentence</h2>",
        "</header>",
    ]
    return "\n".join(parts)


def title(told: ReportInputs) -> str:
    """The page's title, escaped: the verdict first, for a row of browser tabs."""
    deployment = told.facts.get("Deployment")
    word, _ = judge(told.results, told.outline, told.gate)
    return _text(word + (f" - {deployment}" if deployment else "") + " - acceptance report")


def _criteria(results: Results | None) -> list[str]:
    lines = []
    for row in rows_of(results):
        promise, _, what = row.criterion.promise.partition(": ")
        lines.append(
            f'<tr class="{_slug(row.word)}"><th scope="row">{_text(promise)}<small>{_text(what)}</small></th>'
            f'<td class="state">{escape(row.word.lower())}</td>'
            f'<td class="figure">{_text(row.excess or row.figure)}</td><td>{_proof_list(row)}</td></tr>'
        )
    columns = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Criterion", "Met?", "Measured, against the limit", "Proven by")
    )
    return [
        "<h2>Success criteria</h2>",
        f'<table class="criteria"><thead><tr>{columns}</tr></thead><tbody>',
        *lines,
        "</tbody></table>",
    ]


def _proof_list(row: Row) -> str:
    """What did not pass in plain sight, what passed folded away, by feature."""
    proofs = row.proofs
    if not proofs:
        return "none was run"
    passed = [proof for proof in proofs if proof.status == "passed"]
    others = "".join(_proof(proof) for proof in proofs if proof.status != "passed")
    features = {
        feature: "".join(_proof(proof) for proof in passed if proof.feature == feature)
        for feature in dict.fromkeys(proof.feature for proof in passed)
    }
    listed = "".join(f"<p>{_text(feature)}</p><ul>{items}</ul>" for feature, items in features.items())
    count = share(proofs).replace("scenarios", "scenarios passed", 1)
    folded = f"<details><summary>{count}</summary>{listed}</details>" if passed else count
    return (f"<ul>{others}</ul>" if others else "") + folded


def _proof(proof: ScenarioResult) -> str:
    return (
        f'<li class="{_slug(proof.status)}">{_text(proof.name)} '
        f"<small>{_text(proof.status)}, {proof.seconds:.1f} s</small></li>"
    )


def _failures(results: Results | None, outline: Outline) -> list[str]:
    scenarios = results.scenarios if results else ()
    items = [_failure(s) for s in scenarios if s.status not in FINE and s.status != NOT_OBSERVED]
    items += [f"<li>Outside the scenarios<pre>{_text(error)}</pre></li>" for error in outline.errors]
    if results is not None:
        items += [f"<li>A cleanup failed<pre>{_text(error)}</pre></li>" for error in results.cleanup_errors]
        items += [f"<li>Left behind: {_text(sentence)}</li>" for sentence in results.left_behind]
    return ["<h2>What failed</h2>", '<ul class="failures">', *items, "</ul>"] if items else []


def _unseen(results: Results | None) -> list[str]:
    """What nobody saw, apart from what failed: it says nothing about the platform."""
    if results is None:
        return []
    items = [f"<li>The run ended: {_text(cause)}</li>" for cause in results.lost]
    items += [_failure(scenario) for scenario in results.scenarios if scenario.status == NOT_OBSERVED]
    items += [f"<li>{_text(sentence)}</li>" for sentence in results.not_observed]
    return ["<h2>What could not be observed</h2>", '<ul class="unseen">', *items, "</ul>"] if items else []


def _failure(scenario: ScenarioResult) -> str:
    message = f"<pre>{_text(scenario.message)}</pre>" if scenario.message else ""
    return (
        f"<li><strong>{_text(scenario.name)}</strong> <small>{_text(scenario.location)}</small>"
        f"<br>{_text(scenario.failed_step or scenario.status)}{message}</li>"
    )


def _flaky(results: Results | None, history: Sequence[Entry]) -> list[str]:
    """The scenarios of this run that have passed and failed on one revision."""
    marked = flaky(history)
    items = [
        f"<li><strong>{_text(scenario.name)}</strong> <small>{_text(scenario.location)}</small></li>"
        for scenario in (results.scenarios if results else ())
        if (scenario.feature, scenario.name) in marked
    ]
    if not items:
        return []
    return [
        "<h2>Flaky</h2>",
        '<p class="reason">Passed and failed on one revision: one of the two results is wrong.</p>',
        '<ul class="flaky">',
        *items,
        "</ul>",
    ]


def _picture(path: Path) -> str:
    named, told = caption_of(path)
    return _figure(path, f"<h2>{_text(named)}</h2><p>{_text(told)}</p>", f"{named}. {told}")


def _last_runs(strips: Sequence[Path]) -> list[str]:
    """The runs before this one, folded away by feature."""
    parts = ["<h2>The last runs of each scenario</h2>"] if strips else []
    for path in strips:
        named, told = caption_of(path)
        figure = _figure(path, f"<p>{_text(told)}</p>", f"{named}. {told}")
        parts.append(f"<details><summary>{_text(named)}</summary>{figure}</details>")
    return parts


def _of_history(path: Path) -> bool:
    return "last-runs" in path.stem


def _figure(path: Path, caption: str, instead: str) -> str:
    data = base64.b64encode(mask(path.read_text(encoding="utf-8")).encode()).decode("ascii")
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<div class="wide"><img alt="{_text(instead)}" src="data:image/svg+xml;base64,{data}"></div></figure>'
    )


def _times(outline: Outline) -> dict[str, str]:
    if outline.started is None:
        return {}
    began = {"Began": f"{datetime.fromtimestamp(outline.started, UTC):%Y-%m-%d %H:%M:%S} UTC"}
    if outline.finished is None:
        return began
    minutes, seconds = divmod(round(outline.finished - outline.started), 60)
    return {**began, "Took": f"{minutes} min {seconds} s" if minutes else f"{seconds} s"}


def _counts(results: Results | None) -> dict[str, str]:
    if results is None:
        return {}
    statuses = Counter(scenario.status for scenario in results.scenarios)
    ended = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    return {"Scenarios": ended or "none"}


def _text(value: str) -> str:
    return escape(mask(value))


def _slug(word: str) -> str:
    return word.lower().replace(" ", "-").replace("_", "-")
