"""What people and the engine do with payments; each function is one decision of one transaction.

Every change goes through `store.judging.judge`: a refused command raises Refused and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace
from tinydb import where

from store import accounts, methods
from store.accounts import Account
from store.actors import ENGINE, Actor
from store.answers import payment_of_attempt
from store.archived_payment import ArchivedPayment
from store.connectors import Connector
from store.errors import NotFound, ProblemItem, Problems, Refused
from store.judging import Happening, as_of, judge
from store.money import check_amount, parse_total
from store.payment_method import PaymentMethod
from store.payments import Attempt, Delivery, HistoryLine, Payment
from store.resellers import level_and_above, need_in_reach
from store.states import AttemptState, Event, Mark, PaymentStatus

if TYPE_CHECKING:
    from store.store import Transaction, View


def check(account: Account | None, *, total: str, due_date: str, today: date) -> tuple[ProblemItem, ...]:
    """Return every problem of a new payment as it was typed; `account` None: none was chosen yet."""
    problems: list[ProblemItem] = []
    if account is None:
        problems.append(ProblemItem("Account", "is not chosen; choose whose payment it is."))
    try:
        if account is None:
            check_amount(total)
        else:
            parse_total(total, account.currency)
    except ValueError as error:
        problems.append(ProblemItem("Total", str(error)))
    try:
        _due_date(due_date, today)
    except ValueError as error:
        problems.append(ProblemItem("Due date", str(error)))
    return tuple(problems)


def create(
    tx: Transaction,
    by: Actor,
    *,
    account_id: int,
    total: str,
    due_date: str = "",
    description: str = "",
) -> Payment:
    """Create a payment, Waiting for payment, in its account's currency.

    `total` is written as "129.00", `due_date` as 2026-12-31 (empty: it never expires; not before today, UTC).
    Raises Problems with all problem items, NotFound for an account out of reach, NotPermitted.
    """
    by.need_full_control()
    account = accounts.get(tx, by, account_id)
    problems = check(account, total=total, due_date=due_date, today=tx.now.date())
    if problems:
        raise Problems(problems)
    identity = tx.next_id(Payment)
    made = tx.put(
        Payment(
            id=identity,
            number=f"P-{identity:06d}",
            account_id=account_id,
            total=parse_total(total, account.currency),
            status=PaymentStatus.WAITING,
            created_at=tx.now,
            created_by=by.name,
            description=description,
            due_date=_due_date(due_date, tx.now.date()),
        )
    )
    tx.log(by, "payment created", f"payment {made.id}", f"{made.total} for account {account_id}")
    return made


def start_attempt(tx: Transaction, by: Actor, payment_id: int, method_id: int) -> Payment:
    """Start an attempt to pay by a method: the payment is Processing, the attempt `queued` for the engine.

    The deadline is now plus the connector's period at this moment. Raises Refused by the rules, NotFound, NotPermitted.
    """
    by.need_full_control()
    payment = get(tx, by, payment_id)
    started = _put_judged(tx, payment, _start(tx, by, payment, method_id, tx.ids.attempt_id()))
    method = tx.get(PaymentMethod, method_id)
    tx.log(by, "attempt started", f"payment {payment_id}", f"{method.name}, attempt {started.in_progress}")
    return started


def cancel(tx: Transaction, by: Actor, payment_id: int) -> Payment:
    """Cancel a payment that is Waiting for payment. Raises Refused by the rules, NotFound, NotPermitted."""
    by.need_full_control()
    cancelled = _put_judged(tx, get(tx, by, payment_id), Happening(event=Event.CANCEL, by=by.name))
    tx.log(by, "payment cancelled", f"payment {payment_id}")
    return cancelled


def pay_from_balance(tx: Transaction, by: Actor, payment_id: int) -> Payment:
    """Pay the Total from the account's balance. Raises Refused by the rules, NotFound, NotPermitted."""
    by.need_full_control()
    payment = get(tx, by, payment_id)
    account = tx.get(Account, payment.account_id)
    paid = _put_judged(tx, payment, _from_balance(tx, by, payment))
    accounts.enter(
        tx,
        account.id,
        -payment.total,
        description=f"Paid from balance: payment {payment.number}",
        payment_id=payment.id,
    )
    tx.log(by, "payment paid from balance", f"payment {payment_id}", str(payment.total))
    return paid


