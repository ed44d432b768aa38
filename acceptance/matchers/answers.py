"""Matchers in the domain's words. Each says what it expects and, on a mismatch, what was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import EcsServicesState
from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.preview import Loaded, title_and_headings
from acceptance.drivers.session_api import SessionStatus
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.workspace import Manifest
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of, mismatch_of, sentence_of
from acceptance.waiting.sampler import Sample

T = TypeVar("T")
S = TypeVar("S", bound=SessionRecord | SessionStatus | None)

LONGEST = 6
"""Differences a mismatch tells one by one."""

LOAD_BALANCER, NOBODY = "load balancer", "nobody known"


def who_answered(answer: Answer) -> str:
    """The service that an answer names in `X-Service`, or the load balancer, which names itself in `Server`."""
    by_itself = answer.headers.get("server", "").startswith("awselb/")
    return answer.headers.get("x-service") or (LOAD_BALANCER if by_itself else NOBODY)


def answers_with(status: int) -> Matcher[Answer]:
    """An answer with exactly this status."""
    return DescribedMatcher(f"answered with {status}", lambda a: a.status == status, _answer)


def answers_page(status: int, *words: str) -> Matcher[Answer]:
    """An HTML page with this status and all of these words in it."""
    told = "".join(f" that says {word!r}" for word in words)
    return DescribedMatcher(
        f"answered {status} with a page{told}",
        lambda a: (
            a.status == status and a.media_type == "text/html" and all(word in a.text for word in words)
        ),
        lambda a: _answer(a) + _lacking(a, words),
    )


def is_live() -> Matcher[Answer]:
    """The site itself: 200 with an HTML page."""
    return answers_page(200)


def is_waiting_page() -> Matcher[Answer]:
    """The contract's waiting page: 503, `Retry-After`, and a page that refreshes itself."""

    def lacks(a: Answer) -> list[str]:
        checks = {
            "status 503": a.status == 503,
            "a Retry-After of whole seconds": a.headers.get("retry-after", "").isdigit(),
            "an HTML page": a.media_type == "text/html",
            "a refresh in the page": 'http-equiv="refresh"' in a.text.lower().replace("'", '"'),
        }
        return [name for name, held in checks.items() if not held]

    return DescribedMatcher(
        "the waiting page: 503, Retry-After, and a page that refreshes itself",
        lambda a: not lacks(a),
        lambda a: f"{_answer(a)} without {', '.join(lacks(a))}",
    )


def has_heading(text: str) -> Matcher[Answer]:
    """A page of the site, 200, with this title or heading."""
    return DescribedMatcher(
        f"a page with the heading {text!r}",
        lambda a: a.status == 200 and text in title_and_headings(a),
        lambda a: (
            f"{a.status} with the headings {list(title_and_headings(a))}" if a.status == 200 else _answer(a)
        ),
    )


def refuses(status: int, *, field: str | None = None, code: str | None = None) -> Matcher[Answer]:
    """The contract's error: this status and `{"error": {"code", "message", "field"?}}`, these if given."""

    def complaint(a: Answer) -> str | None:
        if a.status != status:
            return _answer(a)
        if a.media_type != "application/json":
            return f"{a.status} of type {a.media_type!r}"
        found = a.json()
        error = found.get("error") if isinstance(found, dict) else None
        if not isinstance(error, dict) or not error.get("code") or not error.get("message"):
            return f"{a.status} with {a.text[:200]}: no error with code and message"
        if field is not None and error.get("field") != field:
            return f"{a.status} that names field {error.get('field')!r}"
        if code is not None and error["code"] != code:
            return f"{a.status} with the code {error['code']!r}"
        return None

    named = f" that names the field {field!r}" if field else f" and the code {code!r}" if code else ""
    return free_of(f"refused with {status}{named}", complaint)


def accepts_as(status: str) -> Matcher[Answer]:
    """202 with the session in this status."""

    def holds(a: Answer) -> bool:
        found = a.json() if a.status == 202 else None
        return isinstance(found, dict) and found.get("status") == status

    return DescribedMatcher(f"202 with the status {status!r}", holds, lambda a: f"{a.status}: {a.text[:200]}")


