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

from drivers.ledger import CRITERIA, Criterion, ScenarioResult, verdict
from drivers.masking import mask
from reporting.run import Results

STYLE = (Path(__file__).parent / "head.css").read_text(encoding="utf-8")


@dataclass
class Outline:
    """What the stream says about the run as a whole; filled message by message with `see`."""

    started: float | None = None
    finished: float | None = None
    success: bool | None = None
    message: str = ""
    errors: list[str] = field(default_factory=list)

    def see(self, message: Mapping[str, Any]) -> None:
        """Take note of one message."""
        if "testRunStarted" in message:
            self.started = _seconds(message["testRunStarted"]["timestamp"])
        elif "testRunFinished" in message:
            finished = message["testRunFinished"]
            self.finished = _seconds(finished["timestamp"])
            self.success = finished["success"]
            self.message = finished.get("message", "")
        elif "parseError" in message:
            self.errors.append(f"{message['parseError']['source']['uri']} {message['parseError']['message']}")
        elif "testRunHookFinished" in message:
            result = message["testRunHookFinished"]["result"]
            if result["status"] != "PASSED":
                self.errors.append(result.get("message", "a hook of the run failed"))


def judge(results: Results | None, outline: Outline) -> tuple[str, str]:
    """The verdict and why. `Accepted` needs a finished, successful run with no failure and all criteria met."""
    if outline.success is None:
        return "Incomplete", "The run ended before its report was complete."
    scenarios = results.scenarios if results else ()
    failed = [scenario for scenario in scenarios if scenario.status not in {"passed", "skipped"}]
    if failed:
        return "Not accepted", f"{len(failed)} of {len(scenarios)} scenarios did not pass."
    if not outline.success:
        return "Not accepted", (
            outline.message or "something outside the scenarios failed"
        ).capitalize() + "."
    if not scenarios:
        return "Incomplete", "No result of any scenario was found."
    states = Counter(verdict(_proofs(criterion, scenarios)) for criterion in CRITERIA)
    if states["met"] < len(CRITERIA):
        return (
            "Incomplete",
            f"What ran has passed; it proves {states['met']} of {len(CRITERIA)} success criteria.",
        )
    return "Accepted", f"All {len(CRITERIA)} success criteria are met."


def head(
    results: Results | None, outline: Outline, facts: Mapping[str, str], pictures: Sequence[Path] = ()
) -> str:
    """The head as HTML, everything in it escaped and masked; pictures are SVG files and become data: images."""
    word, reason = judge(results, outline)
    told = {**facts, **_times(outline), **_counts(results)}
    parts = [
        '<header class="acceptance">',
        f'<h1>Acceptance report <span class="verdict {_slug(word)}">{escape(word)}</span></h1>',
        f"<p>{_text(reason)}</p>",
        "<dl>",
        *(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in told.items()),
        "</dl>",
        *_criteria(results),
        *_failures(results, outline),
        *(_picture(path) for path in pictures),
        "</header>",
    ]
    return "\n".join(parts)


def title(results: Results | None, outline: Outline, facts: Mapping[str, str]) -> str:
    """The page's title, escaped: the verdict first, for a row of browser tabs."""
    deployment = facts.get("Deployment")
    return _text(
        judge(results, outline)[0] + (f" - {deployment}" if deployment else "") + " - acceptance report"
    )


def _criteria(results: Results | None) -> list[str]:
    scenarios = results.scenarios if results else ()
    rows = []
    for criterion in CRITERIA:
        proofs = _proofs(criterion, scenarios)
        state = verdict(proofs)
        values = results.figures.get(criterion.figure) if results else None
        figure = criterion.tell(values) if values else "no figure measured"
        rows.append(
            f'<tr class="{_slug(state)}"><th scope="row">{_text(criterion.promise)}</th>'
            f'<td class="state">{escape(state.lower())}</td><td>{_text(figure)}</td><td>{_proof_list(proofs)}</td></tr>'
        )
    columns = "".join(f'<th scope="col">{name}</th>' for name in ("Criterion", "", "Figure", "Scenarios"))
    return [
        "<h2>Success criteria</h2>",
        f"<table><thead><tr>{columns}</tr></thead><tbody>",
        *rows,
        "</tbody></table>",
    ]


def _proof_list(proofs: Sequence[ScenarioResult]) -> str:
    if not proofs:
        return "none was run"
    passed = sum(proof.status == "passed" for proof in proofs)
    items = "".join(
        f'<li class="{_slug(proof.status)}">{_text(proof.name)} '
        f"<small>{_text(proof.status)}, {proof.seconds:.1f} s</small></li>"
        for proof in proofs
    )
    shown = "" if passed == len(proofs) else " open"
    return f"<details{shown}><summary>{passed} of {len(proofs)} passed</summary><ul>{items}</ul></details>"


def _failures(results: Results | None, outline: Outline) -> list[str]:
    failed = [s for s in (results.scenarios if results else ()) if s.status not in {"passed", "skipped"}]
    items = [
        f"<li><strong>{_text(scenario.name)}</strong> <small>{_text(scenario.location)}</small>"
        f"<br>{_text(scenario.failed_step or scenario.status)}"
        f"{f'<pre>{_text(scenario.message)}</pre>' if scenario.message else ''}</li>"
        for scenario in failed
    ]
    items += [f"<li>Outside the scenarios<pre>{_text(error)}</pre></li>" for error in outline.errors]
    return ["<h2>What failed</h2>", '<ul class="failures">', *items, "</ul>"] if items else []


def _picture(path: Path) -> str:
    data = base64.b64encode(mask(path.read_text(encoding="utf-8")).encode()).decode("ascii")
    named = path.stem.replace("-", " ").replace("_", " ")
    return (
        f"<figure><figcaption>{_text(named)}</figcaption>"
        f'<img alt="{_text(named)}" src="data:image/svg+xml;base64,{data}"></figure>'
    )


def _proofs(criterion: Criterion, scenarios: Sequence[ScenarioResult]) -> list[ScenarioResult]:
    return [s for s in scenarios if criterion.tag in s.tags and s.status != "skipped"]


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


def _seconds(stamp: Mapping[str, int]) -> float:
    return stamp["seconds"] + stamp["nanos"] / 1e9
