"""How often Hermes looks at a waking session, alone and among many."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.services.hermes.session import Session, crowding


def sessions(waking: int, serving: int = 0) -> dict[str, Session]:
    record: Any = None
    states = [False] * waking + [True] * serving
    return {str(n): Session(record, serving=state) for n, state in enumerate(states)}


@pytest.mark.parametrize(("waking", "longer_s"), [(0, 0.0), (1, 0.0), (3, 0.0), (6, 0.1), (30, 0.9)])
def test_more_than_three_waking_sessions_share_the_looks_of_three(waking: int, longer_s: float) -> None:
    assert crowding(sessions(waking, serving=40), 0.1) == pytest.approx(longer_s)
