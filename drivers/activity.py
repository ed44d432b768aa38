"""The kinds of activity that keep a session awake, each alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

from hamcrest import equal_to

from drivers.platform import Platform
from drivers.visits import Visit
from drivers.watch import stays


def keep_awake_with(activity: str, platform: Platform, visit: Visit, during: timedelta) -> None:
    """Send one kind of activity several times per idle time; DidNotStay as soon as the session is not active.

    `activity` is page views, instructions or keepalives; KeyError for another.
    """
    numbers = itertools.count(1)

    def instruct() -> None:
        platform.sessions.instruct(visit.session_id, f'Change the heading to "Edition {next(numbers)}"')

    kinds: dict[str, Callable[[], object]] = {
        "page views": lambda: platform.preview.get(visit.preview_url),
        "instructions": instruct,
        "keepalives": lambda: platform.sessions.keepalive(visit.session_id),
    }
    send = kinds[activity]

    def look() -> str | None:
        status = platform.records.get(visit.session_id).status
        if status == "active":
            send()
        return status

    stays(
        look,
        equal_to("active"),
        what=f"status of {visit} kept awake by {activity}",
        during=during,
        every=platform.profile.timing.idle_timeout / 4,
    )
