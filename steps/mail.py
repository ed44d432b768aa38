"""Mail from and to the customer."""

from __future__ import annotations

from collections.abc import Callable

from behave import given, then, when
from behave.runner import Context

from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.odd_mail import DECOY
from acceptance.matchers.answers import is_live
from acceptance.matchers.sessions import is_mail_that_mentions, mentions_once, tells_of_no_other_preview
from acceptance.run.sentence_parts import one_of, part
from acceptance.run.world import World
from acceptance.waiting.expect import expect


@part("Mails", r"(?:a plain mail|a mail with .+?), (?:asking|and after it a plain one)")
def mails(words: str) -> tuple[str | None, ...]:
    """What is odd about each mail, in the order in which they are sent; None about a plain one."""
    first, _, after = words.rpartition(", ")
    oddity = None if first == "a plain mail" else first.removeprefix("a mail with ")
    return (oddity,) if after == "asking" else (oddity, None)


@part("News", r'that reason|a reason that mentions "[^"]+"|the address of the preview')
def news(words: str) -> Callable[[CustomerSession], tuple[str, bool]]:
    """The words that a customer is to read, and whether she is to read nothing else."""
    if words == "that reason":
        return lambda session: (session.record.failure or "no reason on record", True)
    if words == "the address of the preview":
        return lambda session: (session.preview_url, False)
    return lambda _session: (words.split('"')[1], False)


@part("InThread", r'the address of the preview|a reason that mentions "[^"]+"')
def in_thread(words: str) -> Callable[[World], str]:
    """What the answer must say: where the preview is that the mail began, or why it began none."""
    if words == "the address of the preview":
        return lambda world: world.asked_for().preview_url
    return lambda _world: words.split('"')[1]


one_of(
    "Replied",
    {
        "the platform's answer": None,
        "her own mail, from a program that names no other": "no mail named but the first",
    },
)


@given("a session that a customer's mail began")
def session_begun_by_mail(context: Context) -> None:
    """Its preview is live, and she has been told so."""
    world: World = context.world
    world.send_mail(world.new_customer(), 'Change the heading to "Asked by mail"')
    world.until_live(world.asked_for())
    world.mail.answers.becomes(is_mail_that_mentions(world.session.preview_url))


@when("a customer sends {mails:Mails}: {instruction}")
def customer_mails(context: Context, mails: tuple[str | None, ...], instruction: str) -> None:
    """To the client's address, from a customer nobody has met before, as her mail program happens to write it.

    The last mail has the instruction; one before it asks for something, too.
    """
    world: World = context.world
    customer, (*before, last) = world.new_customer(), mails
    for oddity in before:
        world.send_mail(customer, DECOY, oddity=oddity)
    world.send_mail(customer, instruction, oddity=last)


@when("the customer replies to {mail:Replied}: {instruction}")
def customer_replies(context: Context, mail: str | None, instruction: str) -> None:
    """As her program does: in the thread of the mail that she answers."""
    world: World = context.world
    world.session.instructions.append(instruction)
    *_, answer = world.mail.answers.now()
    world.send_mail(world.customer, instruction, oddity=mail, reply_to=answer)


@then("the customer is answered in the thread with {answer:InThread}")
def answered_in_thread(context: Context, answer: Callable[[World], str]) -> None:
    """The answer stands in the thread of her mail; a preview that it names is live by then."""
    world: World = context.world
    words = answer(world)
    world.mail.answers.becomes(is_mail_that_mentions(words))
    if words.startswith("https://"):
        expect(world.platform.preview.get(words), is_live(), f"{words}, as its customer was told of it")


@then("each of them is told of her own preview, and of no other")
def told_of_their_own(context: Context) -> None:
    """By mail, all of them."""
    world: World = context.world
    since = world.asked.at
    for session in world.group.sessions:
        session.inbox.becomes(is_mail_that_mentions(session.preview_url))
    for session in world.group.sessions:
        session.inbox.is_(tells_of_no_other_preview(session.preview_url, since=since))


@then("the customer is mailed {news:News}, once")
def customer_is_mailed(context: Context, news: Callable[[CustomerSession], tuple[str, bool]]) -> None:
    """One message has the words, and no second one comes for a while."""
    world: World = context.world
    words, alone = news(world.session)
    world.session.inbox.becomes(mentions_once(words, alone=alone))
    a_while = world.platform.profile.patience.quiet_window
    world.session.inbox.stays(mentions_once(words, alone=alone), during=a_while)
