"""The Edit container: `python -m sandbox.services.edit`. Ends with 0 on SIGTERM, 2 when its environment is wrong."""

from __future__ import annotations

import logging
import os
import sys

from .config import Config, ConfigError, Identity, read_config, read_identity
from .planning import Planner

log = logging.getLogger(__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        config = read_config(os.environ)
        planner = Planner()
        identity = read_identity(config.metadata_uri)
    except (ConfigError, OSError):
        log.exception("Edit cannot start")
        return 2
    serve(config, identity, planner)
    return 0


def serve(config: Config, identity: Identity, planner: Planner) -> None:
    """Answer on the task's address until told to stop; then end the previews."""
    import asyncio

    asyncio.run(_serve(config, identity, planner))


async def _serve(config: Config, identity: Identity, planner: Planner) -> None:
    import asyncio
    import signal

    from aiohttp import web

    from .activity import Activity
    from .control import application
    from .fence import in_force
    from .sessions import Sessions

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    activity = Activity(config.table, config.record_ttl_s)
    sessions = Sessions(config, identity, planner, activity)
    runner = web.AppRunner(application(sessions, identity), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, identity.address, config.port).start()
    log.info("the fence around each site's code: %s", in_force())
    log.info("Edit listens on %s:%d as %s", identity.address, config.port, identity.task_arn)
    await stop.wait()
    log.info("Edit was told to stop")
    await sessions.close_all()
    await runner.cleanup()
    activity.close()


if __name__ == "__main__":
    sys.exit(main())
