"""ECS: tasks that are not to be seen yet, services as they were a moment ago, shells that come late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.weather.calls import Answer, Call, Onward, refusal
from sandbox.weather.chance import Chance

Clock = Callable[[], float]


class BlindTasks:
    """For 0.5 to 2 s DescribeTasks and ListTasks do not know what RunTask has started.

    ECS API reference, RunTask: its result "might not be immediately visible to all subsequent commands you run"; to be
    asked again after a couple of seconds. How long it takes AWS does not tell.
    """

    LEAST_S, MOST_S = 0.5, 2.0

    def __init__(self, chance: Chance, clock: Clock = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._seen_at: dict[str, float] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        answer = onward(call)
        if not answer.ok:
            return answer
        if call.is_("ecs", "RunTask"):
            with self._lock:
                for task in answer.document["tasks"]:
                    self._seen_at[task["taskArn"]] = self._clock() + self._chance.between(
                        self.LEAST_S, self.MOST_S
                    )
        elif call.is_("ecs", "ListTasks"):
            listed = [arn for arn in answer.document["taskArns"] if not self._hidden(arn)]
            return answer.saying({**answer.document, "taskArns": listed})
        elif call.is_("ecs", "DescribeTasks"):
            hidden = [task["taskArn"] for task in answer.document["tasks"] if self._hidden(task["taskArn"])]
            missing = [{"arn": arn, "reason": "MISSING"} for arn in hidden]
            seen = [task for task in answer.document["tasks"] if task["taskArn"] not in hidden]
            return answer.saying(
                {"tasks": seen, "failures": [*answer.document.get("failures", []), *missing]}
            )
        return answer

    def _hidden(self, arn: str) -> bool:
        with self._lock:
            return self._clock() < self._seen_at.get(arn, 0.0)


class StaleServices:
    """DescribeServices tells what was so up to 1 to 3 s ago, also after an UpdateService.

    ECS API reference, RunTask, on eventual consistency: what a command has changed may not be visible to the next ones,
    "a couple of seconds". How long it takes AWS does not tell. What it tells never goes back in time.
    """

    LEAST_S, MOST_S = 1.0, 3.0

    def __init__(self, chance: Chance, clock: Clock = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._views: dict[str, tuple[dict[str, Any], float]] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        if call.is_("ecs", "UpdateService"):
            before = {"cluster": call.parameters.get("cluster"), "services": [call.parameters["service"]]}
            self._described(onward(call.another("DescribeServices", **before)))
            return onward(call)
        if call.is_("ecs", "DescribeServices"):
            return self._described(onward(call))
        return onward(call)

    def _described(self, answer: Answer) -> Answer:
        """The answer with what was seen last for each service whose view still holds; the others get a new view."""
        if not answer.ok:
            return answer
        with self._lock:
            told = [self._view(service) for service in answer.document["services"]]
        return answer.saying({**answer.document, "services": told})

    def _view(self, service: dict[str, Any]) -> dict[str, Any]:
        seen, until = self._views.get(service["serviceArn"], (service, 0.0))
        if self._clock() >= until:
            seen = service
            until = self._clock() + self._chance.between(self.LEAST_S, self.MOST_S)
            self._views[service["serviceArn"]] = (service, until)
        # Tags are told to whoever asks for them.
        return seen | ({"tags": service["tags"]} if "tags" in service else {})


class LateAgent:
    """The exec agent of a task runs 3 to 10 s after the task does, and takes its first session 1 to 3 s after that.

    ECS guide, "Troubleshooting issues with ECS Exec", and aws/containers-roadmap#187: InvalidParameterException before
    `managedAgents` says RUNNING, then TargetNotConnectedException for some seconds. The amounts are of users' reports.
    """

    AGENT_S = (3.0, 10.0)
    CONNECTED_S = (1.0, 3.0)
    NOT_YET = (
        "The execute command failed because execute command was not enabled when the task was run or the execute "
        "command agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
    )
    NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."

    def __init__(self, chance: Chance, clock: Clock = time.time) -> None:
        """`clock`: epoch seconds, the clock of the tasks' `startedAt`."""
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._moments: dict[str, tuple[float, float]] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        if call.is_("ecs", "DescribeTasks"):
            answer = onward(call)
            return answer.saying(self._without_agents(answer.document)) if answer.ok else answer
        if call.is_("ecs", "ExecuteCommand"):
            asked = {"cluster": call.parameters.get("cluster"), "tasks": [call.parameters["task"]]}
            for task in onward(call.another("DescribeTasks", **asked)).document.get("tasks", []):
                running_at, connected_at = self._of(task)
                if self._clock() < running_at:
                    return refusal(call, "InvalidParameterException", self.NOT_YET)
                if self._clock() < connected_at:
                    return refusal(call, "TargetNotConnectedException", self.NOT_CONNECTED)
        return onward(call)

    def _without_agents(self, document: dict[str, Any]) -> dict[str, Any]:
        for task in document["tasks"]:
            if self._clock() >= self._of(task)[0]:
                continue
            for container in task["containers"]:
                for agent in container.get("managedAgents", []):
                    if agent["lastStatus"] == "RUNNING":
                        agent.pop("lastStartedAt", None)
                        agent["lastStatus"] = "PENDING"
        return document

    def _of(self, task: dict[str, Any]) -> tuple[float, float]:
        """When the task's agent runs and when it takes sessions, in epoch seconds; infinity before the task runs."""
        started = task.get("startedAt")
        if started is None:
            return float("inf"), float("inf")
        with self._lock:
            if task["taskArn"] not in self._moments:
                running_at = _epoch(started) + self._chance.between(*self.AGENT_S)
                self._moments[task["taskArn"]] = (
                    running_at,
                    running_at + self._chance.between(*self.CONNECTED_S),
                )
            return self._moments[task["taskArn"]]


def _epoch(moment: float | str) -> float:
    """A timestamp of the ECS API (epoch seconds; some answers have ISO text)."""
    return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else float(moment)
