"""The payment rules a second time, written from the design's text alone: plain dicts, plain words, if and elif.

It shares nothing with `store`, so that the two can be held against each other. Time is not asked for but passes:
`pass_time` does at once what falls due, and nothing is ever judged later.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

OPEN = ("waiting_for_payment", "expired")
NOT_ACCEPTED = "The payment gateway did not accept the payment."
NOT_REACHED = "The payment gateway could not be reached."
REFUSED = "The payment gateway refused the request."


def first_line(  # noqa: C901, PLR0912 - the design's table, line for line
    event: str, status: str, state: str | None, *, in_progress: bool = False, marks: frozenset[str] = frozenset()
) -> str | None:
    """Return the name of the first line of the design's table that fits, None where none does."""
    answer = event in ("success", "failure", "pending")
    if answer and "unknown" in marks:
        return "unmatched"
    if answer and ("heard" in marks or (event == "failure" and state == "failed")):
        return "repeated-answer"
    if event == "pending":
        return "pending-noted"
    if event == "success":
        if "differs" in marks:
            return "amount-mismatch"
        if state == "succeeded":
            return "second-charge"
        if "reused" in marks:
            return "reference-reused"
        if in_progress:
            return "answered-success"
        if status == "processing":
            return "late-success-during-retry"
        if status in OPEN:
            return "success-after-failure" if state == "failed" else "late-success"
        return "second-success" if status == "completed" else "success-after-close"
    if event == "failure":
        if state == "succeeded":
            return "failure-after-success"
        if in_progress:
            return "answered-failure"
        if status == "processing":
            return "late-failure-during-retry"
        if status in OPEN:
            return "late-failure"
        return "second-failure" if status == "completed" else "failure-after-close"
    if event == "deadline":
        return "period-over" if in_progress else "period-over-ignored"
    if event == "not_reached":
        return "undelivered" if in_progress else None
    if event == "refused":
        return "refused-by-gateway" if in_progress else None
    if event == "start":
        return "attempt-started" if status in OPEN and "enabled" in marks else None
    if event == "due_date":
        return "due-date-passed" if status == "waiting_for_payment" and "due" in marks else None
    if event == "cancel":
        return "cancelled" if status == "waiting_for_payment" else None
    if event == "pay_from_balance":
        return "paid-from-balance" if status in OPEN and "covers" in marks else None
    raise AssertionError(event)


Fact = dict[str, Any]


