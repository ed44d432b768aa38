"""A deployment that offers more than its profile claims is told so; one that does not, nothing."""

from __future__ import annotations

import pytest

from acceptance.capabilities import Capability
from acceptance.doctor.beyond import PROBES, unclaimed
from acceptance.doctor.finding import Finding
from acceptance.run import diagnosis
from tests.acceptance.doctor.deployment import Deployment

CALLS = {Capability.INSTRUCTIONS, Capability.KEEPALIVE, Capability.DEACTIVATE}


@pytest.fixture
def core(deployment: Deployment) -> Deployment:
    """A deployment of the contract of whose capabilities none is claimed."""
    deployment.settings["supports.extended"] = ""
    deployment.front.calls = {str(call) for call in CALLS}
    return deployment


def test_what_works_and_is_not_claimed_is_told(core: Deployment) -> None:
    assert set(unclaimed(core.platform())) == set(PROBES)


@pytest.mark.parametrize("capability", list(PROBES))
def test_what_is_claimed_is_not_told(core: Deployment, capability: Capability) -> None:
    core.settings["supports.extended"] = capability
    assert set(unclaimed(core.platform())) == set(PROBES) - {capability}


def test_what_does_not_work_is_not_told(core: Deployment) -> None:
    core.front.calls, core.front.headers, core.front.health = set(), {}, {}
    core.container("hermes", linuxParameters={"initProcessEnabled": False})
    assert unclaimed(core.platform()) == (Capability.CUSTOM_DOMAIN_CERTIFICATE,)


@pytest.mark.parametrize("wrong", [(), (Finding("it is broken", "mend it"),)])
def test_the_doctor_tells_it_where_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: tuple[Finding, ...]
) -> None:
    monkeypatch.setattr(diagnosis, "diagnose", lambda *_: wrong)
    monkeypatch.setattr(diagnosis, "beyond", lambda *_: (Capability.KEEPALIVE, Capability.DEACTIVATE))
    code, told = diagnosis.main(["ours.toml"]), capsys.readouterr().out
    assert code == (2 if wrong else 0)
    assert ("It also seems to offer keepalive, deactivate: " in told) == (not wrong)


def test_what_cannot_be_looked_at_is_not_told(core: Deployment) -> None:
    core.denied = [("ecs", "DescribeServices")]
    assert set(unclaimed(core.platform())) == set(PROBES) - {Capability.TASK_KILL}
