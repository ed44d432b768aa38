"""Profiles: typed, complete, and every mistake told at once."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from acceptance.config.profile import INFO_KEYS, read
from acceptance.waiting.errors import ConfigurationError
from sandbox.endpoints import Endpoints

SANDBOX = Path(__file__).resolve().parents[3] / "deployments" / "sandbox.toml"
EXAMPLE = SANDBOX.with_name("aws.example.toml")


@pytest.fixture
def info(tmp_path: Path) -> dict[str, object]:
    ca = tmp_path / "ca.pem"
    ca.write_text("certificate")
    return {
        "info_url": "http://127.0.0.1:1/",
        "preview_url": "https://localhost:8443",
        "http_url": "http://localhost:8080",
        "aws_endpoint": "http://127.0.0.1:5000",
        "region": "us-east-1",
        "access_key": "AKIA",
        "secret_key": "secret",
        "ca_file": str(ca),
        "workspace_root": "/tmp/x/workspace",
        "logs": "/tmp/x/logs",
        "mailbox": "customer-mail/inbox/",
        "timing": "instant",
        "idle_timeout_s": 4.0,
    }


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SANDBOX.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    copy = tmp_path / "profile.toml"
    copy.write_text(text, encoding="utf-8")
    return copy


def test_the_sandbox_profile_is_filled_from_its_info_document(info: dict[str, object]) -> None:
    profile = read(SANDBOX).fill(info)
    assert profile.addresses.preview_url == "https://localhost:8443"
    assert profile.timing.idle_timeout == timedelta(seconds=4)
    assert profile.workspace.root == "/tmp/x/workspace"
    assert profile.workspace.mounted_at is None


def test_placeholders_are_the_sandboxs_own_keys() -> None:
    assert {field.name for field in fields(Endpoints)} == INFO_KEYS


def test_the_multiplier_stretches_every_look_but_the_pause_between_two(info: dict[str, object]) -> None:
    plain, patient = read(SANDBOX).fill(info), read(SANDBOX, {"patience": "2", "keep": "never"}).fill(info)
    assert patient.patience.wake == 2 * plain.patience.wake
    assert patient.patience.poll == plain.patience.poll


def test_a_setting_on_the_command_line_replaces_the_files(info: dict[str, object]) -> None:
    profile = read(SANDBOX, {"workspace.mounted_at": "/mnt/w", "patience.mail_s": "77"}).fill(info)
    assert profile.workspace.mounted_at == Path("/mnt/w")
    assert profile.patience.mail == timedelta(seconds=77)


def test_all_mistakes_are_told_at_once_before_anything_starts(tmp_path: Path) -> None:
    file = edited(
        tmp_path,
        ('cluster = "live-preview"\n', 'klaster = "live-preview"\n'),
        ("wake_s = 90", 'wake_s = "soon"'),
        ("[logs]", "[budgets]\ncold_start_s = 60\n\n[logs]"),
        ("[suite]\nclient_prefix = ", '[suite]\nclient_prefix = "Not OK" #'),
        ("${preview_url}", "${preview}"),
        ('"{ready}"', '"ready"'),
    )
    with pytest.raises(ConfigurationError) as failure:
        read(file)
    told = str(failure.value)
    assert told.startswith(f"{file} cannot be used:")
    for expected in (
        "names.cluster is missing: add cluster",
        "names.klaster is no setting",
        "patience.wake_s = 'soon' is wrong: expected a number greater than 0",
        "[budgets] is no section: remove it",
        "suite.client_prefix = 'Not OK' is wrong",
        "${preview} is no placeholder",
        "sandbox.command names no ready file",
    ):
        assert expected in told


def test_values_that_come_from_the_sandbox_are_checked_too(info: dict[str, object]) -> None:
    wrong = {**info, "preview_url": "http://localhost:1/", "ca_file": "/no/such.pem"}
    del wrong["idle_timeout_s"]
    with pytest.raises(ConfigurationError) as failure:
        read(SANDBOX).fill(wrong)
    assert len(failure.value.problems) == 3


def test_a_patience_too_short_to_measure_a_late_start_is_refused(info: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="too short to measure a late start"):
        read(SANDBOX, {"patience.wake_s": "60"}).fill(info)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "many"])
def test_a_duration_must_be_one(value: str) -> None:
    with pytest.raises(ConfigurationError, match="greater than 0"):
        read(SANDBOX, {"patience.wake_s": value})


def test_a_setting_for_a_section_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=re.escape("there is no section [speed]")):
        read(SANDBOX, {"speed.x": "1"})


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_the_example_for_aws_has_the_sandboxs_keys_and_starts_nothing(tmp_path: Path) -> None:
    filled = tmp_path / "aws.toml"
    filled.write_text(EXAMPLE.read_text(encoding="utf-8").replace("<", "").replace(">", ""), encoding="utf-8")
    draft = read(filled)
    assert draft.command is None
    assert not draft.needs_info
    assert draft.fill().aws.endpoint is None
