"""Which services a request wakes."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.services.aws import Clients
from sandbox.services.session_api.backend import Backend


class Ecs:
    """The desired counts of both services, and in which order they were set."""

    def __init__(self, hermes: int, edit: int, refused: str = "") -> None:
        self.counts = {"hermes": hermes, "edit": edit}
        self.told: list[str] = []
        self.refused = refused

    def get(self, api: str) -> Ecs:
        assert api == "ecs"
        return self

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        assert cluster == "live-preview"
        return {"services": [{"serviceName": name, "desiredCount": self.counts[name]} for name in services]}

    def update_service(self, *, cluster: str, service: str, desiredCount: int) -> None:  # noqa: N803
        assert cluster == "live-preview"
        self.told.append(service)
        if service == self.refused:
            raise RuntimeError(service)
        self.counts[service] = desiredCount


def backend(ecs: Ecs) -> Backend:
    unused: Any = None
    clients: Clients = ecs  # type: ignore[assignment]
    return Backend(unused, clients, "queue", "live-preview", "hermes", "edit", "origin", "domain", "from")


@pytest.mark.parametrize(
    ("hermes", "edit", "woken"), [(0, 0, ["edit", "hermes"]), (1, 0, ["hermes"]), (0, 3, ["hermes"])]
)
def test_both_wake_where_both_sleep_and_edit_is_else_hermes_business(
    hermes: int, edit: int, woken: list[str]
) -> None:
    ecs = Ecs(hermes, edit)
    backend(ecs).wake()
    assert (ecs.told, ecs.counts) == (woken, {"hermes": 1, "edit": edit or int("edit" in woken)})


def test_hermes_wakes_although_edit_cannot_be_woken() -> None:
    ecs = Ecs(0, 0, refused="edit")
    with pytest.raises(RuntimeError):
        backend(ecs).wake()
    assert ecs.counts["hermes"] == 1
