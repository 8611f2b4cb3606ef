"""The last `pay` and the last `status` request of each attempt, field by field as they left, secrets masked.

All but the times and the URL for answers never changes, so a request is told from the records. Settings are told as
they are now; those that the schema masks, and all of the Static JSON, are not told at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.actors import Actor
from store.answers import Answer
from store.connectors import Connector
from store.errors import Problems
from store.payment_method import PaymentMethod
from store.payments import Attempt, Payment
from store.store import View

VERSION = "1"
HIDDEN = None
"""Stands for a value that is a secret."""
Fields = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request: when it left, of which attempt (from 1), and its fields with their values, None for a secret.

    `unreadable` tells why the names of its settings are missing, empty if they are there.
    """

    at: datetime
    attempt_number: int
    fields: Fields
    unreadable: str = ""


def sent_requests(view: View, by: Actor, payment: Payment, answers: Sequence[Answer]) -> tuple[SentRequest, ...]:
    """Return what is known of the requests of a payment, the newest first; the Static JSON is told to the root only."""
    found: list[SentRequest] = []
    for number, attempt in enumerate(payment.attempts, 1):
        delivery = attempt.delivery
        if delivery.pay_at is None and delivery.status_at is None:
            continue
        settings, unreadable = _settings(view, by, attempt)
        if delivery.pay_at is not None:
            fields = _pay(payment, attempt, delivery.pay_at)
            found.append(SentRequest(delivery.pay_at, number, (*fields, *settings), unreadable))
        if delivery.status_at is not None:
            fields = _status(attempt, delivery.status_at, answers)
            found.append(SentRequest(delivery.status_at, number, (*fields, *settings), unreadable))
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _pay(payment: Payment, attempt: Attempt, at: datetime) -> Fields:
    return (
        ("request", "pay"),
        ("version", VERSION),
        ("attempt_id", attempt.id),
        ("payment_id", str(payment.id)),
        ("payment_number", payment.number),
        ("account_id", str(payment.account_id)),
        ("amount", payment.total.text),
        ("currency", payment.total.currency),
        ("callback_url", attempt.delivery.callback_url),
        ("timestamp", _timestamp(at)),
    )


def _status(attempt: Attempt, at: datetime, answers: Sequence[Answer]) -> Fields:
    heard = [each for each in answers if each.attempt_id == attempt.id and each.received_at < at]
    references = (each.given.gateway_reference for each in reversed(heard))
    return (
        ("request", "status"),
        ("version", VERSION),
        ("attempt_id", attempt.id),
        ("gateway_reference", next((each for each in references if each), "")),
        ("timestamp", _timestamp(at)),
    )


def _settings(view: View, by: Actor, attempt: Attempt) -> tuple[Fields, str]:
    """Return the settings that a request has, and why they cannot be told, empty if they are."""
    from store.settings_schema import as_wire_text, merged_settings, parse_static  # noqa: PLC0415 - it is slow to load

    connector = view.get(Connector, attempt.connector_id)
    try:
        schema = connector.schema
        static = parse_static(connector.static_text, schema)
    except Problems as error:
        return (), str(error)
    own = view.get(PaymentMethod, attempt.method_id).settings
    secret = schema.masked_keys | static.keys()
    told: list[tuple[str, str | None]] = []
    for key, value in merged_settings(static, own, schema=schema).items():
        if by.at_root or key not in static:
            told.append((f"settings.{key}", HIDDEN if key in secret else as_wire_text(value)))
    return tuple(told), ""


def _timestamp(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"
