"""Looks that fail, hang or are of no use are told as findings, and only the first cause of each."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

from acceptance.capabilities import Capability
from acceptance.config.profile import read
from acceptance.doctor import services
from acceptance.doctor.checklist import checklist
from acceptance.doctor.examination import examine
from acceptance.doctor.finding import Finding, Look, nothing
from acceptance.drivers.platform import Platform
from acceptance.drivers.setup.services import Container, ServiceSetup
from acceptance.run.diagnosis import diagnose, main
from acceptance.waiting.errors import CredentialsEnded, NotAllowed, NotObserved, UnexpectedAnswer
from tests.acceptance.doctor.deployment import PROFILE, Deployment

FOUND = Finding("it is broken", "mend it")


def look(subject: str, failure: Exception | None = None, **more: Any) -> Look[None]:
    """A look that finds `FOUND`, or ends in an error."""

    def reading() -> None:
        if failure:
            raise failure

    return Look(subject, reading, lambda _: (FOUND,), "create it", **more)


def test_a_look_that_hangs_is_told_and_holds_nothing_up() -> None:
    began, never = time.monotonic(), threading.Event()
    found = examine([Look("the disk", never.wait, nothing, ""), look("the table")], within_s=0.3)
    assert time.monotonic() - began < 5
    assert found[0] == FOUND
    assert str(found[1]).startswith(
        "could not be looked at: the disk (the disk: no answer in 0.3 s) -> see to"
    )
    never.set()


def test_what_is_not_answered_is_one_finding() -> None:
    found = examine([look("a", NotObserved("AWS is away")), look("b", NotObserved("AWS is away, too"))])
    assert [one.what for one in found] == ["could not be looked at: a, b (a: AWS is away)"]


def test_all_that_is_denied_is_one_finding() -> None:
    denied = [look(name, NotAllowed("no", name)) for name in ("sqs:GetQueueUrl", "ecs:ListTasks")]
    found = examine(denied)
    assert [one.what for one in found] == ["the credentials do not allow ecs:ListTasks, sqs:GetQueueUrl"]


def test_credentials_that_are_not_taken_are_all_that_is_told() -> None:
    assert [one.what for one in examine([look("a", CredentialsEnded("expired")), look("b")])] == ["expired"]


def test_what_decides_is_all_that_is_told() -> None:
    assert examine([look("b"), look("a", decides=True)]) == (FOUND,)


def test_a_part_of_what_is_not_there_is_not_missed() -> None:
    gone = UnexpectedAnswer("there is none")
    found = examine([look("service", gone, part_of=("cluster",)), look("cluster", gone)])
    assert [str(one) for one in found] == ["cluster: there is none -> create it"]


def test_a_defect_of_the_doctors_own_is_raised() -> None:
    with pytest.raises(KeyError):
        examine([look("a", KeyError("TableName"))])


def test_every_look_has_a_name_of_its_own_and_is_part_of_one(deployment: Deployment) -> None:
    looks = checklist(deployment.platform())
    names = [each.subject for each in looks]
    assert len(set(names)) == len(names) > 15
    assert {whole for each in looks for whole in each.part_of} <= set(names)


def test_what_a_deployment_does_not_offer_is_not_looked_for(deployment: Deployment) -> None:
    deployment.client("ses").delete_identity(Identity="edit.preview.example")
    deployment.client("sqs").delete_queue(QueueUrl=deployment.made.queue_url)
    deployment.container("edit", linuxParameters={"initProcessEnabled": False})
    deployment.front.headers, deployment.front.health = {}, {}
    assert len(deployment.findings()) == 5
    offer_all_but(
        deployment, "mail", "queue-depth", "dead-letters", "task-kill", "named-answers", "request-echo"
    )
    assert deployment.findings() == ()


def offer_all_but(deployment: Deployment, *gone: str) -> None:
    """Have the profile claim the others."""
    deployment.settings["supports.extended"] = ",".join(set(Capability) - set(gone))


def test_where_a_queue_gives_up_is_nobodys_business_unless_dead_letters_are_offered(
    deployment: Deployment,
) -> None:
    sqs, url = deployment.client("sqs"), deployment.made.queue_url
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    sqs.delete_queue(QueueUrl=deployment.made.dead_letter_url)
    assert len(deployment.findings()) == 2, "it gives up into nowhere, and what lies there cannot be counted"
    offer_all_but(deployment, "dead-letters")
    assert deployment.findings() == ()


def test_mounted_workspaces_need_no_exec(deployment: Deployment) -> None:
    for service in ("edit", "hermes"):
        deployment.client("ecs").update_service(
            cluster="live-preview", service=service, enableExecuteCommand=False
        )
    assert len(deployment.findings()) == 2
    offer_all_but(deployment, "task-kill")
    assert len(deployment.findings()) == 1, "the suite would look into workspaces by ECS Exec"
    deployment.settings["workspace.mounted_at"] = "/workspace"
    assert deployment.findings() == ()


@pytest.mark.parametrize(
    ("version", "fit"), [("LATEST", True), ("1.4.0", True), ("1.3.0", False), ("2.0.0", True)]
)
def test_an_early_platform_version_has_no_exec(version: str, fit: bool) -> None:
    seen = ServiceSetup("edit", "ACTIVE", True, version, (Container("edit", True, False, (), (), 30),))
    found = list(services.unfit_service(seen, "edit", commanded=True, repeated=False, killed=True))
    assert [one.what for one in found] == (
        [] if fit else [f"service edit runs on platform version {version}, expected 1.4.0 or later"]
    )


def test_a_service_that_is_going_is_told() -> None:
    seen = ServiceSetup("edit", "DRAINING", True, "LATEST", (Container("edit", True, False, (), (), 30),))
    found = list(services.unfit_service(seen, "edit", commanded=True, repeated=False, killed=True))
    assert [str(one) for one in found] == ["service edit is DRAINING, expected ACTIVE -> create it anew"]


def test_a_profile_for_aws_says_whose_account_it_is(tmp_path: Path) -> None:
    profile = tmp_path / "aws.toml"
    text = PROFILE.with_name("aws.example.toml").read_text(encoding="utf-8").replace("<", "").replace(">", "")
    profile.write_text(text.replace('account = "111122223333"', ""), encoding="utf-8")
    account = checklist(Platform.of(read(profile).fill()))[0]
    assert [one.what for one in account.findings(None)] == [
        "the profile does not say whose account it is for"
    ]


def test_all_that_is_wrong_with_a_profile_is_told_before_anything_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def contacted(_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr("acceptance.run.diagnosis.examine", contacted)
    profile = tmp_path / "aws.toml"
    text = PROFILE.with_name("aws.example.toml").read_text(encoding="utf-8")
    profile.write_text(text.replace("[suite]", '[suite]\ncolour = "red"') + "\n[extra]\n", encoding="utf-8")
    assert main([str(profile)]) == 2
    told = capsys.readouterr().out
    assert "names.cluster = '<live-preview>' is not filled in -> put your deployment's own" in told
    assert "suite.colour is no setting -> remove it" in told
    assert "[extra] is no section -> remove it" in told
    assert f"{profile}: 11 findings" in told


def test_a_sandbox_has_to_be_named(tmp_path: Path) -> None:
    [unnamed] = diagnose(PROFILE, {})
    assert str(unnamed).startswith("it describes a sandbox -> name the running one with -D sandbox=URL")
    [absent] = diagnose(PROFILE, {"sandbox": "http://127.0.0.1:1/"})
    assert "connection refused" in absent.what
    nothing_in_it = tmp_path / "ca.pem"
    nothing_in_it.write_text("none", encoding="utf-8")
    profile = tmp_path / "aws.toml"
    text = PROFILE.with_name("aws.example.toml").read_text(encoding="utf-8").replace("<", "").replace(">", "")
    profile.write_text(text.replace('# ca_file = "ca.pem"', f'ca_file = "{nothing_in_it}"'), encoding="utf-8")
    [no_certificate] = diagnose(profile, {})
    assert "holds no certificate" in no_certificate.what


def test_a_sound_deployment_is_said_to_be(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acceptance.run.diagnosis.standing", lambda *_: deployment.platform())
    assert main([str(PROFILE)]) == 0
    assert f"{PROFILE}: nothing is wrong (" in capsys.readouterr().out
    deployment.front.outside_status = 200
    assert main([str(PROFILE)]) == 2
    assert "1 finding (" in capsys.readouterr().out
