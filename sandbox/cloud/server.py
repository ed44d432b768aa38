"""AWS's control plane on this machine: moto's server on a loopback port."""

from __future__ import annotations

import logging
import os

# Before moto is imported: its EC2 would otherwise load a catalogue of machine images, for seconds.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from moto.core.base_backend import BackendDict
from moto.moto_server.threaded_moto_server import ThreadedMotoServer


class ControlPlane:
    """moto's server in this process. Its state belongs to the process: one control plane at a time."""

    def __init__(self) -> None:
        """Start it, empty, on a free port."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        BackendDict.reset()
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self.endpoint: str = "http://{}:{}".format(*self._server.get_host_and_port())

    def close(self) -> None:
        """Stop serving."""
        self._server.stop()
