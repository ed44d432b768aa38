"""Mail from and to the customer."""

from __future__ import annotations

from behave import given, then, when
from behave.runner import Context
from hamcrest import has_length

from acceptance.journeys.odd_mail import DECOY
from acceptance.matchers.answers import is_live
from acceptance.matchers.sessions import is_mail_that_mentions
from acceptance.run.world import World
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import stays, wait_until


@when("a customer mails: {instruction}")
def customer_mails(context: Context, instruction: str) -> None:
    """A plain message to the client's address, from a customer nobody has met before."""
    world: World = context.world
    world.mail(world.new_customer(), instruction)


@when("a customer sends a mail with {oddity}, asking: {instruction}")
def customer_mails_oddly(context: Context, oddity: str, instruction: str) -> None:
    """From a customer nobody has met before, as her mail program happens to write it."""
    world: World = context.world
    world.mail(world.new_customer(), instruction, oddity)


@when("a customer sends a mail with {oddity}, and after it a plain one: {instruction}")
def customer_mails_oddly_and_plainly(context: Context, oddity: str, instruction: str) -> None:
    """The first asks for something, too."""
    world: World = context.world
    world.mail(world.new_customer(), DECOY, oddity)
    world.mail(world.customer, instruction)


@given("a session that a customer's mail began")
def session_begun_by_mail(context: Context) -> None:
    """Its preview is live, and she has been told so."""
    world: World = context.world
    world.mail(world.new_customer(), 'Change the heading to "Asked by mail"')
    session = world.adopt_mailed_session()
    world.sessions.until_live(session)
    until_answered(world)


@when("the customer replies to the platform's answer: {instruction}")
def customer_replies(context: Context, instruction: str) -> None:
    """As her program does: in the thread of the mail that she answers."""
    world: World = context.world
    world.session.instructions.append(instruction)
    *_, answer = world.platform.mailbox.answers_to(world.mailed)
    world.mail(world.customer, instruction, reply_to=answer)


@then("the customer is answered in the thread with the address of the preview")
def answered_in_thread(context: Context) -> None:
    """The answer stands in the thread of her mail and names the preview that it began, live by then."""
    world: World = context.world
    world.adopt_mailed_session()
    until_answered(world)
    page = world.platform.preview.get(world.session.preview_url)
    expect(page, is_live(), f"{world.session.preview_url}, as its customer was told of it")


@then("the customer is mailed that reason, once")
def mailed_that_reason(context: Context) -> None:
    """The words on the record are the words in the mail, and no second mail comes for a while."""
    world: World = context.world
    reason = world.platform.records.get(world.session.session_id).failure
    customer_is_mailed(world, reason or "no reason on record")
    stays(
        lambda: world.platform.mailbox.inbox(world.customer.user_id),
        has_length(1),
        what=f"inbox of {world.customer}",
        during=world.platform.profile.patience.quiet_window,
    )


@then('the customer is mailed a reason that mentions "{words}"')
def mailed_a_reason(context: Context, words: str) -> None:
    """A message about what could not be done."""
    customer_is_mailed(context.world, words)


def customer_is_mailed(world: World, words: str) -> None:
    """Look into the customer's inbox until a message has the words."""
    wait_until(
        lambda: world.platform.mailbox.inbox(world.customer.user_id),
        is_mail_that_mentions(words),
        what=f"inbox of {world.customer}",
        within=world.platform.profile.patience.mail,
    )


def until_answered(world: World) -> None:
    """Look into the thread of the last mail until an answer names the preview of the session at hand."""
    wait_until(
        lambda: world.platform.mailbox.answers_to(world.mailed),
        is_mail_that_mentions(world.session.preview_url),
        what=f"inbox of {world.customer}",
        within=world.platform.profile.patience.wake,
    )
