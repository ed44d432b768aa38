"""Counts of messages under weather."""

from __future__ import annotations

from sandbox.weather.chance import Chance
from sandbox.weather.sqs import LateCounts
from tests.sandbox.weather.weather_stand import Clock, weathered


def test_counts_are_those_of_a_moment_ago_for_a_minute_at_most() -> None:
    clock = Clock()
    with weathered(LateCounts(Chance(1, "counts"), clock)) as (client, _):
        sqs = client.client("sqs")
        url = sqs.create_queue(QueueName="commands.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

        def count(*names: str) -> dict[str, str]:
            found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*names])[
                "Attributes"
            ]
            return found

        assert count("ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}
        sqs.send_message(QueueUrl=url, MessageBody="1", MessageGroupId="1", MessageDeduplicationId="1")
        assert count("ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}
        assert count("All")["ApproximateNumberOfMessagesNotVisible"] == "0"
        assert count("FifoQueue") == {"FifoQueue": "true"}, "what is no count is told as it is"
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
        clock.now += LateCounts.MOST_S
        told = count("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        assert told == {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "1"}
