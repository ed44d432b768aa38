"""The session API takes what AWS's guides show as examples."""

from __future__ import annotations

import json

from sandbox.services.session_api.handler import handle
from tests.sandbox import aws_examples
from tests.sandbox.services.session_api.session_api_stand import Stand

RECIPIENT = "recipient@example.com"


def told(document: object, recipient: str = RECIPIENT) -> None:
    """What SNS hands over of SES's example, to one or another recipient."""
    message = json.dumps(document).replace(RECIPIENT, recipient)
    assert handle({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}, None) is None


def test_the_load_balancers_example_is_answered(stand: Stand) -> None:
    assert stand.items() == 0
    answer = handle(aws_examples.ALB_EVENT, None)
    assert answer is not None
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (404, False)
    healthy = handle(aws_examples.ALB_EVENT | {"path": "/api/health"}, None)
    assert healthy is not None
    assert json.loads(healthy["body"])["request"]["path"] == "/api/health"


def test_sess_example_is_a_customers_wish(stand: Stand) -> None:
    told(aws_examples.SES_NOTIFICATION, "edit+test-client@edit.preview.example")
    (command,) = stand.commands()
    record = stand.records.get(command["sessionId"])
    assert record is not None
    assert (record.client_id, record.user_id) == ("test-client", "sender@example.com")
    assert record.instruction == "Example content"


def test_sess_example_to_somebody_else_and_its_alert_leave_nothing(stand: Stand) -> None:
    told(aws_examples.SES_NOTIFICATION)
    told(aws_examples.alert(), "edit+test-client@edit.preview.example")
    assert (stand.items(), stand.commands()) == (0, [])
