"""Matchers about who answers at an address, and what an answer must not tell."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.preview import Loaded
from acceptance.matchers.answers import LOAD_BALANCER, NOBODY, who_answered
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of, mismatch_of, sentence_of


def answers_from(status: int, service: str) -> Matcher[Answer]:
    """Exactly this status, from exactly this service or from the load balancer itself; a service says so in the body,
    too, where the contract has it do that.
    """

    def complaint(a: Answer) -> str | None:
        if (a.status, who_answered(a)) != (status, service):
            return f"{a.status} from {who_answered(a)}: {' '.join(a.text.split())[:120]!r}"
        told = _unsaid(a, service)
        return f"{a.status} from {service}, but its body {told}: {a.text[:120]!r}" if told else None

    return free_of(f"{status} from {service}", complaint)


def _unsaid(answer: Answer, service: str) -> str | None:
    """What a service's body should say and does not: a health page its `service`, a refusal of the API its `error`."""
    path = urlsplit(answer.url).path
    if service == LOAD_BALANCER or answer.method == "HEAD":
        return None
    if answer.status == 200 and path.endswith("/health"):
        found = answer.json()
        named = isinstance(found, Mapping) and found.get("service") == service
        return None if named else f"does not name the service {service}"
    if answer.status >= 400 and path.startswith("/api/"):
        found = answer.json() if answer.media_type == "application/json" else None
        error = found.get("error") if isinstance(found, Mapping) else None
        whole = isinstance(error, Mapping) and error.get("code") and error.get("message")
        return None if whole else "has no error with code and message"
    return None


def each(claim: Matcher[Answer], count: int) -> Matcher[Sequence[Answer]]:
    """So many answers, of each of which the claim holds."""

    def wrong(answers: Sequence[Answer]) -> list[str]:
        found = [
            f"number {n}: {mismatch_of(claim, a)}" for n, a in enumerate(answers, 1) if not claim.matches(a)
        ]
        return found if len(answers) == count else [f"{len(answers)} answers", *found]

    return DescribedMatcher(
        f"{count} answers, each {sentence_of(claim)}",
        lambda answers: not wrong(answers),
        lambda answers: "; ".join(wrong(answers)[:6]),
    )


def reads(words: str) -> Matcher[Answer]:
    """An HTML page that shows these words, in any case: what stands in it as a tag is not read."""

    def shown(a: Answer) -> str:
        return html.unescape(re.sub(r"<[^>]*>", "", a.text))

    return DescribedMatcher(
        f"a page that says {words!r}",
        lambda a: a.media_type == "text/html" and words.lower() in shown(a).lower(),
        lambda a: f"{a.media_type or 'no type'}: {' '.join(a.text.split())[:200]!r}",
    )


def sends_on_to(scheme: str, host: str, port: int | None, path: str) -> Matcher[Answer]:
    """A permanent redirect to this address, path and query as they are."""

    def fits(a: Answer) -> bool:
        parts = urlsplit(a.headers.get("location", ""))
        there = (parts.scheme, parts.hostname, parts.port or 443)
        return (
            a.status == 301
            and there == (scheme, host, port or 443)
            and a.headers.get("location", "").endswith(f"{parts.netloc}{path}")
        )

    return DescribedMatcher(
        f"301 to {scheme}://{host}:{port or 443}{path}",
        fits,
        lambda a: f"{a.status} to {a.headers.get('location', 'nowhere')}",
    )


def lies_under(preview_path: str) -> Matcher[Sequence[Loaded]]:
    """Every resource was named under this path; a page that names nothing is no proof."""

    def outside(found: Sequence[Loaded]) -> list[str]:
        if len(found) < 2:
            raise NoData("the page refers to nothing, so nothing can be said about where it leads")
        paths = {loaded.reference.url: urlsplit(loaded.reference.url).path for loaded in found}
        return sorted(url for url, path in paths.items() if not f"{path}/".startswith(preview_path))

    return DescribedMatcher(
        f"everything under {preview_path}",
        lambda found: not outside(found),
        lambda found: f"{len(outside(found))} of {len(found)} elsewhere: {', '.join(outside(found)[:6])}",
    )


