"""The certificate authority of one run, and the load balancer's certificate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from sandbox.host.state import State


@dataclass(frozen=True)
class Authority:
    """PEM files: what clients trust, and what the load balancer presents for `localhost` and 127.0.0.1."""

    ca_file: Path
    certificate_file: Path
    key_file: Path

    @classmethod
    def create(cls, state: State) -> Authority:
        """Make an authority and one certificate, and write them below the state folder (keys with mode 0600)."""
        authority = cls(state.ca_file, state.envoy / "certificate.pem", state.envoy / "key.pem")
        ca = trustme.CA(organization_name="Live preview sandbox")
        certificate = ca.issue_cert("localhost", "127.0.0.1", "::1")
        authority.key_file.touch(mode=0o600)
        certificate.private_key_pem.write_to_path(authority.key_file)
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        authority.certificate_file.write_bytes(chain)
        ca.cert_pem.write_to_path(authority.ca_file)
        return authority
