"""A profile of this project, filled as by a sandbox that nobody has started."""

from __future__ import annotations

from pathlib import Path

from acceptance.config.profile import Profile, read

DEPLOYMENTS = Path(__file__).resolve().parents[1] / "deployments"


def filled(folder: Path, file: str = "sandbox.toml") -> Profile:
    """The profile in that file; `folder` takes the certificate that it names."""
    ca_file = folder / "ca.pem"
    ca_file.write_text("a certificate")
    names = ("info_url", "aws_endpoint", "access_key", "secret_key", "logs", "mailbox", "timing")
    info: dict[str, object] = {
        **dict.fromkeys(names, "x"),
        "preview_url": "https://localhost:1",
        "http_url": "http://localhost:2",
        "region": "us-east-1",
        "ca_file": str(ca_file),
        "workspace_root": "/workspace",
        "idle_timeout_s": 4.0,
    }
    return read(DEPLOYMENTS / file).fill(info)
