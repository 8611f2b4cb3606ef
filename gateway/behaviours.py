"""How the simulated gateway can behave, as one table, and how it chooses for a payment.

The choice: the setting `sandbox_behaviour` if the message has one, else the decimals of the amount if the table has
them, else the seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from types import MappingProxyType

from gateway.errors import GatewayError
from gateway.messages import Result
from gateway.settings_text import Settings

CHOICE_SETTING = "sandbox_behaviour"


class UnknownBehaviour(GatewayError):
    """The setting names a behaviour that the table does not have; the text lists those that it has."""


class Moment(Enum):
    """When something is said by itself, counted from the `pay` request."""

    SOON = "soon"
    LATE = "late"
    """Meant to be after the period for payment processing."""


class Manner(Enum):
    """A reply without an answer in it."""

    ACCEPT = "202 without a body"
    UNAVAILABLE = "503"
    CUT = "the connection ends without a reply"
    REFUSE = "400"
    BUSY = "429"
    REDIRECT = "307 to itself"
    HANG = "503, after a time in which nobody waits any more"
    MALFORMED = "200 with a signed answer in which a field is missing"


@dataclass(frozen=True, slots=True)
class Saying:
    """One answer: what it says, and what is odd about it."""

    result: Result
    message: str = ""
    reference: int = 1
    """Answers of one attempt with different numbers have different gateway references."""
    extra_amount: int = 0
    """How much more than asked was taken, in whole units of the currency."""
    of_another_attempt: bool = False
    reference_of_others: bool = False
    """The gateway reference is one and the same for all attempts."""
    seconds_behind: int = 0
    """How far its timestamp lies in the past."""
    signed_wrongly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What is replied to `pay`, and what is said later by itself."""

    name: str
    decimals: str
    """The amount's decimals that choose it."""
    share: int = 0
    """Its share among those that the seed chooses from."""
    explanation: str
    reply: Saying | Manner
    later: tuple[tuple[Moment, Saying], ...] = ()
    reply_when_repeated: Saying | None = None
    """What a second `pay`, or a `status`, is told where the first reply was lost."""
    forgets: bool = False
    """A `status` is told that the attempt was never seen."""


_SUCCESS = Saying("success")
_DECLINED = Saying("failure", "The card was declined: insufficient funds.")
_PENDING = Saying("pending")

