"""What a driver raises when it cannot give an observation.

A claim that fails is no driver error: see `watch` and `expect`. `NotObserved` accuses nobody: the platform may have
kept its promise, and nobody saw it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from pathlib import Path


class DriverError(Exception):
    """The observation could not be made."""


class NotObserved(DriverError):
    """The suite's own way of looking failed: AWS, this machine or the sandbox it brought. Another look may see."""


class NotAllowed(NotObserved):
    """AWS refuses a call to whoever the credentials are; `action` is its name in a policy, as `ecs:DescribeTasks`."""

    def __init__(self, said: str, action: str) -> None:
        super().__init__(said)
        self.action = action


class ViewLost(NotObserved):
    """Nothing can be looked at any more, so the run ends; the text is the cause."""


class CredentialsEnded(ViewLost):
    """AWS does not take the suite's credentials, or takes them no longer."""


class DiskFull(ViewLost):
    """This machine has no room left for what the run writes."""


class PlatformError(DriverError, AssertionError):
    """The platform did not do what every observation of it needs: a failed claim, told without a traceback."""


class Unreachable(PlatformError):
    """Nobody answered: connection refused, reset, closed without an answer, or no answer in the time given."""


class Untrusted(PlatformError):
    """The TLS certificate does not verify against the profile's authority. Never retried."""


class UnexpectedAnswer(PlatformError):
    """An answer came, but not the one its protocol promises."""


class CutShort(UnexpectedAnswer):
    """A command ended before its end, as when its task does: it may have done its work, or half of it, or nothing."""


class UnknownSession(PlatformError):
    """The platform says that it knows no such session."""


class NotReady(PlatformError):
    """The part exists but cannot serve yet, for example an ECS Exec agent that still starts."""


class CommandFailed(PlatformError):
    """A command run in a task ended with another exit code than 0."""


class DeploymentHeld(DriverError):
    """Another run has the deployment to itself; the text says which, since when, and what to do."""


class LeaseLost(ViewLost):
    """Another run has taken the deployment: from now on nothing that is seen is this run's alone."""


class NoData(DriverError):
    """A check was asked about a series in which nothing was observed: it would pass without proof."""


class NotOffered(DriverError):
    """The suite was about to use what the deployment does not offer: a defect of the suite, and nobody else's."""

    def __init__(self, capability: str) -> None:
        super().__init__(
            f"the profile does not claim {capability} in supports.extended: whatever needs it is tagged "
            f"@needs.{capability}"
        )


class DeploymentDied(ViewLost):
    """A sandbox ended before the suite was through with it."""


class ConfigurationError(DriverError):
    """Everything that is wrong with a profile, at once; each problem names file, key and fix."""

    def __init__(self, source: Path, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source} cannot be used:" + _bullets(self.problems))


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"\n  - {line}" for line in lines)


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def not_observed(error: BaseException | None) -> NotObserved | None:
    """The `NotObserved` that an error is, or was raised from; None where something was seen."""
    while error is not None:
        if isinstance(error, NotObserved):
            return error
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return DiskFull(f"no room is left on this machine: {error}")
        error = error.__cause__
    return None
