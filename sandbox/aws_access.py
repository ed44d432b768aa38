"""How a client reaches the sandbox's AWS API: its address, and keys that are accepted in one run alone."""

from __future__ import annotations

import functools
import secrets
import string
from dataclasses import dataclass
from typing import Any

import boto3

from sandbox.settings import REGION

ID_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Keys:
    """An access key in IAM's form: an id, and the secret that requests are signed with."""

    id: str
    secret: str

    @classmethod
    def create(cls) -> Keys:
        """Keys that nobody can guess: 80 bits in the id, 240 in the secret."""
        return cls("AKIA" + "".join(secrets.choice(ID_LETTERS) for _ in range(16)), secrets.token_urlsafe(30))


@dataclass(frozen=True)
class AwsAccess:
    """The API's URL, and the keys that it accepts."""

    endpoint: str
    keys: Keys

    def client(self, service: str) -> Any:
        """A boto3 client; for one thread at a time to make, for any to use."""
        return self._session.client(service, endpoint_url=self.endpoint)

    def environment(self) -> dict[str, str]:
        """The standard environment variables that point any AWS client at this API, and at nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.keys.id,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @functools.cached_property
    def _session(self) -> boto3.Session:
        # Explicit: the sandbox must not depend on, or disturb, the environment that it is started in.
        return boto3.Session(
            aws_access_key_id=self.keys.id, aws_secret_access_key=self.keys.secret, region_name=REGION
        )
