"""Sentences of the payments screens: what the rules say, and what an action will do, told from what the rules decide.

Nothing here decides: each sentence compares a payment as it is with the payment that the rules would make of it.
"""

from __future__ import annotations

from store.money import Money
from store.payments import Payment
from store.states import explain
from tui import look


def rule_says(name: str) -> str:
    """Return in one sentence what a rule, or an operator's act, of this name does."""
    return explain(name)


def what_becomes(before: Payment, after: Payment) -> list[str]:
    """Return what changes between a payment and what it would become: status, deadline, what the customer sees."""
    said = [_status_change(before, after)]
    attempt = after.attempt_in_progress
    if attempt is not None and attempt.id != before.in_progress:
        if attempt.deadline is None:
            said.append("The connector has no period: only the gateway's answer ends the attempt.")
        else:
            period = look.remaining_text(attempt.deadline - attempt.started_at)
            until = look.clock_text(attempt.deadline)
            said.append(f"The gateway has until {until} UTC ({period}) to answer; then it can be paid again.")
    said.append(f"The customer sees {after.status.label}, {_message_change(before, after)}.")
    return said


def what_balance_becomes(balance: Money, change: Money | None) -> str:
    """Return what an action does to the account's balance; `change` None: no money moves."""
    if change is None:
        return f"No money moves; the account's balance stays {balance}."
    return f"The account's balance goes from {balance} to {balance + change}."


def _status_change(before: Payment, after: Payment) -> str:
    payment = f"Payment {before.number} ({before.total})"
    if before.status is after.status:
        return f"{payment} stays {after.status.label}."
    return f"{payment} becomes {after.status.label}; it is {before.status.label} now."


def _message_change(before: Payment, after: Payment) -> str:
    if after.customer_message:
        return f"with the message: {look.safe(after.customer_message)}"
    return "and the message shown now is gone" if before.customer_message else "without a message"
