"""Platforms on which a request that is repeated is not recognised, or taken for another."""

from __future__ import annotations

import threading
from collections import Counter

from faults.platforms.scenarios import REPEATED
from faults.registry import fault


@fault(
    "Two customers whose programs choose the same key for a request share the first one's session.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="An `Idempotency-Key` header makes a repeat answer",
)
def keys_are_everybodys() -> None:
    """An idempotency key counts for all customers."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create

    def by_key_alone(self: Records, record: SessionRecord, request: str | None = None) -> SessionRecord:
        return create(self, record, request and request.rpartition(" ")[2])

    Records.create = by_key_alone  # type: ignore[method-assign]


@fault(
    "A request that is repeated while the first is under way makes a second session.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="An `Idempotency-Key` header makes a repeat answer",
)
def repeats_race() -> None:
    """A key is looked up and only later written, with no condition: of two at once both find nothing."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create
    known: dict[str, SessionRecord] = {}

    def look_first(self: Records, record: SessionRecord, request: str | None = None) -> SessionRecord:
        if request is not None and request in known:
            return known[request]
        threading.Event().wait(0.1)
        made = create(self, record)
        if request is not None:
            known[request] = made
        return made

    Records.create = look_first  # type: ignore[method-assign]


@fault(
    "A request that a client sends a third time makes another session.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="An `Idempotency-Key` header makes a repeat answer",
)
def keys_forgotten_after_one_repeat() -> None:
    """An idempotency key is good for two requests."""
    from collections import Counter

    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create
    asked: Counter[str] = Counter()

    def twice(self: Records, record: SessionRecord, request: str | None = None) -> SessionRecord:
        if request is not None:
            asked[request] += 1
        return create(self, record, None if request is not None and asked[request] > 2 else request)

    Records.create = twice  # type: ignore[method-assign]


@fault(
    "A request that is sent again makes another session.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="An `Idempotency-Key` header makes a repeat answer",
)
def repeats_not_recognised() -> None:
    """The client's idempotency key is ignored."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create

    def always(self: Records, record: SessionRecord, request: str | None = None) -> SessionRecord:
        del request
        return create(self, record)

    Records.create = always  # type: ignore[method-assign]