class Model:
    """What the store must show: payments, attempts, answers and books by id."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.currencies: dict[int, str] = {}
        self.books: dict[int, list[Decimal]] = {}
        self.payments: dict[int, Fact] = {}
        self.attempts: dict[str, Fact] = {}
        self.answers: dict[int, Fact] = {}

    def open_account(self, account: int, currency: str) -> None:
        """Note a new account."""
        self.currencies[account] = currency
        self.books[account] = []

    def create(self, payment: int, account: int, total: Decimal, due_day: datetime | None) -> None:
        """Note a new payment; `due_day` is any moment of its due date."""
        self.payments[payment] = {
            "account": account,
            "total": total,
            "due": due_day and datetime.combine(due_day.date(), time(), UTC) + timedelta(days=1),
            "status": "waiting_for_payment",
            "message": "",
            "current": None,
            "attempts": [],
            "history": [],
        }

    def next_change(self) -> datetime | None:
        """Return when something falls due next, None if nothing will."""
        moments = [due[0] for payment in self.payments for due in self._falling(payment)]
        return min(moments, default=None)

    def pass_time(self, now: datetime) -> None:
        """Let everything happen that falls due up to now, in time order, a deadline before a due date."""
        self.now = now
        for number, payment in self.payments.items():
            while falling := sorted(each for each in self._falling(number) if each[0] <= now):
                at, kind, attempt = falling[0]
                if kind == "2 due date":
                    self._expire(payment, at)
                    continue
                a = self.attempts[attempt]
                if payment["current"] == attempt:
                    a["state"] = "overdue" if a["state"] == "sent" else "undelivered"
                    self._change(payment, at, "period-over", "waiting_for_payment", "")
                else:
                    a["state"] = "overdue"
                    self._change(payment, at, "period-over-ignored", payment["status"], payment["message"])

    def may_start(self, payment: int, *, enabled: bool) -> bool:
        """Say whether an attempt may start; `started` notes it."""
        marks = frozenset({"enabled"}) if enabled else frozenset[str]()
        return first_line("start", self.payments[payment]["status"], None, marks=marks) is not None

    def started(self, payment: int, attempt: str, connector: int, period: timedelta | None) -> None:
        """Note an attempt that started."""
        p = self.payments[payment]
        deadline = None if period is None else self.now + period
        self.attempts[attempt] = {"payment": payment, "connector": connector, "state": "queued", "deadline": deadline}
        p["attempts"].append(attempt)
        self._change(p, self.now, "attempt-started", "processing", "")
        p["current"] = attempt

    def send(self, attempt: str) -> bool:
        """Mark an attempt as sent; say whether that is allowed."""
        a = self.attempts[attempt]
        if a["state"] != "queued" or self.payments[a["payment"]]["current"] != attempt:
            return False
        a["state"] = "sent"
        return True

    def end_by_engine(self, attempt: str, event: str) -> bool:
        """Apply `not_reached` or `refused`; say whether that is allowed."""
        a = self.attempts[attempt]
        p = self.payments[a["payment"]]
        rule = first_line(event, p["status"], a["state"], in_progress=p["current"] == attempt)
        if rule is None:
            return False
        a["state"] = "undelivered"
        message = NOT_REACHED if event == "not_reached" else REFUSED
        self._change(p, self.now, rule, "waiting_for_payment", message)
        return True

    def cancel(self, payment: int) -> bool:
        """Cancel; say whether that is allowed."""
        p = self.payments[payment]
        if p["status"] != "waiting_for_payment":
            return False
        self._change(p, self.now, "cancelled", "cancelled", "")
        return True

    def pay_from_balance(self, payment: int) -> bool:
        """Pay from the balance; say whether that is allowed."""
        p = self.payments[payment]
        book = self.books[p["account"]]
        if p["status"] not in OPEN or sum(book) < p["total"]:
            return False
        book.append(-p["total"])
        self._change(p, self.now, "paid-from-balance", "paid_from_balance", "")
        return True

    def receive(self, number: int, answer: Fact) -> str:
        """Judge an answer (connector, attempt, result, reference, amount, currency, message); return the rule.

        `number` is the id that it gets if it is kept.
        """
        matched = self._matches(answer["attempt"], answer["connector"])
        first = self._same(answer, answer["attempt"], but=None)
        if first is not None:
            self.answers[first]["repeats"] += 1
            return "repeated-answer" if matched else "unmatched"
        kept = {**answer, "named": answer["attempt"], "repeats": 0, "place": None, "inbox": False, "judged": None}
        self.answers[number] = kept
        if not matched:
            kept["rule"] = "unmatched"
            kept["inbox"] = True
            kept["place"] = "held" if answer["result"] == "success" else None
            return "unmatched"
        return self._judge(kept, answer["attempt"])

    def attach(self, number: int, attempt: str) -> bool:
        """Attach an unmatched answer; say whether that is allowed."""
        answer = self.answers[number]
        if not answer["inbox"] or answer["judged"] or not self._matches(attempt, answer["connector"]):
            return False
        if self._same(answer, attempt, but=number) is not None:
            answer["judged"] = attempt
            answer["rule"] = "repeated-answer"
            answer["inbox"] = False
            answer["place"] = "same_as" if answer["result"] == "success" else None
            return True
        self._judge(answer, attempt)
        return True

    def give_back(self, number: int) -> bool:
        """Return a held charge; say whether that is allowed."""
        answer = self.answers[number]
        if answer["place"] != "held" or not answer["judged"]:
            return False
        account = self.payments[self.attempts[answer["judged"]]["payment"]]["account"]
        if self.currencies[account] != answer["currency"]:
            return False
        self.books[account].append(answer["amount"])
        answer["place"] = "returned"
        answer["inbox"] = False
        return True

    def dismiss(self, number: int) -> bool:
        """Dismiss an answer; say whether that is allowed."""
        answer = self.answers[number]
        if not answer["inbox"]:
            return False
        answer["inbox"] = False
        if answer["place"] == "held":
            answer["place"] = "dismissed"
        return True

    def _judge(self, answer: Fact, attempt: str) -> str:  # noqa: C901 - what each line of the table does
        a = self.attempts[attempt]
        p = self.payments[a["payment"]]
        result = answer["result"]
        marks = set()
        if result == "success":
            if answer["amount"] != p["total"] or answer["currency"] != self.currencies[p["account"]]:
                marks.add("differs")
            if self._counted_elsewhere(answer, attempt):
                marks.add("reused")
        rule = first_line(result, p["status"], a["state"], in_progress=p["current"] == attempt, marks=frozenset(marks))
        assert rule is not None
        answer["judged"] = attempt
        answer["rule"] = rule
        answer["inbox"] = rule in ("amount-mismatch", "second-charge", "reference-reused", "failure-after-success")
        answer["place"] = None
        if rule in ("amount-mismatch", "second-charge", "reference-reused"):
            answer["place"] = "held"
            self._change(p, self.now, rule, p["status"], p["message"])
        elif rule in ("repeated-answer", "pending-noted", "failure-after-success"):
            self._change(p, self.now, rule, p["status"], p["message"])
        elif rule in ("second-success", "success-after-close"):
            answer["place"] = "returned"
            a["state"] = "succeeded"
            self.books[p["account"]].append(answer["amount"])
            self._change(p, self.now, rule, p["status"], "")
        elif result == "success":
            answer["place"] = "completed"
            a["state"] = "succeeded"
            for other in p["attempts"]:
                if self.attempts[other]["state"] == "queued":
                    self.attempts[other]["state"] = "undelivered"
            self._change(p, self.now, rule, "completed", "")
        elif rule == "answered-failure":
            a["state"] = "failed"
            self._change(p, self.now, rule, "waiting_for_payment", answer["message"] or NOT_ACCEPTED)
        else:
            a["state"] = "failed"
            shown = (answer["message"] or NOT_ACCEPTED) if rule == "late-failure" else ""
            self._change(p, self.now, rule, p["status"], shown)
        return rule

    def _matches(self, attempt: str, connector: int) -> bool:
        return attempt in self.attempts and self.attempts[attempt]["connector"] == connector

    def _same(self, answer: Fact, attempt: str, *, but: int | None) -> int | None:
        parts = ["connector", "result", "reference"]
        if answer["result"] == "success":
            parts += ["amount", "currency"]
        for number, other in self.answers.items():
            names = (other["judged"],) if self._matches(attempt, answer["connector"]) else (other["named"],)
            if number != but and attempt in names and all(other[part] == answer[part] for part in parts):
                return number
        return None

    def _counted_elsewhere(self, answer: Fact, attempt: str) -> bool:
        for other in self.answers.values():
            same_charge = other["reference"] == answer["reference"] and other["connector"] == answer["connector"]
            if same_charge and other["judged"] != attempt and other["place"] in ("completed", "returned"):
                return True
        return False

    def _falling(self, number: int) -> list[tuple[datetime, str, str]]:
        payment = self.payments[number]
        falling = []
        for attempt in payment["attempts"]:
            a = self.attempts[attempt]
            if a["deadline"] and a["state"] in ("queued", "sent"):
                falling.append((a["deadline"], "1 deadline", attempt))
        if payment["due"] and payment["status"] == "waiting_for_payment":
            falling.append((payment["due"], "2 due date", ""))
        return falling

    def _change(self, payment: Fact, at: datetime, rule: str, status: str, message: str) -> None:
        if status != "processing":
            payment["current"] = None
        payment["status"] = status
        payment["message"] = message
        payment["history"].append((at, rule, status))
        if status == "waiting_for_payment" and payment["due"] and payment["due"] <= at:
            self._expire(payment, at)

    def _expire(self, payment: Fact, at: datetime) -> None:
        payment["status"] = "expired"
        payment["history"].append((at, "due-date-passed", "expired"))
