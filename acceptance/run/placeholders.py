"""Where a request in a table goes: `{session}` and the like in a path become what they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from acceptance.journeys.shared_sessions import ENDED, EXPIRED
from acceptance.run.world import World
from acceptance.strangers.bad_requests import NEVER_WAS

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def destination(path: str, world: World) -> str:
    """The path with its placeholders filled; what they stand for is made when first asked for.

    `{session}` is the scenario's own session, `{ended}` and `{expired}` are ended ones that scenarios share,
    `{outdated}` is past its time to live, `{unknown}` never was one; `{nobody}` is a client without any. KeyError for
    another.
    """
    meanings: Mapping[str, Callable[[], str]] = {
        "session": lambda: world.session.session_id,
        "ended": lambda: world.run.shared.endings()[ENDED].session_id,
        "expired": lambda: world.run.shared.endings()[EXPIRED].session_id,
        "outdated": lambda: world.outdated.session_id,
        "unknown": lambda: NEVER_WAS,
        "nobody": world.run.new_client,
    }
    return PLACEHOLDER.sub(lambda found: meanings[found[1]](), path)
