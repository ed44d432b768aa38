"""Hermes' entry: health first, then the lease, then the work; SIGTERM ends it."""

from __future__ import annotations

import logging
import os
import signal
import sys

from sandbox.services.hermes.config import Config, own_task
from sandbox.services.hermes.health import HealthServer


def main() -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    # Before any thread starts, so that the signal reaches nobody but `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    config = Config.of(os.environ)
    task = own_task(os.environ["ECS_CONTAINER_METADATA_URI_V4"])
    health = HealthServer((task.address, config.port), task.arn)

    # The AWS library takes a third of a second to load: health is answered meanwhile.
    from sandbox.services.hermes.orchestrator import Orchestrator

    hermes = Orchestrator(config, task.arn)
    health.leader = hermes.leads
    hermes.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    hermes.stop()
    return 1 if hermes.broken else 0


if __name__ == "__main__":
    sys.exit(main())
