"""Looks names up with a thread for each look-up, which nothing waits for.

A name server that does not answer holds a look-up for half a minute. In the event loop's own threads a few of them
would hold up the store's work, and with it every other gateway and the end of the program.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Found = list[tuple[Any, Any, int, str, tuple[Any, ...]]]
"""What `getaddrinfo` gives."""


class SystemResolver(AbstractResolver):
    """The system's resolver, `getaddrinfo`."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError if it is not found, UnicodeError if it is no name."""
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        threading.Thread(target=_look_up, args=(found, host, port, family), name="lookup", daemon=True).start()
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in await found
        ]

    async def close(self) -> None:
        """Do nothing: look-ups under way end by themselves."""


def _look_up(found: asyncio.Future[Found], host: str, port: int, family: socket.AddressFamily) -> None:
    loop = found.get_loop()
    result: Found | OSError | UnicodeError
    try:
        result = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as error:
        result = error
    with suppress(RuntimeError):  # the loop has ended first
        loop.call_soon_threadsafe(_tell, found, result)


def _tell(found: asyncio.Future[Found], result: Found | OSError | UnicodeError) -> None:
    if found.done():
        return
    if isinstance(result, Exception):
        found.set_exception(result)
    else:
        found.set_result(result)