def mark_sent(tx: Transaction, attempt_id: str) -> Payment:
    """Note, before the first byte leaves, that an attempt may have reached the gateway.

    Raises Refused unless it is queued, in progress and before its deadline; NotFound.
    """
    payment = _of_attempt(tx, attempt_id)
    attempt = payment.attempt_in_progress
    if attempt is None or attempt.id != attempt_id or attempt.state is not AttemptState.QUEUED:
        raise Refused(f"Attempt {attempt_id} is not queued and in progress; it is not sent.")
    return tx.put(payment.with_attempt(replace(attempt, state=AttemptState.SENT, sent_at=tx.now)))


def note_delivery(tx: Transaction, attempt_id: str, delivery: Delivery) -> Payment:
    """Keep what the engine knows of sending an attempt. Raises NotFound."""
    payment = _of_attempt(tx, attempt_id)
    attempt = payment.attempt(attempt_id)
    if attempt is None:
        raise NotFound("attempt", attempt_id)
    return tx.put(payment.with_attempt(replace(attempt, delivery=delivery)))


def not_reached(tx: Transaction, attempt_id: str, note: str) -> Payment:
    """End an attempt in progress that surely never reached the gateway. Raises Refused by the rules, NotFound."""
    happening = Happening(event=Event.NOT_REACHED, attempt_id=attempt_id, by=ENGINE.name, note=note)
    return _put_judged(tx, _of_attempt(tx, attempt_id), happening)


def refused_by_gateway(tx: Transaction, attempt_id: str, note: str) -> Payment:
    """End an attempt in progress whose request the gateway refused. Raises Refused by the rules, NotFound."""
    happening = Happening(event=Event.REFUSED, attempt_id=attempt_id, by=ENGINE.name, note=note)
    return _put_judged(tx, _of_attempt(tx, attempt_id), happening)


def apply_time(tx: Transaction, payment_ids: Iterable[int] | None = None) -> list[Payment]:
    """Store every payment, or those of these that are not archived, whose time has run out since; return them."""
    if payment_ids is None:
        passed = tx.due_by(tx.now)
    else:
        passed = [each for one in payment_ids if (each := tx.stored(Payment, one)) is not None]
    return [tx.put(now) for each in passed if (now := as_of(each, tx.now)) is not each]


def get(view: View, by: Actor, payment_id: int) -> Payment:
    """Return a payment, as of now, that the actor may see, also one that has aged out. Raises NotFound."""
    payment = view.get(Payment, payment_id)
    need_in_reach(view, by, view.get(Account, payment.account_id).reseller_id, Payment.WORD, payment_id)
    return payment


def visible_to(view: View, by: Actor) -> list[Payment]:
    """Return the payments, as of now, of the actor's reseller and of those below, by id, without the archived ones."""
    if by.at_root:
        return list(view.all(Payment))
    reach = {each.id for each in accounts.visible_to(view, by)}
    return [each for each in view.all(Payment) if each.account_id in reach]


def numbers_of_account(view: View, account_id: int) -> dict[int, str]:
    """Return the Payment number of each payment of an account by its id, the archived ones included."""
    of_account = where("account_id") == account_id
    known: list[Payment | ArchivedPayment] = [
        *view.search(Payment, of_account),
        *view.search(ArchivedPayment, of_account),
    ]
    return {each.id: each.number for each in known}


def numbers_visible_to(view: View, by: Actor) -> dict[int, str]:
    """Return the Payment number, by id, of each payment that the actor may see, the archived ones included."""
    reach = {each.id for each in accounts.visible_to(view, by)}
    known: Iterable[Payment | ArchivedPayment] = chain(view.all_stored(Payment), view.all_stored(ArchivedPayment))
    return {each.id: each.number for each in known if each.account_id in reach}


