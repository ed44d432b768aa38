"""Lists under weather, as boto3's own clients meet them: whoever reads all pages finds everything."""

from __future__ import annotations

from typing import Any

from sandbox.weather.chance import Chance
from sandbox.weather.lists import Pages
from tests.sandbox.weather.weather_stand import Ecs, weathered

ARNS = [f"arn:aws:ecs:us-east-1:123456789012:task/live-preview/{number}" for number in range(5)]


def test_tasks_are_listed_in_pages_and_no_order() -> None:
    pages = Pages(Chance(1, "pages"))
    ecs = Ecs(ListTasks={"taskArns": ARNS}, DescribeTasks={"tasks": ARNS, "failures": []})
    found: list[str] = []
    token: dict[str, Any] = {}
    sizes = []
    while True:
        page = ecs.ask(pages, "ListTasks", **token)
        found += page["taskArns"]
        sizes.append(len(page["taskArns"]))
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert (sorted(found), sizes) == (ARNS, [2, 2, 1])
    orders = {tuple(ecs.ask(pages, "DescribeTasks")["tasks"]) for _ in range(9)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(ARNS)}
    assert ecs.ask(pages, "ListTasks", maxResults=100).keys() == {"taskArns"}


def test_items_and_objects_come_in_pages_of_which_some_are_empty() -> None:
    with weathered(Pages(Chance(1, "pages"))) as (client, own):
        table, s3 = own.client("dynamodb"), own.client("s3")
        table.create_table(
            TableName="items",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        s3.create_bucket(Bucket="mail")
        for number in range(12):
            item = {"id": {"S": str(number)}, "odd": {"BOOL": number == 11}}
            table.put_item(TableName="items", Item=item)
            s3.put_object(Bucket="mail", Key=f"inbox/{number:02} ü+", Body=b"mail")
        scanned = client.client("dynamodb").get_paginator("scan")
        odd = {"FilterExpression": "odd = :yes", "ExpressionAttributeValues": {":yes": {"BOOL": True}}}
        pages = [page["Items"] for page in scanned.paginate(TableName="items", **odd)]
        assert (len(pages), sum(map(len, pages))) == (3, 1)
        listed = client.client("s3").get_paginator("list_objects_v2")
        keys = [
            [found["Key"] for found in page["Contents"]]
            for page in listed.paginate(Bucket="mail", Prefix="inbox/")
        ]
        assert list(map(len, keys)) == [5, 5, 2]
        assert [key for page in keys for key in page] == [f"inbox/{number:02} ü+" for number in range(12)]
        everything = s3.list_objects_v2(Bucket="mail")["Contents"]
        assert len(everything) == 12, "the sandbox's own machinery is no client"
