"""Messages that were not believed: the last 100 of each connector, with secrets masked, and how many there were.

What is kept was masked by whoever received it, with the texts of `secret_texts`; nothing is decided on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from tinydb import where

from store.actors import Actor
from store.answers import Origin
from store.connectors import Connector
from store.errors import NotFound, Problems
from store.gateway_watch import watch_of
from store.payment_method import PaymentMethod
from store.records import Record

if TYPE_CHECKING:
    from store.store import Transaction, View

KEPT_OF_EACH = 100
"""How many refused messages of a connector are kept, the newest."""
SHORTEST_SECRET = 4
"""A shorter value is masked nowhere: it stands in half of all texts, and its gaps would tell it."""


class RefusedMessage(Record, frozen=True, kw_only=True):
    """A message as far as it may be shown: `body` and `reason` are masked, and the body is cut.

    `status` is what it was answered with, None for a reply to a request of ours. `peer` is the address that sent it,
    empty for a reply. `attempt_id` is the one that it names, if that could be read. `size_bytes` is that of the body as
    far as it was read.
    """

    TABLE: ClassVar[str] = "refused_messages"
    WORD: ClassVar[str] = "refused message"

    connector_id: int
    at: datetime
    origin: Origin
    status: int | None
    reason: str
    body: str = ""
    size_bytes: int = 0
    attempt_id: str = ""
    peer: str = ""


def keep(tx: Transaction, connector_id: int, messages: Sequence[RefusedMessage], *, count: int) -> None:
    """Keep the newest refused messages of a connector and let the oldest go; `count` more were refused in all.

    The ids of `messages` are given here. Nothing is kept for a connector that is not there.
    """
    if not tx.holds(Connector, connector_id):
        return
    newest = messages[-KEPT_OF_EACH:]
    before = _kept(tx, connector_id)
    for each in before[: max(0, len(before) + len(newest) - KEPT_OF_EACH)]:
        tx.remove(each)
    for each in newest:
        tx.put(replace(each, id=tx.next_id(RefusedMessage), connector_id=connector_id))
    watch = watch_of(tx, connector_id)
    last_at = max((each.at for each in newest), default=tx.now)
    tx.put(replace(watch, refused=watch.refused + count, last_refused_at=last_at))


def refused_of(view: View, by: Actor, connector_id: int | None = None) -> list[RefusedMessage]:
    """Return the kept messages of a connector, or of all, the newest first.

    Raises NotPermitted below the root reseller, NotFound for a connector that never was there.
    """
    by.need_root("Refused messages")
    if connector_id is None:
        found = list(view.all(RefusedMessage))
    elif view.holds(Connector, connector_id):
        found = _kept(view, connector_id)
    else:
        raise NotFound(Connector.WORD, connector_id)
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def secret_texts(view: View, connector: Connector) -> frozenset[str]:
    """Return every text that is a secret between us and a gateway: keys, masked settings, values of Static JSON."""
    from store.settings_schema import parse_static  # noqa: PLC0415 - a store is opened, and shown, without it

    found = {connector.shared_key, connector.previous_key}
    try:
        schema = connector.schema
        masked = schema.masked_keys
        found.update(_leaves(parse_static(connector.static_text, schema)))
    except Problems:
        # A schema that cannot be read tells nothing, so every setting counts as a secret.
        masked = None
    for method in view.search(PaymentMethod, where("connector_id") == connector.id):
        found.update(_leaves({key: each for key, each in method.settings.items() if masked is None or key in masked}))
    return frozenset(each for each in found if len(each) >= SHORTEST_SECRET)


def _kept(view: View, connector_id: int) -> list[RefusedMessage]:
    return view.search(RefusedMessage, where("connector_id") == connector_id)


def _leaves(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int() | float():
            yield str(value)
        case Mapping():
            for each in value.values():
                yield from _leaves(each)
        case list() | tuple():
            for each in value:
                yield from _leaves(each)
