"""A hook of the run, of a feature or of a rule, as a test run hook."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from acceptance.report.step_results import Result
from acceptance.report.stream import RUN_ID, MessageStream, timestamp


@dataclass(frozen=True)
class RunHook:
    """One call, from `testRunHookStarted` to `testRunHookFinished`. Made by `begin`."""

    stream: MessageStream
    id: str
    _began: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, stream: MessageStream, id_: str, hook_id: str) -> RunHook:
        """Write `testRunHookStarted`."""
        stream.write(
            "testRunHookStarted", id=id_, testRunStartedId=RUN_ID, hookId=hook_id, timestamp=timestamp()
        )
        return cls(stream, id_)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._began

    def attach(self, media_type: str, data: bytes | str, name: str) -> None:
        """Attach to this call."""
        self.stream.attachment(media_type, data, fileName=name or None, testRunHookStartedId=self.id)

    def finish(self, result: Result) -> None:
        """Write `testRunHookFinished`."""
        self.stream.write(
            "testRunHookFinished", testRunHookStartedId=self.id, result=result, timestamp=timestamp()
        )