def methods_for(view: View, by: Actor, payment_id: int) -> list[PaymentMethod]:
    """Return the Enabled payment methods that a payment can be paid through."""
    account = view.get(Account, get(view, by, payment_id).account_id)
    return methods.offered_to(view, account.reseller_id)


def preview_start(view: View, by: Actor, payment_id: int, method_id: int) -> Payment:
    """Return the payment as it would be if an attempt were started now. Raises what `start_attempt` would."""
    by.need_full_control()
    payment = get(view, by, payment_id)
    return _previewed(view, payment, _start(view, by, payment, method_id, "new"))


def preview_cancel(view: View, by: Actor, payment_id: int) -> Payment:
    """Return the payment as it would be if it were cancelled now. Raises what `cancel` would."""
    by.need_full_control()
    return _previewed(view, get(view, by, payment_id), Happening(event=Event.CANCEL, by=by.name))


def preview_pay_from_balance(view: View, by: Actor, payment_id: int) -> Payment:
    """Return the payment as it would be if it were paid from the balance now. Raises what `pay_from_balance` would."""
    by.need_full_control()
    payment = get(view, by, payment_id)
    return _previewed(view, payment, _from_balance(view, by, payment))


def history_line(view: View, rule: str, payment: Payment, *, by: str, note: str, answer_id: str = "") -> HistoryLine:
    """Return a line for what an operator did to an answer of a payment, which leaves the payment as it is."""
    return HistoryLine(at=view.now, rule=rule, status=payment.status, by=by, note=note, answer_id=answer_id)


def _put_judged(tx: Transaction, payment: Payment, happening: Happening) -> Payment:
    return tx.put(_after(payment, judge(payment, happening, tx.now).payment))


def _previewed(view: View, payment: Payment, happening: Happening) -> Payment:
    return _after(payment, judge(payment, happening, view.now).payment)


def _start(view: View, by: Actor, payment: Payment, method_id: int, attempt_id: str) -> Happening:
    method, connector = _method_for(view, payment, method_id)
    marks = frozenset({Mark.METHOD_ENABLED}) if methods.can_start(view, method) else frozenset[Mark]()
    period = connector.period
    attempt = Attempt(
        id=attempt_id,
        method_id=method.id,
        connector_id=connector.id,
        state=AttemptState.QUEUED,
        started_at=view.now,
        started_by=by.name,
        deadline=None if period is None else view.now + period,
    )
    return Happening(event=Event.START, marks=marks, attempt=attempt, by=by.name)


def _from_balance(view: View, by: Actor, payment: Payment) -> Happening:
    covers = view.get(Account, payment.account_id).balance.covers(payment.total)
    marks = frozenset({Mark.BALANCE_COVERS}) if covers else frozenset[Mark]()
    return Happening(event=Event.PAY_FROM_BALANCE, marks=marks, by=by.name)


def _after(before: Payment, after: Payment | None) -> Payment:
    return before if after is None else after


def _of_attempt(view: View, attempt_id: str) -> Payment:
    payment = payment_of_attempt(view, attempt_id)
    if payment is None:
        raise NotFound("attempt", attempt_id)
    return payment


def _method_for(view: View, payment: Payment, method_id: int) -> tuple[PaymentMethod, Connector]:
    method = view.get(PaymentMethod, method_id)
    account = view.get(Account, payment.account_id)
    if method.reseller_id not in level_and_above(view, account.reseller_id):
        raise NotFound(PaymentMethod.WORD, method_id)
    return method, view.get(Connector, method.connector_id)


def _due_date(text: str, today: date) -> date | None:
    if not text.strip():
        return None
    try:
        due = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a date; write {today.isoformat()}, for example.") from None
    if due < today:
        raise ValueError(f"{due.isoformat()} is over; write {today.isoformat()} or later.")
    return due
