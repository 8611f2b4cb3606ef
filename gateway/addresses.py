"""Where a request may go: the address a socket is opened to is checked, whatever the URL or a resolver says.

The check of a Connector URL's text is the store's (`store.connector_url`) and can be had from here too.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.lookups import SystemResolver
from store.connector_url import check_connector_url, is_loopback_host, refused_address

__all__ = [
    "AddressRefused",
    "GatewayResolver",
    "check_address",
    "check_connector_url",
    "checked_socket",
    "is_loopback_host",
]


class AddressRefused(OSError):
    """No gateway may be at this address; no connection was opened. An OSError, since it ends a connect."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"{address} is {reason}; no gateway may be there.")


def check_address(address: str) -> None:
    """Raise AddressRefused for an IP address that is link-local, multicast or unspecified."""
    reason = refused_address(ip_address(address))
    if reason is not None:
        raise AddressRefused(address, reason)


def checked_socket(facts: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
    """Return a new socket for the address about to be connected to (`facts` as `getaddrinfo` gives them).

    This is the last word, for literal addresses as well as for resolved ones. Raises AddressRefused.
    """
    family, kind, protocol, _, address = facts
    check_address(address[0])
    return socket.socket(family, kind, protocol)


class GatewayResolver(AbstractResolver):
    """Resolves a gateway's name, without the addresses that no gateway may have.

    `localhost` is this machine and nobody is asked about it: a name server must not move it elsewhere.
    """

    def __init__(self) -> None:
        self._system: AbstractResolver = SystemResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError if there are none, AddressRefused if none may be used."""
        if host.lower() == "localhost":
            return _loopback(host, port, family)
        try:
            results = await self._system.resolve(host, port, family)
        except UnicodeError as error:
            raise OSError(f"{host!a} cannot be looked up: {error}.") from None
        allowed = [each for each in results if refused_address(ip_address(each["host"])) is None]
        if results and not allowed:
            check_address(results[0]["host"])
        return allowed

    async def close(self) -> None:
        """Let go of the system's resolver."""
        await self._system.close()


def _loopback(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    addresses = [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
    return [
        ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
        for address, kind in addresses
        if family in {kind, socket.AF_UNSPEC}
    ]
