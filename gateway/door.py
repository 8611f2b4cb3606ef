"""Who may connect to a port, and how long each may take: nobody outside can hold it up for the others.

A peer that connects too often, sends its header too slowly or too long, or does not take its response is let go. What
it had sent was not acknowledged, so an honest one sends it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from gateway.log import EventLog

TOLD_EVERY_SECONDS = 1.0
"""Connections that were ended are told with their number, so that a flood of them is none of log lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What one port takes. A peer is an IPv4 address or an IPv6 /64; peers on this machine, as a proxy, have no limit.

    `head_seconds` from connecting to the end of the first header, `idle_seconds` from a response to the end of the next
    header, `request_seconds` from the end of a header to the end of its response. Where there is no room, the
    connection gives way that has waited longest for a header, if that is `gives_way_after_seconds` or more.
    """

    connections: int = 512
    connections_of_one_peer: int = 64
    head_seconds: float = 10.0
    idle_seconds: float = 30.0
    request_seconds: float = 60.0
    head_bytes: int = 16 * 1024
    gives_way_after_seconds: float = 1.0


class Ended(StrEnum):
    """Why a connection was ended by us; the value is its name in the log and the metrics."""

    FULL = "full"
    """There were as many connections as may be."""
    FULL_OF_ONE_PEER = "full_of_one_peer"
    """This peer had as many as one may have."""
    GAVE_WAY = "gave_way"
    """It sent nothing whole, and another one needed the room."""
    SLOW_HEAD = "slow_head"
    LARGE_HEAD = "large_head"
    SLOW_REQUEST = "slow_request"


def peer_of(address: str) -> str:
    """Return whose connections are counted together, empty for this machine and for what is no IP address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return "" if found.is_loopback else f"{found.exploded[:19]}::/64"
        found = found.ipv4_mapped
    return "" if found.is_loopback else str(found)


class Guest(Protocol):
    """A connection that may be asked to give way."""

    def give_way(self) -> None:
        """Close at once, and be counted as closed."""


class Door:
    """The connections of one port, and those that were ended. To be used in one event loop."""

    def __init__(self, limits: DoorLimits, log: EventLog, port: str) -> None:
        self.limits = limits
        self.port = port
        self.open = 0
        self.turned_away = 0
        """Connections that found no room and are still being told so."""
        self._waiting: dict[Guest, float] = {}
        """Since when connections wait for a header, those that wait longest first."""
        self._log = log
        self._of_peer: Counter[str] = Counter()
        self._ended: Counter[Ended] = Counter()

    def enter(self, peer: str, now: float) -> Ended | None:
        """Count a connection of a peer, or say why there is no room for it. `now`, in seconds, is of any clock."""
        # First: whoever has too many already must not put others out.
        if peer and self._of_peer[peer] >= self.limits.connections_of_one_peer:
            return Ended.FULL_OF_ONE_PEER
        if self.open >= self.limits.connections and not self._make_room(now):
            return Ended.FULL
        self.open += 1
        self._of_peer[peer] += 1
        return None

    def leave(self, peer: str) -> None:
        """Count a connection that had entered as closed."""
        self.open -= 1
        self._of_peer[peer] -= 1
        if not self._of_peer[peer]:
            del self._of_peer[peer]

    def wait(self, guest: Guest, now: float) -> None:
        """Note that a connection waits for a header from now on."""
        self._waiting.pop(guest, None)
        self._waiting[guest] = now

    def wait_no_more(self, guest: Guest) -> None:
        """Note that a connection has what it waited for, or is closed."""
        self._waiting.pop(guest, None)

    def _make_room(self, now: float) -> bool:
        guest, since = next(iter(self._waiting.items()), (None, now))
        if guest is None or now - since < self.limits.gives_way_after_seconds:
            return False
        self.note(Ended.GAVE_WAY)
        guest.give_way()
        return True

    def note(self, why: Ended) -> None:
        """Have it told, within a second, that a connection was ended."""
        if not self._ended:
            asyncio.get_running_loop().call_later(TOLD_EVERY_SECONDS, self.tell)
        self._ended[why] += 1

    def tell(self) -> None:
        """Tell how many connections were ended since this was told last."""
        for why, count in self._ended.items():
            self._log.write("connections ended", port=self.port, reason=why.value, count=count)
        self._ended.clear()
