"""Identifiers that nobody can guess: as many random bits as the contract asks for, judged on a sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.strangers.burst import STATUS_ACCEPTED, session_id_in
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of

RANDOM_BITS = 122
"""The contract's least: those of a version 4 UUID (RFC 9562)."""

ENOUGH = 20
"""In fewer identifiers a fixed digit cannot be told from a random one."""


def random_bits(identifiers: Sequence[str]) -> float:
    """About how many bits differ freely between identifiers: a place of the text that varies as much as it can counts
    with all of its alphabet, another with the characters seen there.

    Raises:
        NoData: too few identifiers to tell.
    """
    if len(identifiers) < ENOUGH:
        raise NoData(f"{len(identifiers)} identifiers, {ENOUGH} needed to tell whether they are random")
    alphabet = len(set("".join(identifiers)) - {"-"})
    free = min(alphabet, len(identifiers)) / 2
    seen = [len(set(place)) for place in zip(*identifiers, strict=False)]
    return sum(math.log2(alphabet if found >= free else found) for found in seen)


def unguessable() -> Matcher[Sequence[Answer]]:
    """Answers whose session ids differ in as many random bits as the contract asks for, and do not rise in order."""

    def bits(answers: Sequence[Answer]) -> float:
        return random_bits([session_id_in(answer) for answer in answers])

    return DescribedMatcher(
        f"identifiers of at least {RANDOM_BITS} random bits",
        lambda answers: bits(answers) >= RANDOM_BITS,
        lambda answers: f"about {bits(answers):.0f} bits, as in {session_id_in(answers[0])}",
    )


TOLD = ("sessionId", "clientId", "userId", "threadId", "status", "previewUrl", "createdAt")
"""What the contract has an accepted request told."""


def _untold(answers: Sequence[Answer]) -> Iterator[str]:
    """What is wrong with answers one by one: not accepted, or accepted and not told all that the contract names."""
    if len(answers) < 2:
        raise NoData("fewer than two answers, so nothing can be said about one beside another")
    for answer in answers:
        if answer.status != STATUS_ACCEPTED:
            yield str(answer)
            continue
        found = answer.json()
        lacking = [name for name in TOLD if not (isinstance(found, dict) and found.get(name))]
        if lacking:
            yield f"{answer} without {', '.join(lacking)}"


def sessions_of_their_own() -> Matcher[Sequence[Answer]]:
    """Every request accepted, and no two with the same session."""

    def complaints(answers: Sequence[Answer]) -> Iterator[str]:
        yield from _untold(answers)
        sessions = {session_id_in(answer) for answer in answers if answer.status == STATUS_ACCEPTED}
        if len(sessions) < sum(answer.status == STATUS_ACCEPTED for answer in answers):
            yield f"only {len(sessions)} sessions in {len(answers)} answers"

    return free_of("every request accepted with a session of its own", complaints, between=", ")


def the_same_session() -> Matcher[Sequence[Answer]]:
    """Every request accepted, and all with one session."""

    def complaints(answers: Sequence[Answer]) -> Iterator[str]:
        yield from _untold(answers)
        sessions = {session_id_in(answer) for answer in answers if answer.status == STATUS_ACCEPTED}
        if len(sessions) > 1:
            yield f"{len(sessions)} sessions: {', '.join(sorted(sessions))}"

    return free_of("every request accepted with the same session", complaints, between=", ")
