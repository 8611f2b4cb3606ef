"""How one request to a gateway can end: a closed set, told apart by what is known of it.

| outcome | what is known | what it means for the attempt |
|---|---|---|
| NeverLeft | no byte of the request was written | surely not reached |
| NoAnswer | it may have reached the gateway; nothing usable came back | we don't know |
| RefusedByGateway | the gateway got the request and says no to it (4xx but 408, 409, 425, 429) | refused |
| Accepted | the gateway took it (2xx, no body); the answer comes later | we wait |
| Answered | a verified answer for the attempt that was asked | the answer is judged |
| BadReply | 2xx with a wrong signature, attempt id or form | we don't know; `pay` is not repeated |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from gateway.messages import GatewayAnswer


class NotSent(StrEnum):
    """Why a request never left this machine."""

    URL = "url"
    """The Connector URL itself may not be used."""
    ADDRESS = "address"
    """It leads to an address where no gateway may be."""
    NAME = "name"
    """Its host name was not found."""
    CONNECT = "connect"
    """Nobody took the connection."""
    TLS = "tls"
    """Who took it could not prove to be the host."""
    TIME_OUT = "time_out"
    """There was no connection in time."""


class Unanswered(StrEnum):
    """Why there is no answer to a request that may have arrived."""

    TIME_OUT = "time_out"
    CUT = "cut"
    """The connection ended before the reply did, or what came was not HTTP."""
    REDIRECT = "redirect"
    """Redirects are never followed."""
    NOT_NOW = "not_now"
    """408, 409, 425 or 429."""
    SERVER_ERROR = "server_error"
    """5xx, or a status that HTTP does not know."""


class ReplyFault(StrEnum):
    """What is wrong with a reply."""

    FORM = "form"
    SIGNATURE = "signature"
    ATTEMPT_ID = "attempt_id"


@dataclass(frozen=True, slots=True)
class NeverLeft:
    """No byte of the request was written; `reason` is a sentence for the operator."""

    why: NotSent
    reason: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request may have reached the gateway; `http_status` is None if no reply began."""

    why: Unanswered
    reason: str
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class RefusedByGateway:
    """The gateway refused the request. What it wrote is not kept: it is not signed and may repeat our secrets."""

    http_status: int

    @property
    def reason(self) -> str:
        """The outcome as a sentence for the operator."""
        return f"The gateway refused the request ({self.http_status})."


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took the request and has not answered yet."""

    http_status: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply is an answer, signed with the key at `key_place` of those given."""

    answer: GatewayAnswer
    key_place: int


@dataclass(frozen=True, slots=True)
class BadReply:
    """The reply is no answer; `reason` is a sentence for the operator, `raw` what came: not to be shown unmasked."""

    why: ReplyFault
    reason: str
    http_status: int
    raw: bytes = field(default=b"", repr=False, compare=False)


Outcome: TypeAlias = NeverLeft | NoAnswer | RefusedByGateway | Accepted | Answered | BadReply

OUTCOME_CODES: Mapping[type[Outcome], str] = MappingProxyType(
    {
        NeverLeft: "never_left",
        NoAnswer: "no_answer",
        RefusedByGateway: "refused",
        Accepted: "accepted",
        Answered: "answered",
        BadReply: "bad_reply",
    }
)
"""Each outcome's name in the log and the metrics."""

NOT_NOW = frozenset({408, 409, 425, 429})


def without_reply(http_status: int) -> NoAnswer | RefusedByGateway | None:
    """Return the outcome that an HTTP status alone decides, or None for 2xx, whose reply must be read."""
    if 200 <= http_status < 300:
        return None
    if 300 <= http_status < 400:
        return NoAnswer(Unanswered.REDIRECT, "The gateway redirects; redirects are not followed.", http_status)
    if http_status in NOT_NOW:
        return NoAnswer(Unanswered.NOT_NOW, f"The gateway cannot take the request now ({http_status}).", http_status)
    if 400 <= http_status < 500:
        return RefusedByGateway(http_status)
    return NoAnswer(Unanswered.SERVER_ERROR, f"The gateway failed ({http_status}).", http_status)
