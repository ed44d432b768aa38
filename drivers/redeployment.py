"""What customers ask for while a part of the platform is being replaced by a new copy of itself."""

from __future__ import annotations

from functools import partial

from drivers.at_once import at_once
from drivers.crowd import ask_in_parallel
from drivers.platform import Platform
from drivers.visits import Visit


def ask_during_deployment(platform: Platform, role: str, visit: Visit, times: int) -> None:
    """Replace a service's tasks by new ones, and have a session ask so often at the same moment."""
    at_once([partial(platform.fleet.redeploy, role), partial(ask_in_parallel, platform, [visit], times)])
