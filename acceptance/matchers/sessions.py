"""Matchers about sessions, their traces and their mail."""

from __future__ import annotations

from collections.abc import Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.load_balancer import Routing
from acceptance.drivers.mailbox import Received
from acceptance.drivers.session_table import SessionRecord
from acceptance.waiting.matcher import DescribedMatcher


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


def nothing_of(session_id: str) -> Matcher[Routing]:
    """A load balancer without a rule for the session, and without a target group that no rule uses."""

    def left(routing: Routing) -> list[str]:
        used = {arn for rule in routing.rules for arn in rule.target_groups}
        orphans = [group.name for group in routing.target_groups if group.arn not in used]
        return [f"rule {' '.join(rule.paths)}" for rule in routing.rules_for(session_id)] + orphans

    return DescribedMatcher(
        f"no rule and no target group of session {session_id}",
        lambda routing: not left(routing),
        lambda routing: ", ".join(left(routing)),
    )


def unchanged_since(before: SessionRecord) -> Matcher[SessionRecord]:
    """A record that is the same in every attribute."""

    def changes(record: SessionRecord) -> list[str]:
        names = sorted({*before.raw, *record.raw})
        found = [(name, before.raw.get(name), record.raw.get(name)) for name in names]
        return [f"{name} was {old!r} and is {new!r}" for name, old, new in found if old != new]

    return DescribedMatcher(
        "the same record", lambda record: not changes(record), lambda record: "; ".join(changes(record))
    )


def is_true_of(what: str) -> Matcher[bool]:
    """A yes, with words for what it is about."""
    return DescribedMatcher(what, bool, lambda _: f"no {what.removeprefix('a ')}")
