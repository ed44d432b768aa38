"""What a visitor who tries paths takes for an answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, cast

import pytest

from acceptance.drivers.http import Answer
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.strangers.path_traversal import MOST_SILENT, SYSTEM_FILE, try_all, ways
from acceptance.waiting.errors import Unreachable


class Wire:
    """Answers what it is told to."""

    def __init__(self, *silent: str) -> None:
        self._silent = silent

    def send(self, method: str, target: str) -> Answer:
        """404, or nothing."""
        if target in self._silent:
            raise Unreachable(f"{target}: no answer in 15.0 s")
        return Answer(method, target, 404, MappingProxyType({}), b"")


def tried(targets: tuple[str, ...], *silent: str) -> list[str]:
    """The targets that were answered."""
    wire = cast(RawHttpClient, cast(Any, Wire(*silent)))
    return [answer.url for answer in try_all(wire, targets)]


def test_one_silence_hides_no_answer_of_the_others() -> None:
    assert tried(("/a", "/b", "/\x00"), "/a", "/\x00") == ["/b"]


def test_a_platform_that_answers_nobody_is_not_taken_for_a_safe_one() -> None:
    targets = tuple(f"/{number}" for number in range(MOST_SILENT + 1))
    with pytest.raises(Unreachable):
        tried(targets, *targets)


def test_file_system_paths_begin_with_a_file_that_every_system_has() -> None:
    assert ways("file system paths", "/session/1/", "/secret")[0] == f"/session/1/@fs{SYSTEM_FILE}"
