"""What a person's shell may bring along, and a platform of loopback addresses has nothing to do with."""

from __future__ import annotations

from collections.abc import MutableMapping

LOOPBACK = "localhost,127.0.0.1,127.0.0.0/8,::1"

_OF_A_PERSON = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
)


def leave_outside(environment: MutableMapping[str, str]) -> None:
    """Take a person's AWS profile out of an environment, and this machine's addresses from what goes to a proxy.

    The proxy itself stays: what is installed may have to come through it.
    """
    for name in _OF_A_PERSON:
        environment.pop(name, None)
    given = environment.get("no_proxy") or environment.get("NO_PROXY")
    for name in ("no_proxy", "NO_PROXY"):
        environment[name] = f"{given},{LOOPBACK}" if given else LOOPBACK
