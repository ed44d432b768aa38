"""Every rule of every feature as a promise: kept, broken or not judged, whom it hurts, and since when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acceptance.report.history import Entry
from acceptance.results.criteria import not_supported
from acceptance.results.impact import Impact, Severity, impact_of, narrative_of
from acceptance.results.run_folder import slug
from acceptance.results.run_results import COULD_NOT_BEGIN, NOT_OBSERVED, NOT_RUN, ScenarioResult


@dataclass(frozen=True)
class Since:
    """Since when a rule is broken on a deployment, and when it was kept last.

    `first` is None if no run before was so, `last` if it never was kept there.
    """

    first: Entry | None
    last: Entry | None

    def told(self, run: str) -> str:
        """In words; `run` is the one that the page is about."""
        old = self.first if self.first and self.first.run != run else None
        first = f"since {_moment(old)}" if old else "for the first time in this run"
        last = f"last kept {_moment(self.last)}" if self.last else "no earlier run here kept it"
        return f"broken {first}; {last}"


@dataclass(frozen=True)
class Promise:
    """One rule, and the scenarios that are its examples. `since` is known of a broken one alone."""

    feature: str
    rule: str
    node: str
    """The id of the rule's heading in the page of @cucumber/html-formatter."""
    impact: Impact | None
    scenarios: Sequence[ScenarioResult]
    since: Since | None = None

    @property
    def word(self) -> str:
        """`kept`, `broken`, `not judged`, `not supported` or `not run`."""
        if any(each.broken and not each.groundless for each in self.scenarios):
            return "broken"
        if any(each.unseen or each.groundless for each in self.scenarios):
            return "not judged"
        if not self.scenarios:
            return "not run"
        if all(each.unsupported for each in self.scenarios):
            return "not supported"
        return "kept" if all(each.passed or each.unsupported for each in self.scenarios) else "not judged"

    @property
    def left_out(self) -> str:
        """For want of what a part of it was not judged."""
        return not_supported(self.scenarios) if self.word != "not supported" else ""

    @property
    def anchor(self) -> str:
        """Made of names, so that it leads to the same promise in the report of every run."""
        return anchor("promise", self.feature, self.rule)

    @property
    def worst_first(self) -> int:
        """For sorting."""
        return list(Severity).index(self.impact.severity) if self.impact else len(Severity)


@dataclass(frozen=True)
class Chapter:
    """A feature: its name, its file, whom it serves, and its promises."""

    feature: str
    uri: str
    narrative: str
    promises: Sequence[Promise]


def anchor(kind: str, *names: str) -> str:
    """The id of a place in the page."""
    return "-".join([kind, *(slug(name).replace("_", "-") for name in names)])


def chapters(
    documents: Iterable[Mapping[str, Any]], results: Sequence[ScenarioResult], history: Sequence[Entry]
) -> list[Chapter]:
    """The features of a run's `gherkinDocument` messages by file, with what the run showed of each rule.

    Args:
        history: of the deployment that was judged, up to this run.
    """
    by_uri = {document["uri"]: document.get("feature") or {} for document in documents}
    return [
        Chapter(feature["name"], uri, narrative_of(feature["description"]), found)
        for uri, feature in sorted(by_uri.items())
        if feature and (found := list(_promises(feature, results, history)))
    ]


def _promises(
    feature: Mapping[str, Any], results: Sequence[ScenarioResult], history: Sequence[Entry]
) -> Iterator[Promise]:
    for rule in (child["rule"] for child in feature["children"] if "rule" in child):
        name = feature["name"], rule["name"]
        scenarios = [each for each in results if (each.feature, each.rule) == name]
        since = broken_since([each for each in scenarios if each.broken and not each.groundless], history)
        yield Promise(*name, rule["id"], impact_of(rule["description"]), scenarios, since)


def nodes(documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The id that the page gives to a scenario's heading, by its location; an outline's rows have the outline's."""
    found: dict[str, str] = {}

    def collect(node: Mapping[str, Any], uri: str) -> None:
        for child in node.get("children", ()):
            if "rule" in child:
                collect(child["rule"], uri)
            elif "scenario" in child:
                scenario = child["scenario"]
                rows = [row for table in scenario["examples"] for row in table.get("tableBody", ())]
                for place in (scenario, *rows):
                    found[f"{uri}:{place['location']['line']}"] = scenario["id"]

    for document in documents:
        collect(document.get("feature") or {}, document["uri"])
    return found


def broken_since(broken: Iterable[ScenarioResult], history: Sequence[Entry]) -> Since | None:
    """Since when the one of these scenarios is broken that is so for longest; None where the history has none of them.

    What was not run or not observed, or could not begin, says nothing and parts nothing.
    """
    found = [since for each in broken if (since := _since((each.feature, each.name), history))]
    return min(found, key=lambda since: since.first.at if since.first else math.inf, default=None)


def _since(key: tuple[str, str], history: Sequence[Entry]) -> Since | None:
    first = None
    for entry in reversed(history):
        if entry.key != key or entry.status in (*NOT_RUN, NOT_OBSERVED, COULD_NOT_BEGIN):
            continue
        if entry.passed:
            return Since(first, entry)
        first = entry
    return Since(first, None) if first else None


def _moment(entry: Entry) -> str:
    revision = f", revision {entry.revision}{' + changes' if entry.dirty else ''}" if entry.revision else ""
    return f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%d %H:%M} UTC (run {entry.run}{revision})"
