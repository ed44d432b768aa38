"""Matchers about many sessions at once: their tasks, their histories, what each shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from drivers.errors import NoData
from drivers.facts import Fact
from drivers.fleet import Counts, FleetState, Task
from drivers.git import Commit
from drivers.glimpse import Glimpse
from drivers.matchers import same_files_as
from drivers.overlap import Moment, busiest
from drivers.preview import title_and_headings
from drivers.preview_matchers import served_by
from drivers.records import Record
from drivers.vigil import Sights
from drivers.visits import Visit

SUBJECT_CHARS = 72


def nobody_at_work() -> Matcher[FleetState]:
    """No Edit task in any state, and none wanted."""
    return Fact(
        "no Edit task, none wanted",
        lambda state: state.edit == Counts(0, 0, 0) and not state.edit_tasks,
        str,
    )


def shows_own_work_only() -> Matcher[Sequence[Glimpse]]:
    """Every page has what its own customer asked for and nothing that another did, from the task on its record."""

    def complaints(seen: Sequence[Glimpse]) -> Iterator[str]:
        if len(seen) < 2:
            raise NoData("fewer than two sessions, so nothing can be said about one beside another")
        for glimpse in seen:
            own = words_of(glimpse.visit)
            shown = title_and_headings(glimpse.page)
            if glimpse.page.status != 200 or own not in shown:
                yield f"{glimpse.visit} shows {glimpse.page.status} {list(shown)}, not {own!r}"
            for other in seen:
                if other is not glimpse and words_of(other.visit) in glimpse.page.text:
                    yield f"{glimpse.visit} shows {words_of(other.visit)!r} of {other.visit.customer}"
            if not served_by(glimpse.record).matches(glimpse.health):
                yield f"{glimpse.visit} is on {glimpse.record.task_arn}, but served by {glimpse.health.text[:200]}"

    return Fact(
        "every preview with its own customer's words and no other's, from the task on its record",
        lambda seen: not any(complaints(seen)),
        lambda seen: "; ".join(complaints(seen)),
    )


def words_of(visit: Visit) -> str:
    """What the last instruction put between quotation marks."""
    return visit.instructions[-1].split('"')[1]


def is_on_a_task_of(others: Sequence[Record]) -> Matcher[Record]:
    """A session hosted by the same task as another."""
    tasks = {record.task_arn for record in others} - {None}
    return Fact(
        f"a session on one of {len(tasks)} tasks",
        lambda record: record.task_arn in tasks,
        lambda record: f"{record.task_arn}, none of {', '.join(map(str, tasks))}",
    )


def spread_evenly(over: int) -> Matcher[Sequence[Record]]:
    """Sessions on exactly so many tasks, none of which hosts two more than another."""

    def loads(records: Sequence[Record]) -> Counter[str | None]:
        return Counter(record.task_arn for record in records)

    def fits(records: Sequence[Record]) -> bool:
        load = loads(records)
        return None not in load and len(load) == over and max(load.values()) - min(load.values()) <= 1

    def tell(records: Sequence[Record]) -> str:
        told = [f"{number} on {arn or 'no task'}" for arn, number in sorted(loads(records).items(), key=str)]
        return ", ".join(told) or "no session"

    return Fact(f"sessions spread evenly over {over} tasks", fits, tell)


def all_have_status(status: str) -> Matcher[Sequence[Record]]:
    """At least one session, and all of them in this status."""
    return Fact(
        f"all sessions {status}",
        lambda records: bool(records) and all(record.status == status for record in records),
        lambda records: (
            ", ".join(f"{number} {found}" for found, number in Counter(r.status for r in records).items())
            or "no session"
        ),
    )


def never_more_than(count: int, *, since: datetime) -> Matcher[Sequence[Task]]:
    """Tasks that ECS knows, of which at no moment since then more than so many were there, from creation to stop."""

    def worst(tasks: Sequence[Task]) -> Moment:
        return busiest(tasks, since=since)

    return Fact(
        f"never more than {count} tasks at once",
        lambda tasks: len(worst(tasks).tasks) <= count,
        lambda tasks: str(worst(tasks)),
    )


def ran_at_once(count: int, *, since: datetime) -> Matcher[Sequence[Task]]:
    """Tasks of which so many, and never more, were running at one moment since then."""

    def worst(tasks: Sequence[Task]) -> Moment:
        return busiest(tasks, since=since, running=True)

    return Fact(
        f"{count} tasks running at the busiest moment",
        lambda tasks: len(worst(tasks).tasks) == count,
        lambda tasks: str(worst(tasks)),
    )


def one_commit_each(sessions: Sequence[Visit]) -> Matcher[Sequence[Commit]]:
    """A branch (newest commit first) on which every instruction of these sessions is one commit, in each one's order.

    No instruction of anybody else's and no merge is on it.
    """
    known = {visit.session_id: visit for visit in sessions}

    def complaints(log: Sequence[Commit]) -> Iterator[str]:
        by_session: dict[str, list[str]] = {session_id: [] for session_id in known}
        for commit in reversed(log):
            if len(commit.parents) > 1:
                yield f"{commit} is a merge"
            for session_id in commit.trailers.get("Session", ()):
                if session_id not in by_session:
                    yield f"{commit} is of session {session_id}"
                by_session.setdefault(session_id, []).append(commit.subject)
        for session_id, visit in known.items():
            wanted, found = [subject(asked) for asked in visit.instructions], by_session[session_id]
            if found != wanted:
                yield f"session {session_id}: {difference(wanted, found)}"

    asked = sum(len(visit.instructions) for visit in sessions)
    return Fact(
        f"{asked} instructions of {len(sessions)} session{'s' * (len(sessions) > 1)}, one commit each, in order",
        lambda log: not any(complaints(log)),
        lambda log: "; ".join(complaints(log)),
    )


def undisturbed() -> Matcher[Sequence[Sights]]:
    """Nobody watched over noticed anything: every request answered with the same page, no message, no file changed."""

    def complaints(seen: Sequence[Sights]) -> Iterator[str]:
        if not seen:
            raise NoData("nobody was watched over, so nothing can be said about what they noticed")
        for sights in seen:
            for told in _noticed(sights):
                yield f"{sights.visit}: {told}"

    return Fact(
        "no failed request, no message, no dropped connection, no changed page and no changed file",
        lambda seen: not any(complaints(seen)),
        lambda seen: "; ".join(complaints(seen)),
    )


def _noticed(sights: Sights) -> Iterator[str]:
    if not sights.pages:
        raise NoData(f"{sights.visit}: no page was asked for, so nothing can be said about it")
    yield from (f"at {miss.at_s:.1f} s {miss.value}" for miss in sights.misses[:1])
    failed = [page for page in sights.pages if page.value.status != 200]
    yield from (
        f"{len(failed)} of {len(sights.pages)} requests failed, the first at {page.at_s:.1f} s: {page.value}"
        for page in failed[:1]
    )
    other = [
        page for page in sights.pages if page.value.status == 200 and page.value != sights.pages[0].value
    ]
    yield from (f"another page since {page.at_s:.1f} s" for page in other[:1])
    if sights.frames:
        yield f"{len(sights.frames)} messages to the open page, the first {sights.frames[0]}"
    if sights.closed_because is not None:
        yield f"connection of the open page closed: {sights.closed_because}"
    files = same_files_as(sights.before)
    if not files.matches(sights.after):
        told = StringDescription()
        files.describe_mismatch(sights.after, told)
        yield str(told)


def subject(instruction: str) -> str:
    """The first line of an instruction's commit, as the contract has it."""
    return " ".join(instruction.split())[:SUBJECT_CHARS].strip()


def difference(wanted: Sequence[str], found: Sequence[str]) -> str:
    """What is missing, what is doubled, and where the order first differs, of `wanted` in `found`."""
    missing = [name for name in wanted if name not in found]
    doubled = sorted(name for name, number in Counter(found).items() if number > 1)
    told = [f"{len(found)} commits for {len(wanted)} instructions"]
    if missing:
        told.append(f"{len(missing)} missing, the first {missing[0]!r}")
    if doubled:
        told.append(f"{len(doubled)} doubled, the first {doubled[0]!r}")
    if not missing and not doubled:
        pairs = zip(wanted, found, strict=False)
        told += [f"{is_!r} where {should!r} belongs" for should, is_ in pairs if should != is_][:1]
    return ", ".join(told)
