"""The head of the report: the verdict and where it holds, who is hurt, the criteria, every promise, and what failed."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from acceptance.report.head.causes import causes
from acceptance.report.head.glossary import meaning_of, why, words
from acceptance.report.head.promises import anchor, chapters, nodes
from acceptance.report.head.time_lines import line_of, time_lines
from acceptance.report.history import Entry, RunFigures, flaky
from acceptance.report.picture import Picture
from acceptance.report.verdict import Outline
from acceptance.results.criteria import CRITERIA, not_supported, rows, share
from acceptance.results.masking import mask
from acceptance.results.repetitions import repetitions
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results
from acceptance.results.scenario_trace import ScenarioTrace
from acceptance.results.tags import bugs_of
from acceptance.results.text import counted
from acceptance.results.verdict import PASSED, Verdict

HERE = Path(__file__).parent
STYLE = (HERE / "head.css").read_text(encoding="utf-8")
SCRIPT = (HERE / "head.js").read_text(encoding="utf-8")
TEMPLATE = HERE / "head.html.jinja"

RUNS = 20
"""Of so many runs the figures are told."""

NAMED = 3
"""So many scenarios that failed are named below the verdict; of more, the number."""

_SANDBOX = "This is the whole platform on one machine: it says nothing yet about a deployment on AWS."


@dataclass(frozen=True)
class ReportInputs:
    """All that the head tells of: what a run's folder holds, and the history of its deployment up to it."""

    results: Results
    outline: Outline
    verdict: Verdict
    facts: RunFacts = field(default_factory=RunFacts)
    pictures: Sequence[Picture] = ()
    history: Sequence[Entry] = ()
    run: str = ""
    measured: Sequence[RunFigures] = ()
    traces: Sequence[ScenarioTrace] = ()


def head(told: ReportInputs) -> str:
    """The head as HTML, everything in it masked and escaped; pictures become data: images."""
    # Most processes of the suite make no page.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_masked
    )
    environment.filters |= {"slug": _slug, "base64": _base64, "capitalize_first": _begun_large}
    marked = flaky(told.history)
    results, documents = told.results, told.outline.documents
    found = chapters(documents, results.scenarios, told.history)
    lines = time_lines(told.traces)
    broken = [promise for chapter in found for promise in chapter.promises if promise.word == "broken"]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        word=told.verdict.word.capitalize(),
        place=told.facts.place,
        explained=_SANDBOX if told.facts.on_sandbox else "",
        reasons=" ".join(map(_sentence, _reasons(told.verdict, not_supported(results.scenarios)))),
        facts=list(_facts(told)),
        rows=rows(results),
        chapters=found,
        promises=Counter(promise.word for chapter in found for promise in chapter.promises),
        hurt=sorted(broken, key=lambda promise: promise.worst_first),
        run=told.run,
        trend=[(_of_run(each), each.figures) for each in reversed(told.measured[-RUNS:])],
        criteria=CRITERIA,
        results=results,
        failures=causes(each for each in results.scenarios if each.broken),
        unseen=causes(each for each in results.scenarios if each.unseen),
        errors=told.outline.errors,
        lines=lines,
        line_of=partial(line_of, lines=lines),
        gone=[(bug, one) for one in results.scenarios if one.passed for bug in bugs_of(one.tags)],
        bugs_of=bugs_of,
        repeated=repetitions(results.scenarios),
        flaky=[one for one in results.scenarios if (one.feature, one.name) in marked],
        pictures=told.pictures,
        share=share,
        anchor=anchor,
        nodes=nodes(documents),
        words=words(),
        why=why(),
        meaning_of=meaning_of,
    )


def title(told: ReportInputs) -> str:
    """The page's title, escaped: the verdict and where it holds first, for a row of browser tabs."""
    word, place = told.verdict.word.capitalize(), told.facts.place
    return escape(mask(f"{word}{f' on {place}' if place else ''} - acceptance report"))


def _reasons(verdict: Verdict, left_out: str) -> Iterator[str]:
    """What stands below the verdict."""
    proven = f"{verdict.proven} of {len(CRITERIA)} success criteria"
    if verdict.word == PASSED:
        yield f"What ran has passed; it proves {proven}"
    elif not verdict.reasons:
        yield f"All {len(CRITERIA)} success criteria are met"
    if left_out:
        yield left_out
    of_scenarios = Counter(reason.title for reason in verdict.reasons if reason.scenario)
    told = set[str]()
    for reason in verdict.reasons:
        if not reason.scenario or of_scenarios[reason.title] <= NAMED:
            first = reason.sentence.partition("\n")[0]
            # What follows from a cause that has been told already is no further one.
            if not any(cause in first for cause in told):
                yield first
            told.add(first)
        elif reason.title not in told:
            told.add(reason.title)
            yield f"{reason.title}: {counted(of_scenarios[reason.title], 'scenario')}"


def _facts(told: ReportInputs) -> Iterator[tuple[str, str]]:
    """What the head says of the run, name and text."""
    yield from told.facts.facts.items()
    if told.facts.facts:
        yield "Revision", (told.facts.commit or "unknown") + (" + changes" if told.facts.changed else "")
    if told.outline.started is not None:
        yield "Began", f"{datetime.fromtimestamp(told.outline.started, UTC):%Y-%m-%d %H:%M:%S} UTC"
        if told.outline.finished is not None:
            minutes, seconds = divmod(round(told.outline.finished - told.outline.started), 60)
            yield "Took", f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    yield "Scenarios", told.results.statuses


def _of_run(told: RunFigures) -> str:
    """A run by its date and revision."""
    when = f"{datetime.fromtimestamp(told.at, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{when}, {told.revision or 'no revision'}{' + changes' if told.dirty else ''}"


def _sentence(text: str) -> str:
    return f"{_begun_large(text).rstrip('.')}."


def _begun_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _masked(value: Any) -> Any:
    """What is to be shown, masked. Markup is the template's own, and made of what was masked already."""
    return mask(value) if type(value) is str else value


def _base64(svg: str) -> str:
    return base64.b64encode(mask(svg).encode()).decode("ascii")


def _slug(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
