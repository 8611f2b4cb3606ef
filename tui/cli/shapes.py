"""What `--json` writes of each kind of record. Programs outside rely on these names: they are added to, never changed.

Ids are integers, but those of attempts and answers are strings; amounts are strings, times RFC 3339 in UTC; null where
there is nothing. No shape holds a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import accounts, connectors
from store.connectors import Connector
from store.payment_method import INTEGRATION_TYPE
from store.settings_schema import parse_static
from store.shapes import Shape, attempt, history_line, moment, payment, payment_whole, problems
from store.states import explain

if TYPE_CHECKING:
    from decimal import Decimal

    from store.accounts import Account, BalanceTransaction
    from store.action_log import LogLine
    from store.answers import Answer
    from store.managers import Manager
    from store.payment_method import PaymentMethod
    from store.payments import Payment
    from store.resellers import Reseller
    from store.store import View
    from store.tokens import Token

__all__ = [
    "CHARGE_COLUMNS",
    "Shape",
    "account",
    "account_whole",
    "answer",
    "answer_whole",
    "attempt",
    "charge",
    "connector",
    "connector_whole",
    "history_line",
    "log_line",
    "manager",
    "method",
    "payment",
    "payment_explained",
    "payment_whole",
    "problems",
    "reseller",
    "token",
]

CHARGE_COLUMNS = (
    "id",
    "received_at",
    "connector_id",
    "gateway_reference",
    "amount",
    "currency",
    "place",
    "rule",
    "payment_id",
    "payment_number",
    "attempt_id",
    "same_as",
    "transaction_id",
)
"""What is told of a charge, in the order in which a gateway's statement is reconciled."""


def connector(view: View, of: Connector) -> Shape:
    """Return a connector as lists show it; its keys and its Static JSON are not in it."""
    return {
        "id": of.id,
        "name": of.name,
        "url": of.url,
        "period_minutes": _number(of.period_minutes),
        "instances": connectors.instances_of(view, of.id),
        "version": of.version,
        "created_at": moment(of.created_at),
        "deleted_at": moment(of.deleted_at),
    }


def connector_whole(view: View, of: Connector) -> Shape:
    """Return a connector with its JSON Schema as typed and the names, not the values, of its Static JSON."""
    grace = of.previous_key_until if len(of.keys_at(view.now)) > 1 else None
    return connector(view, of) | {
        "json_schema": of.schema_text,
        "settings": [
            {"key": each.key, "label": each.label, "type": each.kind.value, "required": each.required}
            for each in of.schema.fields
        ],
        "static_keys": list(parse_static(of.static_text, of.schema)),
        "previous_key_until": moment(grace),
        "methods": [each.id for each in connectors.methods_of(view, of.id)],
    }


def method(view: View, of: PaymentMethod) -> Shape:
    """Return a payment method; of settings that are secrets only the names, in `masked_settings`."""
    based_on = view.get(Connector, of.connector_id)
    masked = based_on.schema.masked_keys
    return {
        "id": of.id,
        "name": of.name,
        "enabled": of.enabled,
        "integration_type": INTEGRATION_TYPE,
        "connector_id": of.connector_id,
        "connector_name": based_on.name,
        "settings": {key: value for key, value in of.settings.items() if key not in masked},
        "masked_settings": [key for key in of.settings if key in masked],
        "description": of.description,
        "reseller_id": of.reseller_id,
        "version": of.version,
        "created_at": moment(of.created_at),
        "deleted_at": moment(of.deleted_at),
    }


def account(of: Account) -> Shape:
    """Return an account as lists show it."""
    return {
        "id": of.id,
        "name": of.name,
        "reseller_id": of.reseller_id,
        "currency": of.currency,
        "balance": of.balance.text,
        "version": of.version,
        "created_at": moment(of.created_at),
    }


def account_whole(view: View, of: Account) -> Shape:
    """Return an account with its book, the oldest line first."""
    return account(of) | {"transactions": [transaction(each) for each in accounts.book_of(view, of.id)]}


def payment_explained(of: Payment) -> Shape:
    """Return a payment's history, each line with what its rule says."""
    return {
        "id": of.id,
        "number": of.number,
        "status": of.status.value,
        "history": [history_line(each) | {"says": explain(each.rule)} for each in of.history],
    }