def names_none_of(secrets: Iterable[str]) -> Matcher[Sequence[Answer]]:
    """Answers that hold none of these words, neither in the head nor in the body; over no answer it raises NoData."""
    wanted = tuple(secrets)
    if not wanted:
        raise NoData("there is nothing that the answers could give away, so nothing can be said about them")

    def telling(answers: Sequence[Answer]) -> list[str]:
        if not answers:
            raise NoData("nobody answered, so nothing can be said about the answers")
        return [
            f"{answer} with {word}"
            for answer in answers
            for word in wanted
            if word in answer.text or any(word in value for value in answer.headers.values())
        ]

    return DescribedMatcher(
        f"none of {len(wanted)} words that must not get out",
        lambda answers: not telling(answers),
        lambda answers: f"{len(telling(answers))} times: {', '.join(telling(answers)[:6])}",
    )


def reached_only(*services: str, named: bool) -> Matcher[Sequence[Answer]]:
    """Whatever was answered with success came from one of these; over no answer it raises NoData.

    Unless answers are `named`, only a health page says whose it is.
    """

    def whose(answer: Answer) -> str:
        return who_answered(answer) if named else _health_of(answer) or services[0]

    def others(answers: Sequence[Answer]) -> list[Answer]:
        if not answers:
            raise NoData("nobody answered, so nothing can be said about who answers")
        return [a for a in answers if a.status < 400 and whose(a) not in services]

    return DescribedMatcher(
        f"no success from others than {', '.join(services)}",
        lambda answers: not others(answers),
        lambda answers: ", ".join(f"{a} from {whose(a)}" for a in others(answers)[:6]),
    )


def _health_of(answer: Answer) -> str:
    """The service whose health page this is; empty if it is none's."""
    found = answer.json() if answer.media_type == "application/json" else None
    return str(found.get("service", "")) if isinstance(found, Mapping) else ""


def carried_nothing_out(*, named: bool) -> Matcher[Sequence[Answer]]:
    """No answer of Edit's control port, which speaks JSON and names no service where others are `named`; over no answer
    it raises NoData.
    """

    def control(answers: Sequence[Answer]) -> list[Answer]:
        if not answers:
            raise NoData("no command was sent, so nothing can be said about whether one was carried out")
        return [a for a in answers if (named and who_answered(a) == NOBODY) or _is_control(a)]

    return DescribedMatcher(
        "no command carried out",
        lambda answers: not control(answers),
        lambda answers: ", ".join(f"{a} with {a.text[:80]!r}" for a in control(answers)[:6]),
    )


def _is_control(answer: Answer) -> bool:
    if answer.media_type != "application/json":
        return answer.status == 204
    document = answer.json()
    return isinstance(document, Mapping) and bool({"sessions", "state", "lastCommit"} & document.keys())


def all_from(expected: Mapping[str, str]) -> Matcher[Sequence[tuple[str, Answer]]]:
    """Every session's health page came from the task that is expected for it (ARN by session id)."""

    def wrong(asked: Sequence[tuple[str, Answer]]) -> list[str]:
        if not asked:
            raise NoData("no session was asked, so nothing can be said about who answers for it")
        return [f"{session_id}: {a}" for session_id, a in asked if not _tells(a, session_id, expected)]

    return DescribedMatcher(
        f"every answer from the session's own task, {len(set(expected.values()))} tasks in all",
        lambda asked: not wrong(asked),
        lambda asked: f"{len(wrong(asked))} of {len(asked)} were not: {', '.join(wrong(asked)[:6])}",
    )


def _tells(answer: Answer, session_id: str, expected: Mapping[str, str]) -> bool:
    if answer.status != 200 or answer.media_type != "application/json":
        return False
    found = answer.json()
    return isinstance(found, Mapping) and (
        (found.get("service"), found.get("sessionId"), found.get("taskArn"))
        == ("edit", session_id, expected[session_id])
    )
