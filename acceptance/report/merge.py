"""One report of several runs side by side: their messages as one stream."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.report.step_results import FINE
from acceptance.report.stream import RUN_ID, read_messages

_FRAME = frozenset({"meta", "testRunStarted", "testRunFinished"})
"""What frames a run."""

_ONCE = frozenset({"stepDefinition", "hook", "source", "gherkinDocument", "pickle"})
"""What every run tells by itself in the same words, and one stream only once."""


def merge_messages(sources: Sequence[Path], target: Path) -> None:
    """Write the messages of several runs as those of one, features in the order in which one run tells them.

    What two runs tell alike (step definitions, hooks, a feature's source) is told once; all other ids are distinct
    already. The merged run has succeeded only if each has; one that was cut short, or left no messages, has not.

    Of a scenario that several of them ran the page shows the one time that is not said to be retried: the first that
    failed, or else the first.

    Raises:
        Unreadable: a line in the middle of one cannot be read.
    """
    streams = [_Stream(path.parent.name or str(path), _told(path)) for path in sources]
    ordered = sorted(streams, key=lambda stream: stream.first_feature)
    begins = [begin["timestamp"] for stream in streams for begin in stream.of("testRunStarted")]
    ends = [stream.last_moment for stream in streams if stream.last_moment]
    complaints = [stream.complaint for stream in streams if stream.complaint]
    nothing = {"seconds": 0, "nanos": 0}
    finished: dict[str, Any] = {
        "success": bool(streams) and not complaints,
        **({"message": "; ".join(complaints)} if complaints else {}),
        "timestamp": max(ends, key=_moment, default=nothing),
        "testRunStartedId": RUN_ID,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:

        def write(message: Mapping[str, Any]) -> None:
            file.write(json.dumps(message, separators=(",", ":")) + "\n")

        for meta in [meta for stream in ordered for meta in stream.of("meta")][:1]:
            write({"meta": meta})
        write({"testRunStarted": {"id": RUN_ID, "timestamp": min(begins, key=_moment, default=nothing)}})
        told, beside = set[str](), _not_shown(ordered)
        for stream in ordered:
            for message in stream.messages:
                ((kind, body),) = message.items()
                if kind == "testCaseFinished" and body["testCaseStartedId"] in beside:
                    write({kind: {**body, "willBeRetried": True}})
                    continue
                once = json.dumps(message) if kind in _ONCE else None
                if kind in _FRAME or once in told:
                    continue
                if once:
                    told.add(once)
                write({kind: {**body, "workerId": stream.name}} if kind == "testCaseStarted" else message)
        write({"testRunFinished": finished})
    unfinished.replace(target)


@dataclass(frozen=True)
class _Stream:
    """One run's messages, and its name."""

    name: str
    messages: Sequence[Mapping[str, Any]]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """The bodies of all messages of a kind."""
        return [message[kind] for message in self.messages if kind in message]

    @property
    def complaint(self) -> str:
        """Why the run has not succeeded; empty if it has."""
        ends = self.of("testRunFinished")
        if not ends:
            return f"{self.name} ended before it was through"
        return "" if ends[0]["success"] else f"{self.name}: {ends[0].get('message', 'a scenario failed')}"

    @property
    def first_feature(self) -> str:
        """Its file; what has none comes last."""
        return next((str(source["uri"]) for source in self.of("source")), "\uffff")

    @property
    def last_moment(self) -> Mapping[str, int] | None:
        """When it was heard of last."""
        stamps = [body["timestamp"] for m in self.messages for body in m.values() if "timestamp" in body]
        return max(stamps, key=_moment, default=None)


def _not_shown(streams: Sequence[_Stream]) -> set[str]:
    """The ids of attempts at scenarios that have another, which is the one to show."""
    attempts: dict[str, list[str]] = {}
    failed = set[str]()
    for stream in streams:
        pickles = {case["id"]: case["pickleId"] for case in stream.of("testCase")}
        retried = {end["testCaseStartedId"] for end in stream.of("testCaseFinished") if end["willBeRetried"]}
        for started in stream.of("testCaseStarted"):
            if started["id"] not in retried:
                attempts.setdefault(pickles[started["testCaseId"]], []).append(started["id"])
        failed |= {
            end["testCaseStartedId"]
            for end in stream.of("testStepFinished")
            if end["testStepResult"]["status"] not in FINE
        }
    shown = {next((one for one in each if one in failed), each[0]) for each in attempts.values()}
    return {one for each in attempts.values() for one in each} - shown


def _told(path: Path) -> list[dict[str, Any]]:
    """A run's messages; none when it left none, which its lack of an end then says."""
    return list(read_messages(path)) if path.is_file() else []


def _moment(stamp: Mapping[str, int]) -> tuple[int, int]:
    return stamp["seconds"], stamp["nanos"]
