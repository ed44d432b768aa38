"""Documents that AWS publishes as examples of what it sends: their data, as they stand there."""

from __future__ import annotations

import copy
from typing import Any

_GROUP = "arn:aws:elasticloadbalancing:region:123456789012:targetgroup/my-target-group/6d0ecf831eec9f09"

# ELB guide, "Use Lambda functions as targets of an Application Load Balancer": "the following is an example event".
ALB_EVENT: dict[str, Any] = {
    "requestContext": {"elb": {"targetGroupArn": _GROUP}},
    "httpMethod": "GET",
    "path": "/",
    "queryStringParameters": {},
    "headers": {
        "accept": "text/html,application/xhtml+xml",
        "accept-language": "en-US,en;q=0.8",
        "content-type": "text/plain",
        "cookie": "cookies",
        "host": "lambda-846800462-us-east-2.elb.amazonaws.com",
        "user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6)",
        "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
        "x-forwarded-for": "72.21.198.66",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    },
    "isBase64Encoded": False,
    "body": "request_body",
}

_HEADERS = {
    "Return-Path": "<0000014fbe1c09cf-7cb9f704-7531-4e53-89a1-5fa9744f5eb6-000000@amazonses.com>",
    "From": "sender@example.com",
    "To": "recipient@example.com",
    "Subject": "Example subject",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "7bit",
    "Date": "Fri, 11 Sep 2015 20:32:32 +0000",
    "Message-ID": "<61967230-7A45-4A9D-BEC9-87CBCF2211C9@example.com>",
    "X-SES-Outgoing": "2015.09.11-54.240.9.183",
}

# SES guide, "Examples of notifications for Amazon SES email receiving": that of an SNS action, without the headers
# Received, DKIM-Signature and Feedback-ID.
SES_NOTIFICATION: dict[str, Any] = {
    "notificationType": "Received",
    "receipt": {
        "timestamp": "2015-09-11T20:32:33.936Z",
        "processingTimeMillis": 222,
        "recipients": ["recipient@example.com"],
        "spamVerdict": {"status": "PASS"},
        "virusVerdict": {"status": "PASS"},
        "spfVerdict": {"status": "PASS"},
        "dkimVerdict": {"status": "PASS"},
        "action": {"type": "SNS", "topicArn": "arn:aws:sns:us-east-1:012345678912:example-topic"},
    },
    "mail": {
        "timestamp": "2015-09-11T20:32:33.936Z",
        "source": "61967230-7A45-4A9D-BEC9-87CBCF2211C9@example.com",
        "messageId": "d6iitobk75ur44p8kdnnp7g2n800",
        "destination": ["recipient@example.com"],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in _HEADERS.items()],
        "commonHeaders": {
            "returnPath": "0000014fbe1c09cf-7cb9f704-7531-4e53-89a1-5fa9744f5eb6-000000@amazonses.com",
            "from": ["sender@example.com"],
            "date": "Fri, 11 Sep 2015 20:32:32 +0000",
            "to": ["recipient@example.com"],
            "messageId": "<61967230-7A45-4A9D-BEC9-87CBCF2211C9@example.com>",
            "subject": "Example subject",
        },
    },
    "content": "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
    + "\r\nExample content\r\n",
}


def alert() -> dict[str, Any]:
    """The same guide's alert, which another action than SNS sends: it has no content."""
    found = copy.deepcopy(SES_NOTIFICATION)
    del found["content"]
    found["receipt"]["action"] |= {"type": "S3", "bucketName": "my-S3-bucket", "objectKey": "\\email"}
    return found
