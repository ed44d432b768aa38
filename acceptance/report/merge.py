"""One report of several runs side by side: their messages as one stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acceptance.report.stream import read_messages

_REFERENCES = frozenset(
    {
        "id",
        "astNodeId",
        "astNodeIds",
        "hookId",
        "pickleId",
        "pickleStepId",
        "stepDefinitionIds",
        "testCaseId",
        "testCaseStartedId",
        "testRunHookStartedId",
        "testRunStartedId",
        "testStepId",
    }
)
"""The fields of Cucumber Messages that hold an id, or several."""

_ONCE = ("stepDefinition", "hook", "source", "gherkinDocument", "pickle")
"""What every run tells by itself, and one stream only once."""

_RUN = "run"
"""The merged stream's id of the run itself."""


def merge_messages(sources: Sequence[Path], target: Path) -> None:
    """Write the messages of several runs as those of one, features in the order in which one run tells them.

    Ids are made distinct; what two runs tell alike (step definitions, hooks, a feature's source) is told once. The
    merged run has succeeded only if each has; one that was cut short, or left no messages, has not.

    Raises:
        Unreadable: a line in the middle of one cannot be read.
    """
    streams = [_Stream(path, str(number), _told(path)) for number, path in enumerate(sources, 1)]
    ordered = sorted(streams, key=lambda stream: stream.first_feature)
    begins = [s.begin["timestamp"] for s in streams if s.begin]
    complaints = [stream.complaint for stream in streams if not stream.succeeded]
    ends = [s.last_moment for s in streams if s.last_moment]
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:

        def write(message: Mapping[str, Any]) -> None:
            file.write(json.dumps(message, separators=(",", ":")) + "\n")

        for meta in [stream.meta for stream in ordered if stream.meta][:1]:
            write({"meta": meta})
        nothing = {"seconds": 0, "nanos": 0}
        write({"testRunStarted": {"id": _RUN, "timestamp": min(begins, key=_moment, default=nothing)}})
        known: _Told = {}
        for stream in ordered:
            for message in stream.distinct(known):
                write(message)
        finished: dict[str, Any] = {
            "success": bool(streams) and not complaints,
            "timestamp": max(ends, key=_moment, default=nothing),
            "testRunStartedId": _RUN,
        }
        if complaints:
            finished["message"] = "; ".join(complaints)
        write({"testRunFinished": finished})
    unfinished.replace(target)


_Told = dict[str, Mapping[str, Any]]
"""What the merged stream has told already, by what it is apart from its ids."""


@dataclass
class _Stream:
    """One run's messages; `ids` says which id of the merged stream stands for one of this run's."""

    path: Path
    prefix: str
    messages: Sequence[Mapping[str, Any]]
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.parent.name or str(self.path)

    @property
    def meta(self) -> Mapping[str, Any] | None:
        return next((message["meta"] for message in self.messages if "meta" in message), None)

    @property
    def begin(self) -> Mapping[str, Any] | None:
        return next((m["testRunStarted"] for m in self.messages if "testRunStarted" in m), None)

    @property
    def end(self) -> Mapping[str, Any] | None:
        return next((m["testRunFinished"] for m in self.messages if "testRunFinished" in m), None)

    @property
    def succeeded(self) -> bool:
        return bool(self.end and self.end["success"])

    @property
    def complaint(self) -> str:
        """Why the run has not succeeded, where it says so."""
        if self.end is None:
            return f"{self.name} ended before it was through"
        return f"{self.name}: {self.end.get('message', 'a scenario failed')}"

    @property
    def first_feature(self) -> str:
        return next((str(m["source"]["uri"]) for m in self.messages if "source" in m), "\uffff")

    @property
    def last_moment(self) -> Mapping[str, int] | None:
        stamps = [body["timestamp"] for m in self.messages for body in m.values() if "timestamp" in body]
        return max(stamps, key=_moment, default=None)

    def distinct(self, known: _Told) -> Iterator[Mapping[str, Any]]:
        """The messages with ids of their own, without what frames a run and without what `known` has already."""
        if self.begin:
            self.ids[self.begin["id"]] = _RUN
        for message in self.messages:
            ((kind, body),) = message.items()
            if kind in {"meta", "testRunStarted", "testRunFinished"}:
                continue
            if kind in _ONCE:
                what = f"{kind} {json.dumps(self._anonymous(kind, body), sort_keys=True)}"
                if what in known:
                    _pair(body, known[what], self.ids)
                    continue
                known[what] = own = self._renamed(body)
                yield {kind: own}
            elif kind == "testCaseStarted":
                yield {kind: {**self._renamed(body), "workerId": self.name}}
            else:
                yield {kind: self._renamed(body)}

    def _anonymous(self, kind: str, body: Mapping[str, Any]) -> Any:
        """A message without ids; a pickle keeps those of the document it is made of, in the merged stream's words."""
        bare = _without_ids(body)
        return {**bare, "astNodeIds": self._renamed(body)["astNodeIds"]} if kind == "pickle" else bare

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._own(inner) if key in _REFERENCES else self._renamed(inner)
                for key, inner in value.items()
            }
        return [self._renamed(inner) for inner in value] if isinstance(value, list) else value

    def _own(self, ids: str | list[str]) -> str | list[str]:
        if isinstance(ids, list):
            return [self.ids.get(id_, f"{self.prefix}.{id_}") for id_ in ids]
        return self.ids.get(ids, f"{self.prefix}.{ids}")


def _told(path: Path) -> list[dict[str, Any]]:
    """A run's messages; none when it left none, which its lack of an end then says."""
    return list(read_messages(path)) if path.is_file() else []


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(inner) for key, inner in value.items() if key not in _REFERENCES}
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value


def _pair(mine: Any, theirs: Any, ids: dict[str, str]) -> None:
    """Note which id of a message stands for which of one that is alike but for the ids."""
    if isinstance(mine, dict):
        for key, inner in mine.items():
            if key == "id":
                ids[inner] = theirs[key]
            elif key not in _REFERENCES:
                _pair(inner, theirs[key], ids)
    elif isinstance(mine, list):
        for inner, other in zip(mine, theirs, strict=True):
            _pair(inner, other, ids)


def _moment(stamp: Mapping[str, int]) -> tuple[int, int]:
    return stamp["seconds"], stamp["nanos"]
