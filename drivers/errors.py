"""What a driver raises when it cannot give an observation.

A claim that fails is no driver error: see `watch` and `expect`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


class DriverError(Exception):
    """The observation could not be made."""


class PlatformError(DriverError, AssertionError):
    """The platform did not do what every observation of it needs: a failed claim, told without a traceback."""


class Unreachable(PlatformError):
    """Nobody answered: connection refused, reset, closed without an answer, or no answer in the time given."""


class Untrusted(PlatformError):
    """The TLS certificate does not verify against the profile's authority. Never retried."""


class UnexpectedAnswer(PlatformError):
    """An answer came, but not the one its protocol promises."""


class UnknownSession(PlatformError):
    """The platform says that it knows no such session."""


class NotReady(PlatformError):
    """The part exists but cannot serve yet, for example an ECS Exec agent that still starts."""


class CommandFailed(PlatformError):
    """A command run in a task ended with another exit code than 0."""


class NoData(DriverError):
    """A check was asked about a series in which nothing was observed: it would pass without proof."""


class DeploymentDied(DriverError):
    """The deployment's own command ended before the suite was through with it."""


class ConfigurationError(DriverError):
    """Everything that is wrong with a profile, at once; each problem names file, key and fix."""

    def __init__(self, source: Path, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source} cannot be used:" + _bullets(self.problems))


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"\n  - {line}" for line in lines)
