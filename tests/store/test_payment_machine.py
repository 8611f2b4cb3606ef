"""Whatever happens in whatever order, the store shows what an independent model of the design shows, and money adds up.

Hypothesis drives a real store in a real folder and `tests.store.rules_model` side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from store import answers, connectors, inbox, methods, payment_commands
from store.accounts import Account, BalanceTransaction
from store.answers import Answer, AnswerGiven, AnswerResult
from store.audit import money_problems
from store.connectors import ConnectorForm
from store.errors import Refused
from store.methods import MethodForm
from store.payments import Payment
from store.store import Store, Transaction, open_store
from tests.effort import EFFORT
from tests.makers import (
    ANNA,
    MICROSECOND,
    CountedIds,
    FixedClock,
    content_of,
    make_account,
    make_connector,
    make_method,
    make_payment,
)
from tests.store.rules_model import Fact, Model

BEGIN = datetime.fromisoformat("2026-03-02T23:30:00+00:00")
"""Half an hour before a due date ends, so that periods and due dates meet."""
PERIODS = ("", "10", "30")
RESULTS = ("success", "success", "success", "failure", "failure", "pending")
OPERATORS_ACTS = ("charge-returned", "answer-dismissed")

picks = st.integers(min_value=0, max_value=20)


class PaymentMachine(RuleBasedStateMachine):
    """One store and one model; each rule does the same to both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="gatewatch-machine-")
        self.clock = FixedClock(BEGIN)
        self.ids = CountedIds()
        self.store = self.opened()
        self.model = Model(BEGIN)
        self.periods: dict[int, timedelta | None] = {}
        self.enabled: dict[int, bool] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    def opened(self) -> Store:
        return open_store(Path(self.folder.name), clock=self.clock, ids=self.ids)

    def refused(self, act: Callable[[Transaction], Any]) -> bool:
        """Do something in a transaction; say whether it was refused, and if so hold that no byte changed."""
        before = content_of(self.store.folder)
        try:
            with self.store.transaction() as tx:
                act(tx)
        except Refused:
            assert content_of(self.store.folder) == before
            return True
        return False

    def pick_payment(self, pick: int) -> int:
        known = list(self.model.payments)
        return known[-1 - pick % len(known)]

    def pick_attempt(self, pick: int) -> str:
        known = list(self.model.attempts)
        return known[-1 - pick % len(known)]

    def pick_answer(self, pick: int, *, unmatched: bool = False) -> int:
        """Pick an answer, one of those in the inbox (an unmatched one) if there is one and the pick is even."""
        known = list(self.model.answers)
        waiting = [each for each in known if self.model.answers[each]["inbox"]]
        if unmatched:
            waiting = [each for each in waiting if self.model.answers[each]["judged"] is None]
        among = waiting if waiting and pick % 2 == 0 else known
        return among[pick // 2 % len(among)]

    @initialize()
    def two_connectors_and_two_accounts(self) -> None:
        with self.store.transaction() as tx:
            for name, period in (("Acme", "10"), ("Other", "")):
                connector = make_connector(tx, name=name, period_minutes=period)
                assert make_method(tx, connector, name=name).id == connector.id
                self.periods[connector.id] = timedelta(minutes=10) if period else None
                self.enabled[connector.id] = True
            for currency in ("EUR", "USD"):
                self.model.open_account(make_account(tx, currency=currency).id, currency)
        # Hypothesis leaves out some rules in each run: what all others need is made here.
        for due_in_days in (None, 0, None):
            self.create_a_payment(account=0, total="10", due_in_days=due_in_days)
        self.start_an_attempt(payment=0, method=1, sent=True)
        self.start_an_attempt(payment=1, method=1, sent=False)

    @precondition(lambda self: len(self.model.currencies) < 3)
    @rule(currency=st.sampled_from(("EUR", "JPY")))
    def open_an_account(self, currency: str) -> None:
        with self.store.transaction() as tx:
            self.model.open_account(make_account(tx, currency=currency).id, currency)

    @precondition(lambda self: len(self.model.payments) < 5)
    @rule(account=picks, total=st.sampled_from(("10", "10", "25")), due_in_days=st.sampled_from((None, None, 0, 1)))
    def create_a_payment(self, account: int, total: str, due_in_days: int | None) -> None:
        chosen = list(self.model.currencies)[0 if account > 6 else account % len(self.model.currencies)]
        due = None if due_in_days is None else self.clock.now + timedelta(days=due_in_days)
        with self.store.transaction() as tx:
            made = make_payment(tx, chosen, total=total, due_date=due.date().isoformat() if due else "")
        self.model.create(made.id, chosen, Decimal(total), due)

    @precondition(lambda self: self.model.payments)
    @rule(payment=picks, method=st.sampled_from((1, 1, 2)), sent=st.booleans(), after_the_period=st.booleans())
    def start_an_attempt(self, payment: int, method: int, *, sent: bool, after_the_period: bool = False) -> None:
        number = self.pick_payment(payment)
        current = self.model.payments[number]["current"]
        if after_the_period and current and self.model.attempts[current]["deadline"]:
            self.move_to(max(self.clock.now, self.model.attempts[current]["deadline"]))
        allowed = self.model.may_start(number, enabled=self.enabled[method])
        assert self.refused(lambda tx: payment_commands.start_attempt(tx, ANNA, number, method)) is not allowed
        if allowed:
            attempt = self.store.view().get(Payment, number).in_progress
            self.model.started(number, attempt, method, self.periods[method])
            if sent:
                self.send(attempt)

    @precondition(lambda self: self.model.attempts)
    @rule(attempt=picks)
    def mark_an_attempt_sent(self, attempt: int) -> None:
        self.send(self.pick_attempt(attempt))

    def send(self, attempt: str) -> None:
        allowed = self.model.send(attempt)
        assert self.refused(lambda tx: payment_commands.mark_sent(tx, attempt)) is not allowed

    @precondition(lambda self: self.model.attempts)
    @rule(attempt=picks, event=st.sampled_from(("not_reached", "refused")))
    def end_a_delivery(self, attempt: int, event: str) -> None:
        chosen = self.pick_attempt(attempt)
        end = payment_commands.not_reached if event == "not_reached" else payment_commands.refused_by_gateway
        allowed = self.model.end_by_engine(chosen, event)
        assert self.refused(lambda tx: end(tx, chosen, "refused connection")) is not allowed

    @precondition(lambda self: self.model.attempts)
    @rule(
        attempt=picks,
        result=st.sampled_from(RESULTS),
        reference=st.sampled_from(("r1", "r2", "r3")),
        message=st.sampled_from(("", "Card declined.")),
        odd=st.sampled_from(("", "", "", "", "amount", "currency", "connector", "unknown", "unknown")),
    )
    def answer_an_attempt(self, attempt: int, result: str, reference: str, message: str, odd: str) -> None:
        chosen = self.pick_attempt(attempt)
        known = self.model.attempts[chosen]
        payment = self.model.payments[known["payment"]]
        currency = self.model.currencies[payment["account"]]
        success = result == "success"
        answer: Fact = {
            "connector": 3 - known["connector"] if odd == "connector" else known["connector"],
            "attempt": f"unknown-{attempt % 2}" if odd == "unknown" else chosen,
            "result": result,
            "reference": reference,
            "amount": (Decimal("9.5") if odd == "amount" else payment["total"]) if success else None,
            "currency": (("USD" if currency == "EUR" else "EUR") if odd == "currency" else currency) if success else "",
            "message": message,
        }
        self.receive(answer)

    @precondition(lambda self: self.model.answers)
    @rule(answer=picks)
    def repeat_an_answer(self, answer: int) -> None:
        known = self.model.answers[self.pick_answer(answer)]
        given = {key: known[key] for key in ("connector", "result", "reference", "amount", "currency")}
        self.receive({**given, "attempt": known["named"], "message": "Said again."})

    def receive(self, answer: Fact) -> None:
        given = AnswerGiven(
            connector_id=answer["connector"],
            attempt_id=answer["attempt"],
            result=AnswerResult(answer["result"]),
            gateway_reference=answer["reference"],
            amount=answer["amount"],
            currency=answer["currency"],
            message=answer["message"],
        )
        with self.store.transaction() as tx:
            verdict = answers.receive(tx, given)
        assert verdict.rule.name == self.model.receive(verdict.answer.id, answer)

    @precondition(lambda self: self.model.payments)
    @rule(payment=picks)
    def cancel_a_payment(self, payment: int) -> None:
        number = self.pick_payment(payment)
        allowed = self.model.cancel(number)
        assert self.refused(lambda tx: payment_commands.cancel(tx, ANNA, number)) is not allowed

    @precondition(lambda self: self.model.payments)
    @rule(payment=picks)
    def pay_a_payment_from_the_balance(self, payment: int) -> None:
        number = self.pick_payment(payment)
        allowed = self.model.pay_from_balance(number)
        assert self.refused(lambda tx: payment_commands.pay_from_balance(tx, ANNA, number)) is not allowed

    @precondition(lambda self: self.model.answers and self.model.attempts)
    @rule(answer=picks, attempt=picks)
    def attach_an_answer(self, answer: int, attempt: int) -> None:
        number, chosen = self.pick_answer(answer, unmatched=True), self.pick_attempt(attempt)
        allowed = self.model.attach(number, chosen)
        assert self.refused(lambda tx: inbox.attach(tx, ANNA, f"A{number}", chosen)) is not allowed

    @precondition(lambda self: self.model.answers)
    @rule(answer=picks)
    def return_a_charge(self, answer: int) -> None:
        number = self.pick_answer(answer)
        allowed = self.model.give_back(number)
        assert self.refused(lambda tx: inbox.return_charge(tx, ANNA, f"A{number}")) is not allowed

    @precondition(lambda self: self.model.answers)
    @rule(answer=picks)
    def dismiss_an_answer(self, answer: int) -> None:
        number = self.pick_answer(answer)
        allowed = self.model.dismiss(number)
        assert self.refused(lambda tx: inbox.dismiss(tx, ANNA, f"A{number}", "Settled by phone.")) is not allowed

    @precondition(lambda self: self.model.attempts)
    @rule(attempt=picks, result=st.sampled_from(("success", "failure")), reference=st.sampled_from(("r1", "r4")))
    def record_an_answer(self, attempt: int, result: str, reference: str) -> None:
        chosen = self.pick_attempt(attempt)
        known = self.model.attempts[chosen]
        payment = self.model.payments[known["payment"]]
        success = result == "success"
        with self.store.transaction() as tx:
            verdict = inbox.record(
                tx, ANNA, chosen, result=AnswerResult(result), gateway_reference=reference, reason="Told by phone."
            )
        answer: Fact = {
            "connector": known["connector"],
            "attempt": chosen,
            "result": result,
            "reference": reference,
            "amount": payment["total"] if success else None,
            "currency": self.model.currencies[payment["account"]] if success else "",
            "message": "",
        }
        assert verdict.rule.name == self.model.receive(verdict.answer.id, answer)

    @rule(period=st.sampled_from(PERIODS), connector=st.sampled_from((1, 2)))
    def change_a_period(self, period: str, connector: int) -> None:
        with self.store.transaction() as tx:
            current = connectors.get(tx, ANNA, connector)
            form = ConnectorForm(name=current.name, url=current.url, period_minutes=period, schema_text="[]")
            connectors.update(tx, ANNA, connector, form, version=current.version)
        self.periods[connector] = timedelta(minutes=int(period)) if period else None

    @rule(method=st.sampled_from((1, 2)))
    def switch_a_method(self, method: int) -> None:
        self.enabled[method] = not self.enabled[method]
        with self.store.transaction() as tx:
            current = methods.get(tx, ANNA, method)
            form = MethodForm(name=current.name, connector_id=current.connector_id, enabled=self.enabled[method])
            methods.update(tx, ANNA, method, form, version=current.version)

    @rule(minutes=st.sampled_from((1, 9, 11, 12 * 60)))
    def let_time_pass(self, minutes: int) -> None:
        self.move_to(self.clock.now + timedelta(minutes=minutes))

    @precondition(lambda self: self.model.next_change())
    @rule(step=st.sampled_from((-1, 0, 1)))
    def go_to_the_next_change(self, step: int) -> None:
        """Stand a microsecond before, at, or a microsecond after the moment at which something falls due."""
        moment = self.model.next_change()
        assert moment is not None
        self.move_to(max(self.clock.now, moment + step * MICROSECOND))

    def move_to(self, moment: datetime) -> None:
        self.clock.now = moment
        self.model.pass_time(moment)

    @rule()
    def write_what_fell_due(self) -> None:
        with self.store.transaction() as tx:
            payment_commands.apply_time(tx)

    @rule()
    def open_the_store_again(self) -> None:
        self.store = self.opened()

    @invariant()
    def payments_are_as_in_the_model(self) -> None:
        view = self.store.view()
        assert view.count(Payment) == len(self.model.payments)
        for number, expected in self.model.payments.items():
            payment = view.get(Payment, number)
            assert payment.status.value == expected["status"]
            assert payment.customer_message == expected["message"]
            assert (payment.in_progress or None) == expected["current"]
            states = {each.id: each.state.value for each in payment.attempts}
            assert states == {each: self.model.attempts[each]["state"] for each in expected["attempts"]}
            assert {each.id: each.deadline for each in payment.attempts} == {
                each: self.model.attempts[each]["deadline"] for each in expected["attempts"]
            }
            lines = [(each.at, each.rule, each.status.value) for each in payment.history]
            assert [each for each in lines if each[1] not in OPERATORS_ACTS] == expected["history"]

    @invariant()
    def answers_are_as_in_the_model(self) -> None:
        kept = {each.id: each for each in self.store.view().all(Answer)}
        assert kept.keys() == self.model.answers.keys()
        for number, expected in self.model.answers.items():
            answer = kept[number]
            place = answer.place.value if answer.place else None
            assert (answer.rule, place, answer.in_inbox) == (expected["rule"], expected["place"], expected["inbox"])
            assert answer.repeats == expected["repeats"]
            assert (answer.attempt_id or None) == expected["judged"]

    @invariant()
    def money_is_in_its_places(self) -> None:
        view = self.store.view()
        assert money_problems(view) == []
        for account, book in self.model.books.items():
            assert view.get(Account, account).balance.amount == sum(book)

    @invariant()
    def the_money_paragraph_holds_in_what_is_stored(self) -> None:
        """Design section 2, *Money*, on plain documents: charges = Totals + returned + held + dismissed."""
        view = self.store.view()
        charges: Counter[str] = Counter()
        placed: Counter[str] = Counter()
        completing: Counter[int] = Counter()
        for answer in view.table(Answer).all():
            given = answer["given"]
            if given["result"] != "success":
                assert answer["place"] is None
            elif answer["place"] != "same_as":
                charges[given["currency"]] += cents(given["amount"])
                if answer["place"] in ("held", "dismissed"):
                    placed[given["currency"]] += cents(given["amount"])
                if answer["place"] == "completed":
                    completing[answer["payment_id"]] += cents(given["amount"])
        for payment in view.table(Payment).all():
            if payment["status"] == "completed":
                placed[payment["total"]["currency"]] += cents(payment["total"]["amount"])
                assert completing.pop(payment["id"]) == cents(payment["total"]["amount"])
        assert not completing
        for line in view.table(BalanceTransaction).all():
            if line["answer_id"] is not None:
                placed[line["change"]["currency"]] += cents(line["change"]["amount"])
        assert charges == placed


def cents(amount: str) -> int:
    """Return an amount of JSON in hundredths, which holds every amount that the machine uses."""
    return int(Decimal(amount) * 100)


PaymentMachine.TestCase.settings = settings(
    max_examples=60 * EFFORT, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestPaymentMachine = PaymentMachine.TestCase
