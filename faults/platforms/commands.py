"""Platforms whose queue loses, doubles, delays or mixes what customers ask for, some of it only now and then."""

from __future__ import annotations

import itertools
import json
from typing import Any

from faults.platforms.scenarios import (
    ASKED_AND_ENDED,
    HANGS,
    HERMES_DIES,
    HUNDRED,
    IN_TURN,
    LATER_REFUSAL,
    ONE_COMMIT,
)
from faults.provisioned import provisioned
from faults.registry import fault


@fault(
    "Every third instruction is accepted and never carried out.",
    part="session_api",
    caught_by=(ONE_COMMIT,),
    clause="carried out in order",
)
def every_third_instruction_lost() -> None:
    """It is answered, counts as activity, and is not sent."""
    from sandbox.services.session_api.backend import Backend

    send, asked = Backend.send, itertools.count(1)

    def mostly(self: Backend, kind: str, *given: Any, **more: Any) -> None:
        if kind != "instruction" or next(asked) % 3:
            send(self, kind, *given, **more)

    Backend.send = mostly  # type: ignore[method-assign]


@fault(
    "Every third instruction is carried out twice.",
    part="session_api",
    caught_by=(ONE_COMMIT,),
    clause="Each carried-out instruction is exactly one commit",
)
def every_third_instruction_doubled() -> None:
    """It is sent again under another id, as by a sender that had no answer."""
    from sandbox.services.session_api.backend import Backend

    send, asked = Backend.send, itertools.count(1)

    def sometimes_again(self: Backend, kind: str, record: Any, instruction_id: str, **more: Any) -> None:
        send(self, kind, record, instruction_id, **more)
        if kind == "instruction" and not next(asked) % 3:
            send(self, kind, record, f"{instruction_id}-again", **more)

    Backend.send = sometimes_again  # type: ignore[method-assign]


@fault(
    "Every fourth instruction is overtaken by the next one.",
    part="hermes",
    caught_by=(HUNDRED,),
    clause="carried out in order",
)
def every_fourth_instruction_overtaken() -> None:
    """It is put behind what came after it, if that waits already."""
    from sandbox.services.hermes.commands import INSTRUCTION
    from sandbox.services.hermes.session_steps import Steps

    work, seen = Steps.work, itertools.count(1)

    def overtaking(self: Steps, session: Any) -> None:
        waiting = session.commands
        for place in range(len(waiting) - 1):
            both = [waiting[place], waiting[place + 1]]
            if all(command.kind == INSTRUCTION for command in both) and not next(seen) % 4:
                waiting[place], waiting[place + 1] = both[1], both[0]
        work(self, session)

    Steps.work = overtaking  # type: ignore[method-assign]


@fault(
    "Whoever ends a session loses what she asked for just before.",
    part="hermes",
    caught_by=(ASKED_AND_ENDED,),
    clause="what waits ahead of it is carried out",
)
def end_overtakes() -> None:
    """Among the commands that wait, the end comes first."""
    from sandbox.services.hermes.commands import DEACTIVATE
    from sandbox.services.hermes.session_steps import Steps

    step = Steps.step

    def end_first(self: Steps, session: Any) -> float | None:
        ends = [command for command in session.commands if command.kind == DEACTIVATE]
        for end in ends:
            session.commands.remove(end)
            session.commands.appendleft(end)
        return step(self, session)

    Steps.step = end_first  # type: ignore[method-assign]


@fault(
    "All customers wait in one line: a slow one holds up everybody.",
    part="session_api",
    caught_by=(HANGS,),
    clause="SQS FIFO queue from the session API and the mail intake",
)
def one_line_for_all() -> None:
    """Every command has the same message group."""
    from sandbox.services.session_api.backend import Backend

    def send(self: Backend, kind: str, record: Any, instruction_id: str, **more: Any) -> None:
        command = {
            "type": kind,
            "sessionId": record.session_id,
            "userId": record.user_id,
            "instructionId": instruction_id,
            **{name: value for name, value in more.items() if value is not None},
        }
        self.clients.get("sqs").send_message(
            QueueUrl=self.queue_url,
            MessageBody=json.dumps(command),
            MessageGroupId="all",
            MessageDeduplicationId=f"{kind}-{instruction_id}",
        )

    Backend.send = send  # type: ignore[method-assign]


