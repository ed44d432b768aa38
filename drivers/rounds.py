"""Sessions asked in turn, many times over, who serves them."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.platform import Platform
from drivers.visits import Visit
from drivers.web import Answer


def ask_in_turn(platform: Platform, visits: Sequence[Visit], times: int) -> tuple[tuple[str, Answer], ...]:
    """The health page of each session, `times` rounds: session ids and answers, in order."""
    return tuple(
        (visit.session_id, platform.preview.health(visit.preview_url))
        for _ in range(times)
        for visit in visits
    )


def tasks_on_record(platform: Platform, visits: Sequence[Visit]) -> dict[str, str]:
    """The task that each session's record names, by session id; empty text where none is named."""
    return {visit.session_id: platform.records.get(visit.session_id).task_arn or "" for visit in visits}
