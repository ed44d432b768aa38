"""A claim in one call: each looks as often, as long and as strictly as what is observed says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hamcrest import equal_to

from acceptance.waiting.errors import Unreachable
from acceptance.waiting.observed import Observed
from acceptance.waiting.waits import Deadline, DidNotStay, NeverWill, NotInTime

QUICK = timedelta(milliseconds=1)
A_WHILE = timedelta(milliseconds=50)


def seen(*answers: object, **how: Any) -> tuple[Observed[object], list[object]]:
    """Something that is found so, look by look, the last for ever, and what was found so far."""
    found: list[object] = []

    def look() -> object:
        answer = answers[min(len(found), len(answers) - 1)]
        found.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Observed("the shop", look, within=A_WHILE, every=QUICK, **how), found


def test_what_becomes_so_is_looked_at_until_it_is_as_often_in_a_row_as_it_takes() -> None:
    shop, found = seen("open", Unreachable("busy"), "open", "open", steadily=2, transient=(Unreachable,))
    assert shop.becomes(equal_to("open")) == "open"
    assert len(found) == 4


def test_what_does_not_become_so_is_told_by_its_name_and_its_own_patience() -> None:
    shop, _ = seen("closed")
    with pytest.raises(NotInTime, match=r"the shop not within 0\.05 s"):
        shop.becomes(equal_to("open"))
    with pytest.raises(NotInTime, match=r"the shop not within 0\.002 s"):
        shop.becomes(equal_to("open"), within=2 * QUICK)


def test_what_can_never_become_so_is_not_waited_for() -> None:
    shop, found = seen("closed", "sold")
    with pytest.raises(NeverWill, match="the shop"):
        shop.becomes(equal_to("open"), fatal=equal_to("sold"))
    assert len(found) == 2


def test_what_is_so_is_so_at_the_first_look() -> None:
    shop, found = seen("closed", "open")
    with pytest.raises(AssertionError, match="the shop"):
        shop.is_(equal_to("open"))
    assert found == ["closed"]
    assert shop.is_(equal_to("open")) == "open"


def test_what_stays_so_is_so_at_every_look() -> None:
    shop, found = seen("open")
    shop.stays(equal_to("open"), during=A_WHILE)
    assert len(found) > 2
    wavering, _ = seen("open", "closed", "open")
    with pytest.raises(DidNotStay, match="the shop"):
        wavering.stays(equal_to("open"), during=A_WHILE)


def test_a_look_that_asks_for_the_deadline_gets_it_from_every_claim() -> None:
    handed: list[float] = []

    def look(deadline: Deadline) -> str:
        handed.append(deadline.left_s())
        return "open"

    shop = Observed("the shop", look, within=timedelta(seconds=9))
    shop.is_(equal_to("open"))
    shop.becomes(equal_to("open"))
    shop.stays(equal_to("open"), during=A_WHILE)
    assert [round(left) for left in handed[:3]] == [9, 9, 1]
