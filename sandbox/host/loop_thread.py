"""aiohttp servers on an event loop of their own, beside the threads of the sandbox process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from sandbox.host.parts import Parts

T = TypeVar("T")


class LoopThread:
    """An event loop in a daemon thread. Made running; `stop` ends its servers and its tasks."""

    def __init__(self, part: str, parts: Parts) -> None:
        """`parts` hears of it, by the name `part`, should it end by itself."""
        self.loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = parts.thread(part, self.loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run `work` on the loop and wait for its result; for other threads than the loop's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def serve(self, app: web.Application) -> int:
        """Serve an application on a free loopback port; returns the port."""
        return self.run(self._serve(app), 10)

    def stop(self) -> None:
        """Close the servers, cancel what still runs and end the thread; again is no error."""
        if not self._thread.is_alive():
            return
        self.run(self._close(), 10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _serve(self, app: web.Application) -> int:
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    async def _close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
