"""Stand-ins for the platform's servers: real HTTP, TLS and WebSockets on loopback, answers as the test says."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def serving(handler: Handler, *, authority: trustme.CA | None = None) -> Iterator[str]:
    """An HTTP server whose every request goes to `handler`; yields its origin. With an authority it speaks TLS."""
    loop = asyncio.new_event_loop()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    secure = None
    if authority is not None:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(secure)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secure)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield f"{'https' if secure else 'http'}://localhost:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def authority_file(authority: trustme.CA, folder: Path) -> Path:
    """The authority's certificate as a PEM file."""
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file
