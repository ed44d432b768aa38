"""Which features notice a changed file soonest: a guess that costs time where it is wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from acceptance.results.verdict import SelectedScenario

FEATURES: Sequence[tuple[str, str]] = (
    ("session_api/intake", "71"),
    ("session_api/letters", "71"),
    ("session_api/html_text", "71"),
    ("session_api/validation", "841"),
    ("session_api/web", "841"),
    ("session_api/handler", "841"),
    ("session_api/pages", "41"),
    ("session_api/", "184"),
    ("services/mail", "71"),
    ("hermes/customer_mail", "71"),
    ("hermes/routes", "1463"),
    ("hermes/visitor", "14"),
    ("hermes/health", "14"),
    ("hermes/commands", "23"),
    ("hermes/lease", "32"),
    ("hermes/audit", "23"),
    ("hermes/liveness", "23"),
    ("hermes/capacity", "13"),
    ("hermes/placement", "31"),
    ("hermes/protection", "31"),
    ("hermes/sleep", "13"),
    ("hermes/", "123"),
    ("edit/fence", "942"),
    ("edit/activity", "1"),
    ("edit/preview", "1649"),
    ("edit/node_process", "163"),
    ("edit/learning", "16"),
    ("edit/liveness", "2"),
    ("edit/workspace_ownership", "92"),
    ("edit/draft", "298"),
    ("edit/editor", "29"),
    ("edit/planning", "19"),
    ("edit/", "213"),
    ("services/records", "128"),
    ("services/session_record", "128"),
    ("alb/", "45"),
    ("provision", "147"),
)
"""By a piece of the file's path, the numbers of the features that come first; the first piece that fits counts."""


def likely_first(file: str, scenarios: Iterable[SelectedScenario]) -> list[SelectedScenario]:
    """All the scenarios, those of the likely features before the others; each feature's stay in their order."""
    first = next((numbers for piece, numbers in FEATURES if piece in file), "")

    def place(scenario: SelectedScenario) -> tuple[int, str]:
        number = scenario.file.rpartition("/")[2][:1]
        return (first.index(number) if number in first else len(first), scenario.file)

    return sorted(scenarios, key=place)
