"""Dev servers that hang: a crash is seen by itself, a process that lives and answers nothing has to be asked."""

from __future__ import annotations

import asyncio

PINGS = 5
"""So many pings in a row must go without an answer, as for a whole task: one is soon lost on a busy machine."""
PING_LIMIT_S = 3.0
"""How long a dev server may take over an answer that costs it a millisecond."""
PAUSE_S = 1.0
"""Between an answer and the next ping. Silence has been a pause itself."""


async def until_it_hangs(host: str, port: int, path: str) -> None:
    """Ping the server there, and return once it hangs."""
    missed = 0
    while missed < PINGS:
        if await _keeps_silent(host, port, path):
            missed += 1
        else:
            missed = 0
            await asyncio.sleep(PAUSE_S)


async def _keeps_silent(host: str, port: int, path: str) -> bool:
    """Whether one ping ran into its limit. A refusal is no silence: the server starts anew, or has died."""
    try:
        async with asyncio.timeout(PING_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(
                    f"HEAD {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
                )
                await reader.read(1)
            finally:
                writer.close()
    except TimeoutError:
        return True
    except OSError:
        return False
    return False
