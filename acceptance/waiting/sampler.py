"""The recorder: looks all the time, so that a claim about every moment has ground."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from acceptance.waiting.errors import NoData, NotObserved, ViewLost
from acceptance.waiting.waits import MONOTONIC, POLL, Clock

T = TypeVar("T")


@dataclass(frozen=True)
class Sample(Generic[T]):
    """One observation; `at_s` is seconds since the recorder started."""

    at_s: float
    value: T


class Recorder(Generic[T]):
    """Samples a probe in a thread from `start` to `stop`: the ground for claims about every moment.

    A look that was `NotObserved` is a miss and no sample; so is one that ended in a `transient` error.
    """

    def __init__(
        self,
        probe: Callable[[], T],
        *,
        what: str,
        every: timedelta = POLL,
        transient: tuple[type[Exception], ...] = (),
        clock: Clock = MONOTONIC,
    ) -> None:
        self.what = what
        self._probe = probe
        self._every = every
        self._transient = transient
        self._clock = clock
        self._samples: list[Sample[T]] = []
        self._misses: list[Sample[str]] = []
        self._unseen: NotObserved | None = None
        self._started = clock.now()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None

    def __enter__(self) -> Recorder[T]:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> Recorder[T]:
        """Start sampling; the first sample is taken before this returns."""
        self._started = self._clock.now()
        self.sample()
        self._thread = threading.Thread(target=self._run, name=f"recorder: {self.what}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> tuple[Sample[T], ...]:
        """Take a last sample, stop, and return the series. May be called again.

        Raises:
            Exception: what the probe raised in the thread, unless it was named transient.
        """
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            if self._error is None:
                self.sample()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return tuple(self._samples)

    def sample(self) -> None:
        """Take one sample now."""
        try:
            value = self._probe()
        except ViewLost:
            raise
        except NotObserved as failure:
            self._unseen = failure
            self._miss(failure)
        except self._transient as error:
            self._miss(error)
        else:
            self._samples.append(Sample(self._clock.now() - self._started, value))

    def _miss(self, error: Exception) -> None:
        self._misses.append(Sample(self._clock.now() - self._started, f"{type(error).__name__}: {error}"))

    @property
    def samples(self) -> tuple[Sample[T], ...]:
        """The series so far.

        Raises:
            NoData: nothing was observed, so nothing can be said about it; NotObserved if looking itself failed.
        """
        if not self._samples:
            told = f"{self.what}: nothing was observed" + (
                f"; last: {self._misses[-1].value}" if self._misses else ""
            )
            if self._unseen is not None:
                raise NotObserved(told) from self._unseen
            raise NoData(told)
        return tuple(self._samples)

    @property
    def misses(self) -> tuple[Sample[str], ...]:
        """Looks that ended in a transient error, with its text."""
        return tuple(self._misses)

    @property
    def changes(self) -> tuple[Sample[T], ...]:
        """The series without samples equal to the one before; NoData as for `samples`."""
        series = self.samples
        kept = [series[0]]
        for sample in series[1:]:
            if sample.value != kept[-1].value:
                kept.append(sample)
        return tuple(kept)

    def _run(self) -> None:
        while not self._ended.wait(self._every.total_seconds()):
            try:
                self.sample()
            except Exception as error:  # noqa: BLE001 - raised again by stop(), in the thread that asked
                self._error = error
                return
