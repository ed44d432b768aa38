"""Sessions that have ended, for whoever asks what becomes of their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from drivers.platform import Platform
from drivers.visits import Customer, Visit, Visits

ENDED, EXPIRED = "ended", "expired"


def make_endings(platform: Platform, customer: Customer, other: Customer) -> Mapping[str, Visit]:
    """One session that its customer ended, and one that the other left alone until it expired.

    Returns once nothing of them is left; the platform sleeps then, unless others are awake.

    Raises:
        NotInTime, NeverWill: one did not end as it should.
    """
    visits = Visits(platform)
    instruction = 'Change the heading to "Soon over"'
    ended = visits.start(customer, instruction)
    expired = visits.start(other, instruction)
    platform.sessions.deactivate(ended.session_id)
    visits.until(ended, "inactive")
    visits.until(expired, "expired", platform.profile.patience.wake + visits.expire_within())
    return MappingProxyType({ENDED: ended, EXPIRED: expired})