def all_loaded() -> Matcher[Sequence[Loaded]]:
    """Everything a page loads and links to was answered with 200; a page that loads nothing is no proof."""

    def broken(found: Sequence[Loaded]) -> list[Loaded]:
        if len(found) < 2:
            raise NoData("the page loads and links to nothing, so nothing can be said about it")
        return [loaded for loaded in found if loaded.answer.status != 200]

    return DescribedMatcher(
        "everything the page loads and links to answered with 200",
        lambda found: not broken(found),
        lambda found: f"{len(broken(found))} of {len(found)} did not: {_some(broken(found))}",
    )


def has_status(status: str) -> Matcher[S]:
    """A session in this status."""
    return DescribedMatcher(f"session {status}", lambda r: r is not None and r.status == status, _session)


def ended_otherwise(than: str) -> Matcher[S]:
    """For `fatal`: a session that reached a last status other than the awaited one."""
    final = {"inactive", "expired", "failed"} - {than}
    return DescribedMatcher(
        f"a session that ended otherwise than {than}", lambda r: r is not None and r.status in final, _session
    )


def asleep() -> Matcher[EcsServicesState]:
    """Both services at zero: desired, running and pending counts, and not a task left."""
    return DescribedMatcher("asleep: no task of Hermes or Edit, none wanted", lambda state: state.asleep, str)


def is_open() -> Matcher[OpenPage]:
    """A socket that the server still keeps."""
    return DescribedMatcher(
        "an open HMR socket", lambda s: s.is_open, lambda s: f"closed: {s.closed_because}"
    )


def same_files_as(before: Manifest) -> Matcher[Manifest]:
    """Every path with kind, mode, size, content and link target as before, and no other; over nothing it raises."""
    if not before.entries:
        raise NoData("the manifest to compare with is empty, so nothing can be said about it")
    return DescribedMatcher(
        f"the same {len(before.entries)} files and folders",
        lambda now: not _changes(before, now),
        lambda now: _some(_changes(before, now)),
    )


def within_budget(budget: timedelta) -> Matcher[timedelta]:
    """A measured duration no longer than a budget."""
    limit = budget.total_seconds()
    return DescribedMatcher(
        f"at most {limit:g} s", lambda took: took <= budget, lambda took: f"{took.total_seconds():.1f} s"
    )


def always(matcher: Matcher[T]) -> Matcher[Sequence[Sample[T]]]:
    """Every sample of a recorder; over no samples it raises NoData."""

    def wrong(series: Sequence[Sample[T]]) -> list[Sample[T]]:
        if not series:
            raise NoData("nothing was observed, so nothing can be said about every moment")
        return [sample for sample in series if not matcher.matches(sample.value)]

    def tell(series: Sequence[Sample[T]]) -> str:
        found = wrong(series)
        told = [f"at {sample.at_s:.1f} s {mismatch_of(matcher, sample.value)}" for sample in found]
        return f"{len(found)} of {len(series)} moments were not: {_some(told)}"

    return DescribedMatcher(f"at every moment {sentence_of(matcher)}", lambda series: not wrong(series), tell)


def _changes(before: Manifest, now: Manifest) -> list[str]:
    was, has = ({entry.path: entry for entry in manifest.entries} for manifest in (before, now))
    told = [f"{path} is gone" for path in sorted(was.keys() - has.keys())]
    told += [
        f"{path} differs"
        for path in sorted(was.keys() & has.keys())
        if _tells(was[path]) != _tells(has[path])
    ]
    return told + [f"{path} was added" for path in sorted(has.keys() - was.keys())]


def _tells(entry: Any) -> tuple[object, ...]:
    size = entry.size if entry.kind == "file" else None
    return entry.kind, entry.mode, size, entry.sha256, entry.target


def _answer(a: Answer) -> str:
    known = {"server", "x-service"} & a.headers.keys()
    told = f"{a.status} from {who_answered(a)}" if known else str(a.status)
    return told if a.status < 400 else f"{told}: {' '.join(a.text.split())[:120]!r}"


def _lacking(a: Answer, words: Collection[str]) -> str:
    missing = [word for word in words if word not in a.text]
    return f" without {', '.join(map(repr, missing))}" if missing else f" of type {a.media_type!r}"


def _session(record: SessionRecord | SessionStatus | None) -> str:
    if record is None:
        return "no record"
    failure = getattr(record, "failure", None)
    return f"session {record.status}{f' ({failure})' if failure else ''}"


def _some(items: Sequence[object]) -> str:
    told = ", ".join(str(item) for item in items[:LONGEST])
    return f"{told} and {len(items) - LONGEST} more" if len(items) > LONGEST else told or "nothing"