@fault(
    "A command whose reader died is given up at once.",
    part="sandbox",
    caught_by=(HERMES_DIES,),
    clause="SQS FIFO queue from the session API and the mail intake",
)
def given_up_after_one_try() -> None:
    """The command queue's redrive policy allows one receive."""

    def impatient(resources: dict[str, Any]) -> None:
        resources["Commands"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] = 1

    provisioned(impatient)


@fault(
    "Every tenth instruction is carried out in the workspace of somebody else on the task.",
    part="edit",
    caught_by=(HUNDRED,),
    clause="an edit in one session sends nothing to another",
)
def every_tenth_instruction_goes_astray() -> None:
    """Another open session of the task takes it, if there is one."""
    from sandbox.services.edit.sessions import Session, Sessions

    instruct, asked = Sessions.instruct, itertools.count(1)

    async def sometimes_elsewhere(
        self: Sessions, session: Session, instruction_id: str, instruction: str
    ) -> str:
        others = [one for one in map(self.get, self.ids()) if one is not None and one is not session]
        if others and not next(asked) % 10:
            session = others[0]
        return await instruct(self, session, instruction_id, instruction)

    Sessions.instruct = sometimes_elsewhere  # type: ignore[method-assign]


@fault(
    "An instruction that cannot be carried out ends the session that was live.",
    part="hermes",
    caught_by=(LATER_REFUSAL,),
    clause="what it cannot ends a first instruction's session `failed` and costs a later one only an answer",
)
def refusal_ends_the_session() -> None:
    """A refusal is a failure of the session."""
    from sandbox.services.hermes.customer_mail import Answers
    from sandbox.services.hermes.session_steps import Steps
    from sandbox.services.session_record import FAILED

    instruct = Steps.instruct
    refusals: dict[str, str] = {}
    refused = Answers.refused

    def noting(self: Answers, record: Any, instruction: str, failure: str, mail: Any) -> None:
        refusals[record.session_id] = failure
        refused(self, record, instruction, failure, mail)

    def ending(self: Steps, session: Any, command: Any) -> None:
        instruct(self, session, command)
        if session.session_id in refusals:
            self.end(session, FAILED, refusals[session.session_id])

    Answers.refused, Steps.instruct = noting, ending  # type: ignore[method-assign]


@fault(
    "A customer is not told that what she asked for could not be done.",
    part="hermes",
    caught_by=(LATER_REFUSAL,),
    clause="what it cannot ends a first instruction's session `failed` and costs a later one only an answer",
)
def refusals_untold() -> None:
    """A later instruction's refusal is noted and not answered."""
    from sandbox.services.hermes.customer_mail import Answers

    def silent(self: Answers, *given: Any) -> None:
        del self, given

    Answers.refused = silent  # type: ignore[assignment, method-assign]


@fault(
    "Of instructions that come quickly one after the other, only the first is carried out.",
    part="hermes",
    caught_by=(IN_TURN, HUNDRED),
    clause="The editor carries out what it can",
)
def quick_instructions_lost() -> None:
    """Of the instructions that are received together, all but the first are deleted."""
    from sandbox.services.hermes.commands import INSTRUCTION, Commands

    receive = Commands.receive

    def receive_one(self: Commands) -> bool:
        known = list(self.inbox)
        found = receive(self)
        new = [command for command in self.inbox if command not in known and command.kind == INSTRUCTION]
        for command in new[1:]:
            self.inbox.remove(command)
            self.done(command)
        return found

    Commands.receive = receive_one  # type: ignore[method-assign]


@fault(
    "Instructions that wait are carried out the last one first.",
    part="hermes",
    caught_by=(HUNDRED,),
    clause="carried out in order",
)
def last_instruction_first() -> None:
    """Commands that are received together are taken in reverse."""
    from sandbox.services.hermes.commands import Commands

    receive = Commands.receive

    def reversed_(self: Commands) -> bool:
        found = receive(self)
        waiting = [self.inbox.popleft() for _ in range(len(self.inbox))]
        self.inbox.extend(reversed(waiting))
        return found

    Commands.receive = reversed_  # type: ignore[method-assign]
