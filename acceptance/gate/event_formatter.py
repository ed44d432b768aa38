"""behave formatter `acceptance.gate.event_formatter:Live`: what goes on, told as it happens, one JSON object per line.

Every line has `event` and `at` (seconds since the epoch). Events: `begun`; `feature` (name, file); `scenario` (name,
location, rule); `step` (text); `steps_over` (the scenario puts away what it began); `waiting` (what, since: epoch
seconds, both null when nothing is waited for); `ended` (location, name, status, seconds); `feature_ended`; `lost`
(nothing can be seen of the platform any more); `kept` (what: all is over, and this stays for a look until Ctrl-C);
`closed`, the last, when behave has finished its cleanups.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from behave.configuration import Configuration
from behave.formatter.base import Formatter, StreamOpener
from behave.model import Feature, Rule, Scenario, Step

from acceptance.gate.parent_watch import die_with_the_gate
from acceptance.results.masking import mask
from acceptance.results.run_results import status_of
from acceptance.waiting.active_waits import WAITS, Wait
from acceptance.waiting.errors import not_observed
from acceptance.waiting.view import VIEW

LOOK_S = 0.5
"""Seconds between two looks at what is being waited for; shorter waits are not told."""


class Live(Formatter):
    """Writes the events of one behave process; a thread tells what it waits for."""

    name = "live"
    description = "What goes on and what is being waited for (NDJSON), for the gate's display"

    def __init__(self, stream_opener: StreamOpener, config: Configuration) -> None:
        super().__init__(stream_opener, config)
        self._out = self.open()
        self._lock = threading.Lock()
        self._rule: str | None = None
        self._scenario: Scenario | None = None
        self._steps: list[Step] = []
        self._done = 0
        self._told = set[str]()
        self._closing = threading.Event()
        self._tell("begun")
        die_with_the_gate()
        self._watcher = threading.Thread(target=self._watch, name="live", daemon=True)
        self._watcher.start()

    def feature(self, feature: Feature) -> None:
        """A feature begins."""
        self._rule = None
        self._tell("feature", name=feature.name, file=str(feature.filename))

    def rule(self, rule: Rule) -> None:
        """A rule begins, which is also the first that is heard of the end of the scenario before."""
        self._end_scenario()
        self._rule = rule.name

    def scenario(self, scenario: Scenario) -> None:
        """A scenario begins, which is also the first that is heard of the end of the one before."""
        self._end_scenario()
        self._scenario, self._steps, self._done = scenario, list(scenario.all_steps), 0
        self._tell("scenario", name=scenario.name, location=str(scenario.location), rule=self._rule)
        self._tell_step()

    def result(self, step: Step) -> None:
        """A step has ended."""
        self._done = len(self._steps) if step.status.has_failed() else self._done + 1
        self._tell_step()

    def eof(self) -> None:
        """A feature has ended, its cleanups included."""
        self._end_scenario()
        self._tell("feature_ended")

    def close(self) -> None:
        """The run has ended, cleanups included."""
        self._end_scenario()
        self._closing.set()
        self._watcher.join()
        self._tell_of_view()
        self._tell("closed")
        self.close_stream()

    def _tell_step(self) -> None:
        if self._done >= len(self._steps):
            self._tell("steps_over")
        else:
            step = self._steps[self._done]
            self._tell("step", text=f"{step.keyword} {step.name}")

    def _end_scenario(self) -> None:
        ended, self._scenario = self._scenario, None
        if ended is not None:
            self._tell(
                "ended",
                name=ended.name,
                location=str(ended.location),
                status=_status(ended),
                seconds=round(ended.duration, 3),
            )

    def _watch(self) -> None:
        told: Wait | None = None
        while not self._closing.wait(LOOK_S):
            self._tell_of_view()
            waits = WAITS.now()
            first = waits[0] if waits else None
            if first != told:
                told = first
                since = round(time.time() - (time.monotonic() - first.since), 3) if first else None
                self._tell("waiting", what=mask(first.what) if first else None, since=since)

    def _tell_of_view(self) -> None:
        if VIEW.lost:
            self._tell_once("lost")
        if VIEW.kept is not None:
            self._tell_once("kept", what=mask(VIEW.kept))

    def _tell_once(self, event: str, **fields: Any) -> None:
        if event not in self._told:
            self._told.add(event)
            self._tell(event, **fields)

    def _tell(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, "at": round(time.time(), 3), **fields})
        with self._lock:
            self._out.write(f"{line}\n")
            self._out.flush()


def _status(scenario: Scenario) -> str:
    failed = next((step for step in scenario.all_steps if step.status.has_failed()), None)
    unseen = scenario.status.has_failed() and (
        bool(VIEW.lost) or any(not_observed(step.exception) for step in scenario.all_steps)
    )
    failed_in = str(failed.step_type) if failed else None
    return status_of(str(scenario.status.name), failed_in=failed_in, unseen=unseen)
