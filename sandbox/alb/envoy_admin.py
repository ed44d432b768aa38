"""What a running Envoy says about itself, over its admin interface."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux has this process's open files by number."""

_VERSION = re.compile(r'^(\S+)\.version_text: "(.*)"$', re.MULTILINE)


@dataclass(frozen=True)
class HostHealth:
    """What active health checks have found; a host counts as failed until its first check passes."""

    failed: bool
    timed_out: bool


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Connect, however long the path is."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        if not DESCRIPTORS.is_dir():
            self.sock.connect(str(self._path))
            return
        # A socket's address holds 107 bytes, a temporary folder's path may be longer.
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            self.sock.connect(str(DESCRIPTORS / str(folder) / self._path.name))
        finally:
            os.close(folder)


class EnvoyAdmin:
    """Reads Envoy's state. Every call raises OSError or http.client.HTTPException when Envoy does not answer."""

    def __init__(self, path: Path, timeout_s: float = 2.0) -> None:
        """`path` is that of its Unix socket."""
        self._path = path
        self._timeout_s = timeout_s

    def listener_ports(self) -> dict[str, int]:
        """The real port of each active listener, by name."""
        statuses = self._json("/listeners?format=json").get("listener_statuses", [])
        return {item["name"]: int(item["local_address"]["socket_address"]["port_value"]) for item in statuses}

    def hosts(self) -> dict[str, dict[tuple[str, int], HostHealth]]:
        """The hosts of each active cluster (one that is still warming up is absent)."""
        found: dict[str, dict[tuple[str, int], HostHealth]] = {}
        for cluster in self._json("/clusters?format=json").get("cluster_statuses", []):
            hosts = found.setdefault(cluster["name"], {})
            for host in cluster.get("host_statuses", []):
                where = host["address"]["socket_address"]
                flags = host.get("health_status", {})
                hosts[where["address"], int(where["port_value"])] = HostHealth(
                    failed=bool(flags.get("failed_active_health_check")),
                    timed_out=bool(flags.get("active_hc_timeout")),
                )
        return found

    def versions(self) -> dict[str, str]:
        """The version of the configuration in force, by statistics name without `.version_text`."""
        return dict(_VERSION.findall(self._text("/stats?filter=version_text")))

    def _json(self, path: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._text(path))
        return document

    def _text(self, path: str) -> str:
        connection = UnixConnection(self._path, self._timeout_s)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(
                f"Envoy admin {path}: expected 200, found {response.status}: {body}"
            )
        return body
