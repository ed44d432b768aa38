"""Deployments whose command queue is another, or not empty."""

from __future__ import annotations

import json

from sandbox.settings import ACCOUNT, REGION
from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


@case("command queue: .*NonExistentQueue.* -> create the queue, or mend names.queue")
def no_such_queue(made: Deployment) -> None:
    made.settings["names.queue"] = "commands.fifo"


@case("waiting commands: .*NonExistentQueue.* -> create the dead-letter queue, or mend names.dead_letters")
def no_dead_letters(made: Deployment) -> None:
    sqs, url = made.client("sqs"), made.made.queue_url
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:session-commands-dead.fifo"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    sqs.delete_queue(QueueUrl=made.made.dead_letter_url)


@case("queue commands is no FIFO queue -> create one whose name ends in .fifo")
def no_fifo_queue(made: Deployment) -> None:
    sqs = made.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    sqs.create_queue(QueueName="commands", Attributes={"RedrivePolicy": policy})
    made.settings |= {"names.queue": "commands", "names.dead_letters": "dead"}


@case(
    "session-commands-dead.fifo gives up into nowhere, expected session-commands.fifo -> set its RedrivePolicy"
)
def no_redrive(made: Deployment) -> None:
    made.settings |= {
        "names.queue": "session-commands-dead.fifo",
        "names.dead_letters": "session-commands.fifo",
    }


def command(made: Deployment, url: str) -> None:
    """Put a command into a queue."""
    made.client("sqs").send_message(
        QueueUrl=url, MessageBody="{}", MessageGroupId="s", MessageDeduplicationId="1"
    )


@case("under way in session-commands.fifo: 1 wait, 0 in flight -> wait until Hermes")
def a_command_waits(made: Deployment) -> None:
    command(made, made.made.queue_url)


@case("lie in session-commands-dead.fifo: 1 -> see why, and take them out")
def a_dead_command(made: Deployment) -> None:
    command(made, made.made.dead_letter_url)
