"""Matchers about sessions, their traces and their mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.load_balancer import Routing
from acceptance.drivers.mailbox import Received
from acceptance.drivers.session_api import ListedSession
from acceptance.drivers.session_table import Redrive, SessionRecord
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of


def mentions(words: str) -> Matcher[str]:
    """A text with these words in it, in any case."""
    return DescribedMatcher(f"words about {words!r}", lambda text: words.lower() in text.lower(), repr)


def is_mail_that_mentions(words: str) -> Matcher[Sequence[Received]]:
    """Among the messages, one whose text has these words, in any case and however its lines are broken."""
    wanted = " ".join(words.split()).lower()
    return DescribedMatcher(
        f"a message that mentions {words!r}",
        lambda messages: any(wanted in " ".join(message.text.split()).lower() for message in messages),
        lambda messages: "; ".join(map(str, messages)) or "no message",
    )


def mentions_once(words: str, *, alone: bool = False) -> Matcher[Sequence[Received]]:
    """Among the messages exactly one that `is_mail_that_mentions` accepts, and with `alone` no other message at all."""
    fits = is_mail_that_mentions(words)
    return DescribedMatcher(
        f"one message that mentions {words!r}{' and no other' if alone else ''}",
        lambda messages: (
            sum(fits.matches([message]) for message in messages) == 1 and (not alone or len(messages) == 1)
        ),
        lambda messages: "; ".join(map(str, messages)) or "no message",
    )


def tells_of_no_other_preview(preview_url: str, *, since: datetime) -> Matcher[Sequence[Received]]:
    """Messages of which none that came since then holds the address of a preview other than this."""

    def others(messages: Sequence[Received]) -> list[Received]:
        return [m for m in messages if m.at >= since and "/session/" in m.text.replace(preview_url, "")]

    return free_of(f"no mail about another preview than {preview_url}", others)


def no_session() -> Matcher[Sequence[SessionRecord]]:
    """No record at all."""
    return DescribedMatcher(
        "no session on record",
        lambda records: not records,
        lambda records: "; ".join(f"session {r.session_id} of {r.user_id}, {r.status}" for r in records),
    )


def no_stranger() -> Matcher[Sequence[str]]:
    """No item that is none of a session (keys)."""
    return DescribedMatcher(
        "nothing but sessions", lambda keys: not keys, lambda keys: f"beside them {', '.join(keys[:6])}"
    )


def nothing_of(session_id: str) -> Matcher[Routing]:
    """A load balancer without a rule for the session, and without a target group that no rule uses."""

    def left(routing: Routing) -> list[str]:
        used = {arn for rule in routing.rules for arn in rule.target_groups}
        orphans = [group.name for group in routing.target_groups if group.arn not in used]
        return [f"rule {' '.join(rule.paths)}" for rule in routing.rules_for(session_id)] + orphans

    return free_of(f"no rule and no target group of session {session_id}", left, between=", ")


def unchanged_since(before: SessionRecord) -> Matcher[SessionRecord]:
    """A record that is the same in every attribute."""

    def changes(record: SessionRecord) -> list[str]:
        names = sorted({*before.raw, *record.raw})
        found = [(name, before.raw.get(name), record.raw.get(name)) for name in names]
        return [f"{name} was {old!r} and is {new!r}" for name, old, new in found if old != new]

    return free_of("the same record", changes)


def lists(own: Sequence[str]) -> Matcher[Sequence[ListedSession]]:
    """A client's list of exactly these sessions, in this order (ids)."""
    return DescribedMatcher(
        f"the list {', '.join(own)}",
        lambda listed: [entry.session_id for entry in listed] == list(own),
        lambda listed: ", ".join(entry.session_id for entry in listed) or "an empty list",
    )


def shows_one_of(others: Sequence[str]) -> Matcher[Sequence[ListedSession]]:
    """For `fatal`: a list with a session that is another client's (ids)."""
    return DescribedMatcher(
        f"a list with another client's session {', '.join(others)}",
        lambda listed: any(entry.session_id in others for entry in listed),
        lambda _: "no session of another client",
    )


TOLD = ("sessionId", "status", "previewUrl", "lastActivityAt", "ttl", "lastCommit")
"""What the contract has the status call tell."""


def tells_of(record: SessionRecord) -> Matcher[Answer]:
    """The status call's answer, 200: each of `TOLD` as it is on record. NoData over a record that lacks one."""
    wanted = {name: record.raw.get(name) for name in TOLD}
    if None in wanted.values():
        raise NoData(f"the record lacks some of {', '.join(TOLD)}, so nothing can be said about what is told")

    def wrong(answer: Answer) -> list[str]:
        found = answer.json() if answer.status == 200 else None
        if not isinstance(found, dict):
            return [f"{answer.status}: {answer.text[:200]}"]
        told = {n: f"told as {found[n]!r}" if found.get(n) is not None else "not told" for n in wanted}
        return [f"{n} is {told[n]}, and {v} on record" for n, v in wanted.items() if found.get(n) != v]

    return free_of(f"{', '.join(TOLD)} as on record", wrong)


DAY_S = 24 * 60 * 60


def prolongs(before: SessionRecord, answer: Answer) -> Matcher[SessionRecord]:
    """A record after a keepalive: active later than before, kept until a day after that, as the answer says."""

    def wrong(record: SessionRecord) -> str | None:
        was, active, ttl = before.last_activity_at, record.last_activity_at, record.ttl
        if was is None or active is None or ttl is None:
            return f"last activity {active} (before: {was}), ttl {ttl}"
        if active <= was:
            return f"the last activity of before, {was}"
        kept_s = ttl - active.timestamp()
        if abs(kept_s - DAY_S) > 1:
            return f"kept for {kept_s:.0f} s after its last activity"
        found = answer.json() if answer.status == 200 else None
        told = found.get("ttl") if isinstance(found, dict) else None
        return None if told == ttl else f"ttl {ttl}, but the answer was {answer.status}: {answer.text[:200]}"

    return free_of(f"a record kept until {DAY_S} s after a new last activity, as answered", wrong)


def ended_as(status: str, reason: str = "") -> Matcher[SessionRecord]:
    """A record of a session that ended so, and where a reason is given for one with these words."""
    return DescribedMatcher(
        f"{status}, for a reason with {reason!r}" if reason else status,
        lambda record: record.status == status and mentions(reason).matches(record.failure or ""),
        lambda record: (
            f"{record.status}, {f'for {record.failure!r}' if record.failure else 'without a reason'}"
        ),
    )


def gives_up_to(dead_letters: str) -> Matcher[Redrive]:
    """A queue from which whatever is received too often goes to that one."""
    return DescribedMatcher(
        f"commands received too often go to {dead_letters}",
        lambda found: found.to == dead_letters and bool(found.max_receives),
        lambda found: f"to {found.to} after {found.max_receives} times" if found.to else "to no queue, ever",
    )


def is_true_of(what: str) -> Matcher[bool]:
    """A yes, with words for what it is about."""
    return DescribedMatcher(what, bool, lambda _: f"no {what.removeprefix('a ')}")
