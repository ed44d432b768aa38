"""The Edit container: `python -m sandbox.services.edit`. Ends with 0 on SIGTERM, 2 when its environment is wrong."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from .config import Config, ConfigError, Identity, read_config, read_identity
from .planning import Planner
from .preview import NodeProcess

log = logging.getLogger(__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        config = read_config(os.environ)
        planner = Planner()
        # Node and Astro take as long to load as the rest of this service does: both at once.
        spare = NodeProcess(config.node, config.node_modules, Path.cwd())
        identity = read_identity(config.metadata_uri)
    except (ConfigError, OSError):
        log.exception("Edit cannot start")
        return 2
    serve(config, identity, planner, spare)
    return 0


def serve(config: Config, identity: Identity, planner: Planner, spare: NodeProcess) -> None:
    """Answer on the task's address until told to stop; then end the previews."""
    import asyncio

    asyncio.run(_serve(config, identity, planner, spare))


async def _serve(config: Config, identity: Identity, planner: Planner, spare: NodeProcess) -> None:
    import asyncio
    import signal

    from aiohttp import web

    from .activity import Activity
    from .control import application
    from .sessions import Sessions

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    activity = Activity(config.table, config.record_ttl_s)
    sessions = Sessions(config, identity, planner, activity, spare)
    runner = web.AppRunner(application(sessions, identity), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, identity.address, config.port).start()
    log.info("Edit listens on %s:%d as %s", identity.address, config.port, identity.task_arn)
    await stop.wait()
    log.info("Edit was told to stop")
    await sessions.close_all()
    await runner.cleanup()
    activity.close()


if __name__ == "__main__":
    sys.exit(main())
