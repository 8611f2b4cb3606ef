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
from store.states import explain
from tui.cli.printing import day, moment

if TYPE_CHECKING:
    from decimal import Decimal

    from store.accounts import Account, BalanceTransaction
    from store.action_log import LogLine
    from store.answers import Answer
    from store.errors import ProblemItem
    from store.managers import Manager
    from store.payment_method import PaymentMethod
    from store.payments import Attempt, HistoryLine, Payment
    from store.resellers import Reseller
    from store.store import View

Shape = dict[str, object]

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


def problems(items: tuple[ProblemItem, ...]) -> Shape:
    """Return everything that is wrong with what was typed."""
    return {
        "problems": [
            {
                "field": each.field,
                "pointer": each.pointer,
                "line": each.line,
                "column": each.column,
                "message": each.message,
            }
            for each in items
        ]
    }


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


def payment(of: Payment) -> Shape:
    """Return a payment as lists show it; `method_id` is the method of its last attempt."""
    return {
        "id": of.id,
        "number": of.number,
        "account_id": of.account_id,
        "status": of.status.value,
        "method_id": of.attempts[-1].method_id if of.attempts else None,
        "total": of.total.text,
        "currency": of.total.currency,
        "due_date": day(of.due_date),
        "deadline": moment(of.deadline),
        "created_at": moment(of.created_at),
        "closed_at": moment(of.closed_at),
    }


def payment_whole(of: Payment) -> Shape:
    """Return a payment with its attempts, what the customer sees, and its history, the oldest first."""
    return payment(of) | {
        "description": of.description,
        "created_by": of.created_by,
        "version": of.version,
        "in_progress": of.in_progress or None,
        "attempts": [attempt(each) for each in of.attempts],
        "customer": {"status": of.status.value, "message": of.customer_message},
        "history": [history_line(each) for each in of.history],
    }


def payment_explained(of: Payment) -> Shape:
    """Return a payment's history, each line with what its rule says."""
    return {
        "id": of.id,
        "number": of.number,
        "status": of.status.value,
        "history": [history_line(each) | {"says": explain(each.rule)} for each in of.history],
    }


def history_line(of: HistoryLine) -> Shape:
    """Return one change of a payment."""
    return {
        "at": moment(of.at),
        "rule": of.rule,
        "status": of.status.value,
        "attempt_id": of.attempt_id or None,
        "answer_id": of.answer_id or None,
        "by": of.by or None,
        "note": of.note,
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
        "blocked_until": moment(of.blocked_until),
        "version": of.version,
        "created_at": moment(of.created_at),
    }


def reseller(of: Reseller) -> Shape:
    """Return a reseller; `parent_id` is null for the root reseller."""
    return {"id": of.id, "name": of.name, "parent_id": of.parent_id, "version": of.version}


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


def attempt(of: Attempt) -> Shape:
    """Return an attempt and how its sending went."""
    return {
        "id": of.id,
        "state": of.state.value,
        "method_id": of.method_id,
        "connector_id": of.connector_id,
        "started_at": moment(of.started_at),
        "started_by": of.started_by,
        "deadline": moment(of.deadline),
        "sent_at": moment(of.sent_at),
        "answered_at": moment(of.answered_at),
        "outcome": of.delivery.outcome,
    }


def _number(value: Decimal | None) -> int | float | None:
    """Return minutes as a JSON number; they are no amount of money."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
