"""All looks at the same time, and what came of them: a look that fails is a finding, too."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from acceptance.doctor.finding import Finding, Look
from acceptance.drivers.aws import AWS_ERRORS, AwsRefusal, error_code
from acceptance.waiting.errors import (
    ConfigurationError,
    CredentialsEnded,
    NotAllowed,
    NotObserved,
    PlatformError,
    Unreachable,
    Untrusted,
)

WITHIN_S = 12.0
"""Seconds after which nothing more is waited for."""

_SAID = (*AWS_ERRORS, NotObserved, PlatformError, ConfigurationError)
"""What a look may end in that says something of the deployment, the network or the credentials."""


class _Late(NotObserved):
    """A look that has not ended in time."""


def examine(looks: Sequence[Look[Any]], *, within_s: float = WITHIN_S) -> tuple[Finding, ...]:
    """What all looks find, in their order; then in one finding each what was denied, and what was not answered."""
    seen = _seen(looks, within_s)
    ended = next((one for one in seen.values() if isinstance(one, CredentialsEnded)), None)
    if ended:
        return (
            Finding(str(ended), "give credentials that AWS takes: boto3 looks for them in its usual places"),
        )
    for look in looks:
        decided = tuple(_of(look, seen)) if look.decides else ()
        if decided:
            return decided
    return (
        *(finding for look in looks for finding in _of(look, seen)),
        *_denied(seen.values()),
        *_unanswered(seen),
    )


def from_problem(problem: str) -> Finding:
    """A problem of a profile (`what is wrong: what to do`) as a finding."""
    what, _, todo = problem.rpartition(": ")
    return Finding(what, todo)


def _seen(looks: Sequence[Look[Any]], within_s: float) -> Mapping[str, Any]:
    """What was read by subject, or the exception that it ended in."""
    until = time.monotonic() + within_s
    told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def run(look: Look[Any]) -> None:
        try:
            told.put((look.subject, look.read()))
        except Exception as failure:  # noqa: BLE001 - raised below, where somebody hears it, unless it says something
            told.put((look.subject, failure))

    for look in looks:
        # A daemon: nobody waits for one that hangs.
        threading.Thread(target=run, args=(look,), name=look.subject, daemon=True).start()
    seen: dict[str, Any] = {look.subject: _Late(f"no answer in {within_s:g} s") for look in looks}
    for _ in looks:
        try:
            subject, found = told.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(found, Exception) and not isinstance(found, _SAID):
            raise found
        seen[subject] = found
    return seen


def _of(look: Look[Any], seen: Mapping[str, Any]) -> Iterator[Finding]:
    found = seen[look.subject]
    if isinstance(found, NotObserved):
        return
    if isinstance(found, ConfigurationError):
        yield from map(from_problem, found.problems)
    elif isinstance(found, Exception):
        if not any(isinstance(seen[whole], Exception) for whole in look.part_of):
            yield Finding(f"{look.subject}: {_words(found)}", _todo(look, found))
    else:
        yield from look.findings(found)


def _words(failure: Exception) -> str:
    if isinstance(failure, AwsRefusal):
        message = str(failure.response.get("Error", {}).get("Message", "")).strip()
        return f"{error_code(failure)} ({message})" if message else error_code(failure)
    return str(failure)


def _todo(look: Look[Any], failure: Exception) -> str:
    if isinstance(failure, Untrusted):
        return (
            "have the listener serve a certificate for this name, or name its authority in addresses.ca_file"
        )
    if isinstance(failure, Unreachable):
        return "mend the name in [addresses] or the DNS record, and let this machine through to the load balancer"
    return look.todo


def _denied(seen: Any) -> Iterator[Finding]:
    actions = sorted({one.action for one in seen if isinstance(one, NotAllowed)})
    if actions:
        yield Finding(
            f"the credentials do not allow {', '.join(actions)}",
            "allow these actions to the role or user that the suite runs as",
        )


def _unanswered(seen: Mapping[str, Any]) -> Iterator[Finding]:
    silent = {
        subject: one
        for subject, one in seen.items()
        if isinstance(one, NotObserved) and not isinstance(one, NotAllowed)
    }
    if silent:
        subject, first = next(iter(silent.items()))
        yield Finding(
            f"could not be looked at: {', '.join(silent)} ({subject}: {first})",
            "see to the network, aws.region and AWS's health, and ask again",
        )
