"""Every driver is what its Protocol says: the type checker proves it, by this module."""

from __future__ import annotations

from dataclasses import fields

from acceptance.drivers import protocols
from acceptance.drivers.platform import Platform


def seen_through_protocols(
    platform: Platform,
) -> tuple[
    protocols.SessionsApi,
    protocols.SessionTableView,
    protocols.EcsServicesView,
    protocols.LoadBalancerView,
]:
    """The drivers that tests have stand-ins for."""
    return (
        platform.sessions,
        platform.records,
        platform.fleet,
        platform.balancer,
    )


def test_a_platform_has_a_driver_for_each_protocol() -> None:
    named = {field.name for field in fields(Platform)}
    assert {"sessions", "records", "fleet", "balancer"} <= named
