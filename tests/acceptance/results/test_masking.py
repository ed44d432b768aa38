"""Secrets of every form are masked, nothing else is, and masking twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.results import masking
from acceptance.results.masking import hide, mask, mask_file, masked

ACCOUNT = "210987654321"


@pytest.fixture
def forget_hidden() -> Iterator[None]:
    """What a test hides is hidden in that test only."""
    before = set(masking._hidden)
    yield
    masking._hidden.clear()
    masking._hidden.update(before)
    masking._short.cache_clear()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wss://h/s/?token=abcDEF123", "wss://h/s/?token=***"),
        ('const wsToken = "9ypbr48Hxpk4";', 'const wsToken = "***";'),
        ('{"tokenValue": "AAEAAQ=="}', '{"tokenValue": "***"}'),
        ('{"text": "{\\"password\\": \\"abcde\\"}"}', '{"text": "{\\"password\\": \\"***\\"}"}'),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "AWS_SECRET_ACCESS_KEY=***"),
        ("password: hunter2,really", "password: ***"),
        ('"?token=abcDEF\\n{\\"a\\": 1}"', '"?token=***\\n{\\"a\\": 1}"'),
        ("postgres://anna:pa55w0rd@db/x", "postgres://anna:***@db/x"),
        ("Authorization: Bearer eyJhbGciOi", "Authorization: Bearer ***"),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=A/B, Signature=c\nHost: x",
            "Authorization: ***\nHost: x",
        ),
        ('Cookie: AWSALB=a b; c="d e"; f\nHost: x', "Cookie: ***\nHost: x"),
        ("{'Set-Cookie': 'AWSALB=abc; Path=/', 'x': 'y'}", "{'Set-Cookie': '***', 'x': 'y'}"),
        ("('cookie', 'a=b c')", "('cookie', '***')"),
        ("b'GET /\\r\\nCookie: a=b; c\\r\\nHost: x'", "b'GET /\\r\\nCookie: ***\\r\\nHost: x'"),
        ("key AKIAIOSFODNN7EXAMPLE", "key AKIAIOSF***"),
        ("https://s3/x?X-Amz-Signature=0a1b2c&a=b", "https://s3/x?X-Amz-Signature=***&a=b"),
        ("saw eyJhbGciOiJI.eyJzdWIiOi.SflKxw", "saw ***"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA",
        ),
        (f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/live/abc", "arn:aws:ecs:eu-west-1:***:task/live/abc"),
        (f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q", "https://sqs.eu-west-1.amazonaws.com/***/q"),
        (f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/x", "***.dkr.ecr.eu-west-1.amazonaws.com/x"),
        (f"https://{ACCOUNT}.signin.aws.amazon.com/", "https://***.signin.aws.amazon.com/"),
        (f"cdk-assets-{ACCOUNT}-eu-west-1", "cdk-assets-***-eu-west-1"),
    ],
)
def test_a_secret_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown
    assert mask("x" * 300 + f"\n{text}") == "x" * 300 + f"\n{shown}"


@pytest.mark.parametrize(
    "text",
    [
        "the session s-3f is active",
        "1d2f3a4b-aaaa-4bbb-8ccc-123456789012",
        "at 1763912345678 ms, 123456789012.5 of them",
        "https://127.0.0.1:8443/session/0a3eb04e/ for anna@customers.example",
        "the key: value table keeps the secret: no",
        "5 tokens were given",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_a_member_whose_name_says_that_it_is_secret_is_masked_whatever_it_is() -> None:
    document = {
        "wsToken": "x",
        "deep": [{"password": "y z", "n": 1, "port": "80"}],
        "Cookie": "",
        "keys": ["a"],
    }
    assert masked(document) == {
        "wsToken": "***",
        "deep": [{"password": "***", "n": 1, "port": "80"}],
        "Cookie": "",
        "keys": ["a"],
    }


@pytest.mark.usefixtures("forget_hidden")
def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    glued = f"bucket{ACCOUNT}x"
    assert mask(glued) == glued
    hide(ACCOUNT)
    assert mask(glued) == "bucket***x"
    hide("sandbox")
    assert mask("the sandbox is up") == "the sandbox is up"


def test_a_file_that_somebody_else_wrote_is_masked_in_place(tmp_path: Path) -> None:
    log = tmp_path / "deployment.log"
    log.write_text(f"ready\ntoken=abcdefgh\narn:aws:sqs:eu-west-1:{ACCOUNT}:q\n", encoding="utf-8")
    mask_file(log)
    assert log.read_text(encoding="utf-8") == "ready\ntoken=***\narn:aws:sqs:eu-west-1:***:q\n"
    mask_file(tmp_path / "none")
    assert [file.name for file in tmp_path.iterdir()] == ["deployment.log"]
