"""What a deployment offers beyond what its profile claims, as far as a look tells that begins nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from acceptance.capabilities import Capability
from acceptance.doctor.entrance import HEALTH, echoes
from acceptance.drivers.aws import AWS_ERRORS
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_api import API
from acceptance.drivers.setup.services import ClusterSetup
from acceptance.waiting.errors import DriverError, Untrusted

NEVER_WAS = "no-session-of-this-name"
FOREIGN_NAME = "preview.example.org"


def unclaimed(platform: Platform) -> tuple[Capability, ...]:
    """The capabilities that are not claimed and seem to work, in the contract's order; nobody judges them.

    Of the others nothing is known without a session, or without a name that only the profile could tell.
    """
    return tuple(
        capability
        for capability, works in PROBES.items()
        if not platform.profile.offers(capability) and _tried(works, platform)
    )


def _tried(works: Callable[[Platform], bool], platform: Platform) -> bool:
    try:
        return works(platform)
    except (DriverError, *AWS_ERRORS):
        return False


def _takes(call: str, platform: Platform) -> bool:
    """The wrong method is refused as such only where the call is there (contract, Session API)."""
    answer = platform.web.get(f"{API}/{NEVER_WAS}/{call}")
    return answer.status == 405 and "POST" in answer.headers.get("allow", "")


def _names_itself(platform: Platform) -> bool:
    return platform.web.get(HEALTH).headers.get("x-service") == "session-api"


def _lets_commands_in(platform: Platform) -> bool:
    names, setup = platform.profile.names, ClusterSetup(platform.clients, platform.profile.names)
    whole = ((names.hermes, names.hermes_container), (names.edit, names.edit_container))
    services = [(setup.service(service), container) for service, container in whole]
    inside = [service.container(container) for service, container in services]
    return all(service.exec_enabled for service, _ in services) and all(
        one is not None and one.init_process and not one.read_only_root for one in inside
    )


def _is_for_its_own_name_only(platform: Platform) -> bool:
    platform.wire.handshake(platform.wire.host)
    try:
        platform.wire.handshake(FOREIGN_NAME)
    except Untrusted:
        return True
    return False


PROBES: Mapping[Capability, Callable[[Platform], bool]] = MappingProxyType(
    {
        Capability.INSTRUCTIONS: partial(_takes, "instructions"),
        Capability.KEEPALIVE: partial(_takes, "keepalive"),
        Capability.DEACTIVATE: partial(_takes, "deactivate"),
        Capability.TASK_KILL: _lets_commands_in,
        Capability.REQUEST_ECHO: lambda platform: echoes(platform.web.get(HEALTH)),
        Capability.NAMED_ANSWERS: _names_itself,
        Capability.CUSTOM_DOMAIN_CERTIFICATE: _is_for_its_own_name_only,
    }
)
