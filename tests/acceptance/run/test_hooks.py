"""Plain behave leaves out what the deployment does not offer, as the gate does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from behave.configuration import Configuration
from behave.parser import parse_feature

import environment
from acceptance.capabilities import Capability
from acceptance.results.ledger import Ledger

configured: Any = Configuration
parsed: Any = parse_feature
FEATURE = """
@anywhere
Feature: A day at the shop

  @criterion.routing
  Scenario: Core
    Given all is well

  @needs.mail
  Rule: By mail

    @criterion.routing @needs.threads
    Scenario: A conversation
      Given all is well

    Scenario Outline: Mail with <oddity>
      Given all is well

      Examples:
        | oddity |
        | one    |

      @other
      Examples:
        | oddity |
        | two    |
"""


def left_out(folder: Path, offered: set[Capability], *arguments: str) -> tuple[Any, Ledger]:
    """What the hook does with the feature before a run on a deployment that offers this."""
    feature = parsed(FEATURE.strip(), filename="features/shop.feature")
    ledger = Ledger(folder / "results.json")
    runner: Any = SimpleNamespace(features=[feature], config=configured(command_args=list(arguments)))
    run: Any = SimpleNamespace(
        ledger=ledger,
        platform=SimpleNamespace(profile=SimpleNamespace(supports=SimpleNamespace(extended=tuple(offered)))),
    )
    environment._leave_out(runner, run)
    return feature, ledger


def test_what_is_not_offered_is_skipped_and_on_record_with_what_is_lacking(tmp_path: Path) -> None:
    feature, ledger = left_out(tmp_path, {Capability.THREADS})
    skipped = {scenario.name for scenario in feature.walk_scenarios() if scenario.status.name == "skipped"}
    assert skipped == {"A conversation", "Mail with one -- @1.1 ", "Mail with two -- @2.1 "}
    told = [(one.name, one.status, one.lacking, one.rule) for one in ledger.results.scenarios]
    assert told == [
        ("A conversation", "not supported", ("mail",), "By mail"),
        ("Mail with one -- @1.1 ", "not supported", ("mail",), "By mail"),
        ("Mail with two -- @2.1 ", "not supported", ("mail",), "By mail"),
    ]
    assert '"not supported"' in (tmp_path / "results.json").read_text(encoding="utf-8")


def test_all_that_is_lacking_is_named(tmp_path: Path) -> None:
    _, ledger = left_out(tmp_path, set())
    assert ledger.results.scenarios[0].lacking == ("mail", "threads")


def test_what_is_offered_is_left_in(tmp_path: Path) -> None:
    feature, ledger = left_out(tmp_path, set(Capability))
    assert not ledger.results.scenarios
    assert all(scenario.status.name == "untested" for scenario in feature.walk_scenarios())


def test_what_nobody_asked_for_is_not_told_of(tmp_path: Path) -> None:
    _, ledger = left_out(tmp_path, set(), "--tags=@other")
    assert [one.name for one in ledger.results.scenarios] == ["Mail with two -- @2.1 "]
