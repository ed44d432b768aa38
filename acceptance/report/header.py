"""The head of the report: what was judged, the verdict, the success criteria, and what failed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from acceptance.report.glossary import meaning_of, words
from acceptance.report.history import Entry, flaky
from acceptance.report.picture import Picture
from acceptance.report.verdict import Outline
from acceptance.results.criteria import CRITERIA, not_supported, rows, share
from acceptance.results.masking import mask
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import Results
from acceptance.results.verdict import PASSED, Verdict

STYLE = (Path(__file__).parent / "head.css").read_text(encoding="utf-8")

TEMPLATE = Path(__file__).with_name("head.html.jinja")


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
    """The head as HTML, everything in it masked and escaped; pictures become data: images."""
    # Most processes of the suite make no page.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_masked
    )
    environment.filters |= {"slug": _slug, "base64": _base64}
    marked = flaky(told.history)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        word=told.verdict.word.capitalize(),
        reasons=" ".join(map(_sentence, _reasons(told.verdict, not_supported(told.results.scenarios)))),
        facts=list(_facts(told)),
        rows=rows(told.results),
        results=told.results,
        errors=told.outline.errors,
        flaky=[one for one in told.results.scenarios if (one.feature, one.name) in marked],
        pictures=told.pictures,
        share=share,
        words=words(),
        meaning_of=meaning_of,
    )


def title(told: ReportInputs) -> str:
    """The page's title, escaped: the verdict first, for a row of browser tabs."""
    deployment = told.facts.facts.get("Deployment")
    word = told.verdict.word.capitalize()
    return escape(mask(word + (f" - {deployment}" if deployment else "") + " - acceptance report"))


def _reasons(verdict: Verdict, left_out: str) -> Iterator[str]:
    """What stands below the verdict."""
    proven = f"{verdict.proven} of {len(CRITERIA)} success criteria"
    if verdict.word == PASSED:
        yield f"What ran has passed; it proves {proven}"
    elif not verdict.reasons:
        yield f"All {len(CRITERIA)} success criteria are met"
    if left_out:
        yield left_out
    yield from (reason.sentence for reason in verdict.reasons)


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


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _masked(value: Any) -> Any:
    """What is to be shown, masked. Markup is the template's own, and made of what was masked already."""
    return mask(value) if type(value) is str else value


def _base64(svg: str) -> str:
    return base64.b64encode(mask(svg).encode()).decode("ascii")


def _slug(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
