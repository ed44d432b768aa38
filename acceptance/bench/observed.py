"""Runs behave as it is and notes where its main thread's time goes: `python -m acceptance.bench.observed FILE
ARGUMENTS...`.

The boundaries at which the suite waits are wrapped before behave starts; the features, steps and drivers are those of
any run. FILE gets the figures as JSON when behave has ended.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import requests
from behave import __main__ as behave
from botocore.httpsession import URLLib3Session

from acceptance.bench.processes import own_cpu_s
from acceptance.drivers.ecs_exec.channel import ExecChannel
from acceptance.drivers.hmr import HmrSocket
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.waiting.waits import MonotonicClock

BOUNDARIES: tuple[tuple[str, type, str], ...] = (
    ("pauses", MonotonicClock, "pause"),
    ("answers", requests.Session, "send"),
    ("answers", URLLib3Session, "send"),
    ("answers", RawHttpClient, "send"),
    ("commands", ExecChannel, "run"),
    ("browsers", HmrSocket, "open"),
)
"""Where the suite waits: for what, and the method in which it does."""


@dataclass(frozen=True)
class Attention:
    """Where the main thread's wall time went, in seconds; `waits` without the CPU time used in them.

    `wall_s` runs from behave's start to its end; `cpu_s` is the main thread's, `process_cpu_s` that of all threads.
    """

    wall_s: float
    cpu_s: float
    process_cpu_s: float
    waits: dict[str, float]

    @property
    def other_s(self) -> float:
        """Neither waiting at a known boundary nor computing: threads joined, sockets read, the other threads' turn."""
        return max(0.0, self.wall_s - self.cpu_s - sum(self.waits.values()))


@dataclass
class Observer:
    """Times calls on the main thread. A call made within another timed one belongs to the outer."""

    waits: dict[str, float] = field(default_factory=dict)
    _inside: bool = False

    def timed(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, with what it waits on the main thread added to `waits[kind]`."""

        @functools.wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if self._inside or threading.current_thread() is not threading.main_thread():
                return call(*args, **kwargs)
            self._inside = True
            began, cpu = time.monotonic(), time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                waited = (time.monotonic() - began) - (time.thread_time() - cpu)
                self.waits[kind] = self.waits.get(kind, 0.0) + max(0.0, waited)
                self._inside = False

        return wrapper

    def install(self) -> None:
        """Wrap every boundary; AttributeError if one is not where it is looked for."""
        for kind, owner, name in BOUNDARIES:
            found = vars(owner).get(name)
            if found is None:
                raise AttributeError(
                    f"{owner.__qualname__} has no {name} of its own: mend BOUNDARIES in {__file__}"
                )
            if isinstance(found, classmethod):
                setattr(owner, name, classmethod(self.timed(kind, found.__func__)))
            else:
                setattr(owner, name, self.timed(kind, found))


def main(arguments: list[str]) -> int:
    """Behave's own exit code; the figures are written whatever it is."""
    result, run = Path(arguments[0]), cast(Callable[[list[str]], int], behave.main)
    observer = Observer()
    observer.install()
    began, cpu = time.monotonic(), time.thread_time()
    try:
        return run(arguments[1:])
    finally:
        seen = Attention(time.monotonic() - began, time.thread_time() - cpu, own_cpu_s(), observer.waits)
        result.write_text(json.dumps(dataclasses.asdict(seen)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
