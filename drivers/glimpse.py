"""Sessions as an outsider finds them at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.platform import Platform
from drivers.records import Record
from drivers.visits import Visit
from drivers.web import Answer


@dataclass(frozen=True)
class Glimpse:
    """One session: its record, its home page, and who says that they serve it."""

    visit: Visit
    record: Record
    page: Answer
    health: Answer


def look(platform: Platform, visits: Iterable[Visit]) -> tuple[Glimpse, ...]:
    """Every session as it is now, in the order given."""
    return tuple(
        Glimpse(
            visit,
            platform.records.get(visit.session_id),
            platform.preview.get(visit.preview_url),
            platform.preview.health(visit.preview_url),
        )
        for visit in visits
    )
