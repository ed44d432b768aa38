"""Lists: in no order that anybody could rely on, and in pages."""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.weather.calls import Answer, Call, Onward
from sandbox.weather.chance import Chance

UNORDERED = {"ListTasks": "taskArns", "DescribeTasks": "tasks", "DescribeServices": "services"}
"""Of which ECS calls the lists have no order (ECS API reference: none is promised), and where they stand."""


class Pages:
    """ECS tells tasks and services in any order. Whatever has pages has small ones, where none of a size was asked for.

    Pages on AWS hold 100 tasks (ECS API, ListTasks), 1 MB of items before the filter (DynamoDB API, Query and Scan: a
    page may be empty and not the last), 1,000 keys (S3 API, ListObjectsV2), 10,000 events (CloudWatch Logs API,
    FilterLogEvents) and at most 400 rules (ELBv2 API, DescribeRules); a sandbox would never fill the first one.
    """

    TASKS = 2
    ITEMS = 5
    KEYS = 5
    EVENTS = 50
    RULES = 3

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._rest: dict[str, list[str]] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        if call.service == "ecs" and call.action in UNORDERED:
            return self._of_ecs(call, onward)
        if call.is_("dynamodb", "Query", "Scan"):
            return onward(call.with_parameters(Limit=call.parameters.get("Limit", self.ITEMS)))
        if call.is_("logs", "FilterLogEvents"):
            return onward(call.with_parameters(limit=call.parameters.get("limit", self.EVENTS)))
        if call.is_("elasticloadbalancing", "DescribeRules") and "PageSize" not in call.form:
            return onward(call.with_form(PageSize=str(self.RULES)))
        if call.is_("s3", "GET"):
            return onward(self._fewer_keys(call))
        return onward(call)

    def _of_ecs(self, call: Call, onward: Onward) -> Answer:
        with self._lock:
            rest = self._rest.pop(call.parameters.get("nextToken", ""), None)
        answer = onward(call)
        if not answer.ok:
            return answer
        name = UNORDERED[call.action]
        found: list[Any] = self._chance.shuffled(answer.document[name]) if rest is None else rest
        if call.action != "ListTasks":
            return answer.saying({**answer.document, name: found})
        size = int(call.parameters.get("maxResults", self.TASKS))
        page: dict[str, Any] = {name: found[:size]}
        if found[size:]:
            page["nextToken"] = secrets.token_hex(16)
            with self._lock:
                self._rest[page["nextToken"]] = found[size:]
        return answer.saying(page)

    def _fewer_keys(self, call: Call) -> Call:
        query = dict(parse_qsl(str(call.environ.get("QUERY_STRING", "")), keep_blank_values=True))
        if "list-type" not in query or "max-keys" in query:
            return call
        text = urlencode({**query, "max-keys": str(self.KEYS)})
        path = str(call.environ["REQUEST_URI"]).partition("?")[0]
        changed = {"QUERY_STRING": text, "REQUEST_URI": f"{path}?{text}", "RAW_URI": f"{path}?{text}"}
        return replace(call, environ={**call.environ, **changed})