def answer(of: Answer) -> Shape:
    """Return an answer as the inbox lists it; `attempt_id` is the one it was judged for, else the one it names."""
    amount = of.given.amount
    return {
        "id": of.code,
        "reason": of.rule,
        "attempt_id": of.attempt_id or of.given.attempt_id,
        "received_at": moment(of.received_at),
        "connector_id": of.given.connector_id,
        "payment_id": of.payment_id,
        "result": of.given.result.value,
        "gateway_reference": of.given.gateway_reference,
        "amount": None if amount is None else f"{amount:f}",
        "currency": of.given.currency or None,
        "message": of.given.message,
        "repeats": of.repeats,
    }


def answer_whole(of: Answer) -> Shape:
    """Return an answer with how it came and what was decided about it."""
    return answer(of) | {
        "says": explain(of.rule),
        "origin": of.given.origin.value,
        "named_attempt_id": of.given.attempt_id,
        "gateway_answer_id": of.given.answer_id or None,
        "gateway_timestamp": of.given.timestamp or None,
        "key": of.given.key or None,
        "recorded_by": of.given.recorded_by or None,
        "recorded_reason": of.given.reason or None,
        "in_inbox": of.in_inbox,
        "place": of.place.value if of.place else None,
        "same_as": None if of.same_as is None else f"A{of.same_as}",
        "transaction_id": of.transaction_id,
        "closed_by": of.closed_by or None,
        "closed_at": moment(of.closed_at),
        "closed_reason": of.closed_reason or None,
        "last_repeated_at": moment(of.last_repeated_at),
        "version": of.version,
    }


def charge(of: Answer, payment_number: str | None) -> Shape:
    """Return a charge: a value for each of CHARGE_COLUMNS."""
    amount = of.charge
    return {
        "id": of.code,
        "received_at": moment(of.received_at),
        "connector_id": of.given.connector_id,
        "gateway_reference": of.given.gateway_reference,
        "amount": amount.text if amount else None,
        "currency": amount.currency if amount else None,
        "place": of.place.value if of.place else None,
        "rule": of.rule,
        "payment_id": of.payment_id,
        "payment_number": payment_number,
        "attempt_id": of.attempt_id or of.given.attempt_id,
        "same_as": None if of.same_as is None else f"A{of.same_as}",
        "transaction_id": of.transaction_id,
    }


def manager(of: Manager) -> Shape:
    """Return a manager without the password's hash."""
    return {
        "id": of.id,
        "name": of.name,
        "email": of.email,
        "reseller_id": of.reseller_id,
        "permission": of.permission.value,
        "enabled": of.enabled,
        "blocked_until": moment(of.blocked_until),
        "version": of.version,
        "created_at": moment(of.created_at),
    }


def reseller(of: Reseller) -> Shape:
    """Return a reseller; `parent_id` is null for the root reseller."""
    return {"id": of.id, "name": of.name, "parent_id": of.parent_id, "version": of.version}


def token(of: Token) -> Shape:
    """Return a bearer token without its hash; its text is told once, where it was made."""
    return {
        "id": of.id,
        "name": of.name,
        "created_at": moment(of.created_at),
        "created_by": of.created_by,
        "last_used_at": moment(of.last_used_at),
        "revoked_at": moment(of.revoked_at),
        "revoked_by": of.revoked_by or None,
        "version": of.version,
    }


def log_line(of: LogLine) -> Shape:
    """Return one line of the action log."""
    return {
        "id": of.id,
        "at": moment(of.at),
        "by": of.by,
        "action": of.action,
        "subject": of.subject,
        "text": of.text,
    }


def transaction(of: BalanceTransaction) -> Shape:
    """Return one line of an account's book."""
    return {
        "id": of.id,
        "balance": of.balance.text,
        "change": of.change.text,
        "date": moment(of.date),
        "description": of.description,
        "payment_id": of.payment_id,
        "answer_id": None if of.answer_id is None else f"A{of.answer_id}",
    }


def _number(value: Decimal | None) -> int | float | None:
    """Return minutes as a JSON number; they are no amount of money."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
