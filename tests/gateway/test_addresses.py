"""The address that a socket is opened to."""

import socket
from typing import Any

import pytest
from aiohttp.abc import ResolveResult

from gateway.addresses import AddressRefused, GatewayResolver, check_address, checked_socket


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "::ffff:0.0.0.0"])  # noqa: S104 -- refused here
def test_no_socket_is_made_for_an_address_that_no_gateway_may_have(address: str) -> None:
    with pytest.raises(AddressRefused, match="no gateway may be there"):
        check_address(address)
    with pytest.raises(AddressRefused):
        checked_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443)))


def test_a_socket_is_made_for_any_other() -> None:
    made = checked_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443)))
    assert made.family is socket.AF_INET
    made.close()


class NameServer:
    """Says what it was told to say, as the system's resolver does."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def resolver_that_hears(*addresses: str) -> GatewayResolver:
    resolver = GatewayResolver()
    system: Any = NameServer(*addresses)
    resolver._system = system
    return resolver


async def test_localhost_is_this_machine_whatever_a_name_server_says() -> None:
    resolver = resolver_that_hears("10.0.0.1")
    assert [each["host"] for each in await resolver.resolve("LocalHost", 1, socket.AF_UNSPEC)] == ["127.0.0.1", "::1"]
    assert [each["host"] for each in await resolver.resolve("localhost", 1, socket.AF_INET)] == ["127.0.0.1"]


async def test_refused_addresses_of_a_name_are_left_out() -> None:
    resolver = resolver_that_hears("169.254.169.254", "10.0.0.1")
    assert [each["host"] for each in await resolver.resolve("gateway.example")] == ["10.0.0.1"]


async def test_a_name_with_refused_addresses_only_is_refused() -> None:
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254 is a link-local address"):
        await resolver_that_hears("169.254.169.254", "fe80::1").resolve("gateway.example")


async def test_a_name_that_cannot_be_written_for_a_name_server_is_not_found() -> None:
    with pytest.raises(OSError, match="cannot be looked up"):
        await GatewayResolver().resolve("a" * 64 + ".example", 443)
