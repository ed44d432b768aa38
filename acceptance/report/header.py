"""The head of the report: what was judged, the verdict, the five success criteria, and what failed."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from acceptance.report.glossary import meaning_of, words
from acceptance.report.history import Entry, flaky
from acceptance.report.picture import Picture
from acceptance.report.verdict import Outline
from acceptance.results.criteria import CRITERIA, Row, rows, share
from acceptance.results.masking import mask
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.verdict import PASSED, Verdict

STYLE = (Path(__file__).parent / "head.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ReportInputs:
    """All that the head tells of: what a run's folder holds, and the history of the runs before."""

    results: Results
    outline: Outline
    verdict: Verdict
    facts: RunFacts = field(default_factory=RunFacts)
    pictures: Sequence[Picture] = ()
    history: Sequence[Entry] = ()


def head(told: ReportInputs) -> str:
    """The head as HTML, everything in it escaped and masked; pictures are SVG files and become data: images."""
    word = told.verdict.word.capitalize()
    parts = [
        '<header class="acceptance">',
        f'<h1>Acceptance report <span class="verdict {_slug(word)}">{escape(word)}</span></h1>',
        f'<p class="reason">{_text(" ".join(map(_sentence, _reasons(told.verdict))))}</p>',
        "<dl>",
        *(f"<div><dt>{_word(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in _facts(told)),
        "</dl>",
        *_criteria(told.results),
        *_unseen(told.results),
        *_failures(told.results, told.outline),
        *_flaky(told.results, told.history),
        *(_picture(picture) for picture in told.pictures if not picture.of_history),
        *_last_runs([picture for picture in told.pictures if picture.of_history]),
        *_glossary(),
        "<h2>The features, sentence by sentence</h2>",
        "</header>",
    ]
    return "\n".join(parts)


def title(told: ReportInputs) -> str:
    """The page's title, escaped: the verdict first, for a row of browser tabs."""
    deployment = told.facts.facts.get("Deployment")
    word = told.verdict.word.capitalize()
    return _text(word + (f" - {deployment}" if deployment else "") + " - acceptance report")


def _reasons(verdict: Verdict) -> Iterator[str]:
    """What stands below the verdict."""
    proven = f"{verdict.proven} of {len(CRITERIA)} success criteria"
    if verdict.word == PASSED:
        yield f"What ran has passed; it proves {proven}"
    elif not verdict.reasons:
        yield f"All {len(CRITERIA)} success criteria are met"
    yield from (reason.sentence for reason in verdict.reasons)


def _facts(told: ReportInputs) -> Iterator[tuple[str, str]]:
    """What the head says of the run, name and text."""
    yield from told.facts.facts.items()
    if told.facts.facts:
        yield "Revision", (told.facts.commit or "unknown") + (" + changes" if told.facts.changed else "")
    yield from _times(told.outline)
    yield "Scenarios", told.results.statuses


def _criteria(results: Results) -> list[str]:
    lines = []
    for row in rows(results):
        criterion = row.criterion
        lines.append(
            f'<tr class="{_slug(row.word)}"><th scope="row">{_text(criterion.name)}'
            f"<small>{_text(criterion.meaning)}</small></th>"
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
    passed = [proof for proof in proofs if proof.passed]
    others = "".join(_proof(proof) for proof in proofs if not proof.passed)
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


def _failures(results: Results, outline: Outline) -> list[str]:
    items = [_failure(scenario) for scenario in results.scenarios if scenario.broken]
    items += [f"<li>Outside the scenarios<pre>{_text(error)}</pre></li>" for error in outline.errors]
    items += [f"<li>A cleanup failed<pre>{_text(error)}</pre></li>" for error in results.cleanup_errors]
    items += [f"<li>Left behind: {_text(sentence)}</li>" for sentence in results.left_behind]
    return ["<h2>What failed</h2>", '<ul class="failures">', *items, "</ul>"] if items else []


def _unseen(results: Results) -> list[str]:
    """What nobody saw, apart from what failed: it says nothing about the platform."""
    items = [f"<li>The run ended: {_text(cause)}</li>" for cause in results.lost]
    items += [_failure(scenario) for scenario in results.scenarios if scenario.unseen]
    items += [f"<li>{_text(sentence)}</li>" for sentence in results.not_observed]
    return ["<h2>What could not be observed</h2>", '<ul class="unseen">', *items, "</ul>"] if items else []


def _failure(scenario: ScenarioResult) -> str:
    message = f"<pre>{_text(scenario.message)}</pre>" if scenario.message else ""
    return (
        f"<li><strong>{_text(scenario.name)}</strong> <small>{_text(scenario.location)}</small>"
        f"<br>{_text(scenario.failed_step or scenario.status)}{message}</li>"
    )


def _flaky(results: Results, history: Sequence[Entry]) -> list[str]:
    """The scenarios of this run that have passed and failed on one revision."""
    marked = flaky(history)
    items = [
        f"<li><strong>{_text(scenario.name)}</strong> <small>{_text(scenario.location)}</small></li>"
        for scenario in results.scenarios
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


def _picture(picture: Picture) -> str:
    return _figure(picture, f"<h2>{_text(picture.title)}</h2><p>{_text(picture.caption)}</p>")


def _last_runs(strips: Sequence[Picture]) -> list[str]:
    """The runs before this one, folded away by feature."""
    parts = ["<h2>The last runs of each scenario</h2>"] if strips else []
    for strip in strips:
        figure = _figure(strip, f"<p>{_text(strip.caption)}</p>")
        parts.append(f"<details><summary>{_text(strip.title)}</summary>{figure}</details>")
    return parts


def _figure(picture: Picture, caption: str) -> str:
    data = base64.b64encode(mask(picture.svg).encode()).decode("ascii")
    instead = _text(f"{picture.title}. {picture.caption}")
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<div class="wide"><img alt="{instead}" src="data:image/svg+xml;base64,{data}"></div></figure>'
    )


def _times(outline: Outline) -> Iterator[tuple[str, str]]:
    if outline.started is not None:
        yield "Began", f"{datetime.fromtimestamp(outline.started, UTC):%Y-%m-%d %H:%M:%S} UTC"
        if outline.finished is not None:
            minutes, seconds = divmod(round(outline.finished - outline.started), 60)
            yield "Took", f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _word(name: str) -> str:
    """A name that the glossary has shows what it means."""
    meaning = meaning_of(name)
    return f'<abbr title="{_text(meaning)}">{_text(name)}</abbr>' if meaning else _text(name)


def _glossary() -> list[str]:
    """The project's words, folded away."""
    told = [f"<tr><th>{_text(word)}</th><td>{_text(meaning)}</td></tr>" for word, meaning in words().items()]
    return (
        ["<details><summary>What the words mean</summary><table>", *told, "</table></details>"]
        if told
        else []
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _text(value: str) -> str:
    return escape(mask(value))


def _slug(word: str) -> str:
    return word.lower().replace(" ", "-").replace("_", "-")
