"""What scenarios share, each session told of when a scenario asks for it: it belongs to the evidence and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from drivers.activity import OneThingEach
from drivers.platform import Platform
from drivers.shared import Shared, WakeUp
from drivers.visits import Visit


class Witnessed(Shared):
    """`Shared` that hands every session to `tell`, as often as somebody asks for it."""

    def __init__(
        self, platform: Platform, new_client: Callable[[], str], tell: Callable[[Visit], None]
    ) -> None:
        super().__init__(platform, new_client)
        self._tell = tell

    def wake_up(self) -> WakeUp:
        wake_up = super().wake_up()
        self._tell(wake_up.visit)
        return wake_up

    def one_thing_each(self) -> OneThingEach:
        one_thing_each = super().one_thing_each()
        self._told(one_thing_each.visits)
        return one_thing_each

    def session(self) -> Visit:
        visit = super().session()
        self._tell(visit)
        return visit

    def come_beside(self, count: int) -> tuple[Visit, ...]:
        return self._told(super().come_beside(count))

    def beside(self, count: int) -> tuple[Visit, ...]:
        return self._told(super().beside(count))

    def start_neighbours(self, count: int) -> tuple[Visit, ...]:
        return self._told(super().start_neighbours(count))

    def neighbours(self, count: int) -> tuple[Visit, ...]:
        return self._told(super().neighbours(count))

    def endings(self) -> Mapping[str, Visit]:
        endings = super().endings()
        self._told(endings.values())
        return endings

    def _told(self, visits: Iterable[Visit]) -> tuple[Visit, ...]:
        found = tuple(visits)
        for visit in found:
            self._tell(visit)
        return found
