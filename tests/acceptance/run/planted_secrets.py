"""Secrets as they may lie in logs and errors, for the tests that look for them in what a run writes."""

from __future__ import annotations

ACCOUNT = "210987654321"

SECRETS = {
    "token": "tok5Zk3v9QpLm",
    "password": "hunter2Zk3v9",
    "cookie": "AWSALBZk3v9 with space",
    "bearer": "bearZk3v9QpLmN77",
    "access key": "AKIAZK3V9QPLMN77XR21",
    "secret key": "wJalrXUtnFEMIZk3v9/bPxRfi",
    "url password": "urlpaZk3v9ss",
    "account": ACCOUNT,
}

PLANTED = "\n".join(
    (
        "planted:",
        f"wss://h/session/1/?token={SECRETS['token']}",
        f'{{"password": "{SECRETS["password"]}"}}',
        f"Set-Cookie: {SECRETS['cookie']}; Path=/",
        f"Authorization: Bearer {SECRETS['bearer']}",
        f"key {SECRETS['access key']}",
        f"aws_secret_access_key = {SECRETS['secret key']}",
        f"postgres://anna:{SECRETS['url password']}@db/x",
        f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/live/1, https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q",
        f"bucket{ACCOUNT}glued",
    )
)
"""Some of each kind of secret, as logs and errors have them; the last line only where the account is known."""
