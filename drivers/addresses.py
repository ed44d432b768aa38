"""Addresses inside the platform, which nobody outside has to know."""

from __future__ import annotations

from drivers.platform import Platform


def internal_addresses(platform: Platform) -> tuple[str, ...]:
    """Those of all tasks so far, and of AWS's stand-in where there is one."""
    tasks = [*platform.fleet.history("hermes"), *platform.fleet.history("edit")]
    found = {task.ip for task in tasks if task.ip}
    endpoint = platform.profile.aws.endpoint
    return tuple(sorted(found | ({endpoint.partition("://")[2].rstrip("/")} if endpoint else set())))
