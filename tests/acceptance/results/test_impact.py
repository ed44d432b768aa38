"""Every rule says who is hurt if it is broken, and how badly, in the feature: where a product owner reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from behave.parser import parse_file

from acceptance.results.impact import Impact, Severity, impact_of, narrative_of
from acceptance.results.run_folder import PROJECT


@pytest.mark.parametrize("path", sorted((PROJECT / "features").glob("*.feature")), ids=lambda path: path.stem)
def test_every_rule_of_the_features_says_it_in_a_sentence(path: Path) -> None:
    rules = parse_file(str(path)).rules
    assert rules
    for rule in rules:
        impact = impact_of("\n".join(rule.description))
        assert impact is not None, (
            f"{path}:{rule.line}: add `If broken (critical|serious|moderate): who is hurt`"
        )
        assert impact.sentence.endswith("."), impact
        assert impact.sentence[0].islower(), impact


def test_severity_and_sentence_are_told_apart() -> None:
    told = "Some words.\n  If broken (critical): a customer sees another's files.\n"
    assert impact_of(told) == Impact(Severity.CRITICAL, "a customer sees another's files.")


@pytest.mark.parametrize(
    "told", ["", "If broken: all is lost.", "If broken (awful): all is lost.", "If broken (serious): "]
)
def test_what_has_another_form_says_nothing(told: str) -> None:
    assert impact_of(told) is None


def test_a_narrative_goes_without_the_line_for_engineers() -> None:
    assert narrative_of("  Whom it serves.\n  In the request's words: HMR.\n") == "Whom it serves."
