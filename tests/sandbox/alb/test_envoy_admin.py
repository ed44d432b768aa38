"""Envoy is asked over a socket in the state folder, wherever that lies."""

from __future__ import annotations

import os
import socketserver
import threading
from pathlib import Path

import pytest

from sandbox.alb.envoy_admin import DESCRIPTORS, EnvoyAdmin


class Answers(socketserver.StreamRequestHandler):
    """One version in force."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b'HTTP/1.0 200 OK\r\n\r\ncluster_manager.cds.version_text: "abc"\n')


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="elsewhere a path has to be short")
@pytest.mark.parametrize("folder", ["a", "ü b" * 60])
def test_its_path_may_be_longer_than_a_sockets_address(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    descriptor = os.open(place, os.O_RDONLY)
    server = socketserver.ThreadingUnixStreamServer(str(DESCRIPTORS / str(descriptor) / "admin"), Answers)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        assert EnvoyAdmin(place / "admin").versions() == {"cluster_manager.cds": "abc"}
    finally:
        server.shutdown()
        server.server_close()
        os.close(descriptor)