_ROWS = (
    Behaviour(
        name="success",
        decimals="00",
        share=40,
        explanation="succeeds in the reply",
        reply=_SUCCESS,
    ),
    Behaviour(
        name="decline",
        decimals="01",
        share=12,
        explanation="declines in the reply, with a message for the customer",
        reply=_DECLINED,
    ),
    Behaviour(
        name="success-later",
        decimals="02",
        share=20,
        explanation="accepts, then answers success soon",
        reply=Manner.ACCEPT,
        later=((Moment.SOON, _SUCCESS),),
    ),
    Behaviour(
        name="decline-later",
        decimals="03",
        share=6,
        explanation="accepts, then declines soon",
        reply=Manner.ACCEPT,
        later=((Moment.SOON, _DECLINED),),
    ),
    Behaviour(
        name="pending",
        decimals="04",
        share=6,
        explanation="says pending in the reply, then answers success soon",
        reply=_PENDING,
        later=((Moment.SOON, _SUCCESS),),
    ),
    Behaviour(
        name="late-success",
        decimals="05",
        share=4,
        explanation="accepts, then answers success late",
        reply=Manner.ACCEPT,
        later=((Moment.LATE, _SUCCESS),),
    ),
    Behaviour(
        name="late-decline",
        decimals="06",
        share=3,
        explanation="accepts, then declines late",
        reply=Manner.ACCEPT,
        later=((Moment.LATE, _DECLINED),),
    ),
    Behaviour(
        name="silent",
        decimals="07",
        share=2,
        explanation="accepts and never answers, not even when asked",
        reply=Manner.ACCEPT,
    ),
    Behaviour(
        name="twice",
        decimals="08",
        share=2,
        explanation="succeeds in the reply, then sends the same answer again",
        reply=_SUCCESS,
        later=((Moment.SOON, _SUCCESS),),
    ),
    Behaviour(
        name="second-charge",
        decimals="09",
        share=1,
        explanation="succeeds in the reply, then again with another gateway reference",
        reply=_SUCCESS,
        later=((Moment.SOON, Saying("success", reference=2)),),
    ),
    Behaviour(
        name="contradiction",
        decimals="10",
        share=1,
        explanation="succeeds in the reply, then answers failure",
        reply=_SUCCESS,
        later=((Moment.SOON, Saying("failure", "The payment was reversed.")),),
    ),
    Behaviour(
        name="unmatched",
        decimals="11",
        share=1,
        explanation="accepts, then answers success for an attempt that nobody made",
        reply=Manner.ACCEPT,
        later=((Moment.SOON, Saying("success", of_another_attempt=True)),),
    ),
    Behaviour(
        name="wrong-amount",
        decimals="12",
        share=1,
        explanation="succeeds in the reply with 1 more than was asked",
        reply=Saying("success", extra_amount=1),
    ),
    Behaviour(
        name="bad-signature",
        decimals="13",
        share=1,
        explanation="succeeds in the reply, wrongly signed",
        reply=Saying("success", signed_wrongly=True),
    ),
    Behaviour(
        name="refuse",
        decimals="14",
        explanation="refuses the request (400)",
        reply=Manner.REFUSE,
    ),
    Behaviour(
        name="down",
        decimals="15",
        explanation="is out of service (503), whatever is asked",
        reply=Manner.UNAVAILABLE,
    ),
    Behaviour(
        name="cut",
        decimals="16",
        explanation="cuts the connection instead of replying, whatever is asked",
        reply=Manner.CUT,
    ),
    Behaviour(
        name="cut-once",
        decimals="17",
        explanation="cuts the connection the first time, and succeeds when asked again",
        reply=Manner.CUT,
        reply_when_repeated=_SUCCESS,
    ),
    Behaviour(
        name="success-after-decline",
        decimals="18",
        explanation="declines in the reply, then answers success",
        reply=_DECLINED,
        later=((Moment.SOON, _SUCCESS),),
    ),
    Behaviour(
        name="bad-signature-later",
        decimals="19",
        explanation="accepts, then sends a success, wrongly signed, again and again",
        reply=Manner.ACCEPT,
        later=((Moment.SOON, Saying("success", signed_wrongly=True)),),
    ),
    Behaviour(
        name="wrong-attempt",
        decimals="20",
        explanation="replies with a success for an attempt that nobody made",
        reply=Saying("success", of_another_attempt=True),
    ),
    Behaviour(
        name="malformed",
        decimals="21",
        explanation="replies with an answer in which a field is missing",
        reply=Manner.MALFORMED,
    ),
    Behaviour(
        name="redirect",
        decimals="22",
        explanation="redirects the request (307), whatever is asked",
        reply=Manner.REDIRECT,
    ),
    Behaviour(
        name="busy-once",
        decimals="23",
        explanation="cannot take the request the first time (429), and succeeds when asked again",
        reply=Manner.BUSY,
        reply_when_repeated=_SUCCESS,
    ),
    Behaviour(
        name="hang-once",
        decimals="24",
        explanation="does not reply before the late time the first time, and succeeds when asked again",
        reply=Manner.HANG,
        reply_when_repeated=_SUCCESS,
    ),
    Behaviour(
        name="forgetful",
        decimals="25",
        explanation="accepts, says unknown when asked, then answers success late",
        reply=Manner.ACCEPT,
        later=((Moment.LATE, _SUCCESS),),
        forgets=True,
    ),
    Behaviour(
        name="reused-reference",
        decimals="26",
        explanation="succeeds in the reply, with one gateway reference for all attempts",
        reply=Saying("success", reference_of_others=True),
    ),
    Behaviour(
        name="wrong-clock",
        decimals="27",
        explanation="succeeds in the reply, with a timestamp of ten minutes ago",
        reply=Saying("success", seconds_behind=600),
    ),
)

BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType({row.name: row for row in _ROWS})
_BY_DECIMALS: Mapping[str, Behaviour] = MappingProxyType({row.decimals: row for row in _ROWS})


def chosen_behaviour(settings: Settings, amount: str, attempt_id: str, seed: int) -> Behaviour:
    """Return how the sandbox behaves for an attempt: always the same for the same arguments.

    Raises UnknownBehaviour if the setting names none of the table.
    """
    wished = settings.get(CHOICE_SETTING, "")
    if wished:
        if not isinstance(wished, str) or wished not in BEHAVIOURS:
            raise UnknownBehaviour(f"The setting {CHOICE_SETTING} is none of: {', '.join(BEHAVIOURS)}.")
        return BEHAVIOURS[wished]
    decimals = amount.partition(".")[2]
    by_amount = _BY_DECIMALS.get(decimals[:2].ljust(2, "0")) if decimals and not decimals[2:].strip("0") else None
    if by_amount is not None:
        return by_amount
    shares = [row.share for row in _ROWS]
    return Random(f"{seed} {attempt_id}").choices(_ROWS, shares)[0]  # noqa: S311 -- a choice to be repeated, no secret


def listing() -> str:
    """Return the table as text: decimals, name and explanation of each behaviour."""
    width = max(len(name) for name in BEHAVIOURS)
    lines = [f".{row.decimals}  {row.name:<{width}}  {row.explanation}" for row in _ROWS]
    return "\n".join(
        [
            f"Chosen by the setting {CHOICE_SETTING}, else by the amount's decimals, else by the seed:",
            *lines,
        ]
    )
