"""Inbox: the answers that could not be applied, each with the rule that says why."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from store import inbox
from store.answers import Answer
from store.connectors import Connector
from store.payments import Payment
from store.store import View
from tui import look, wording
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty

UNMATCHED = "none"
SHORT_ID = 8


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One answer with the payment that it was judged for (None: unmatched) and its connector's name."""

    answer: Answer
    payment: Payment | None
    connector: str

    @property
    def attempt_id(self) -> str:
        """The attempt that the answer names."""
        return self.answer.attempt_id or self.answer.given.attempt_id


def _charge(row: InboxRow) -> Text:
    charge = row.answer.charge
    return look.dim("no charge") if charge is None else look.amount(charge)


COLUMNS: tuple[Column[InboxRow], ...] = (
    Column(
        key="received",
        label="Received at",
        width=11,
        cell=lambda row, now: look.short_moment(row.answer.received_at, now),
        sort_key=lambda row: row.answer.received_at,
    ),
    Column(key="id", label="ID", width=5, cell=lambda row, _: row.answer.code, sort_key=lambda row: row.answer.id),
    Column(
        key="reason",
        label="Reason",
        width=21,
        cell=lambda row, _: look.said(row.answer.rule, Tone.WRONG),
        sort_key=lambda row: row.answer.rule,
    ),
    Column(key="charge", label="Charge", width=13, align="right", cell=lambda row, _: _charge(row)),
    Column(
        key="payment",
        label="Payment",
        width=8,
        cell=lambda row, _: row.payment.number if row.payment else look.dim(UNMATCHED),
    ),
    Column(
        key="attempt",
        label="Attempt",
        width=SHORT_ID + 1,
        cell=lambda row, _: look.safe(row.attempt_id[:SHORT_ID]) + look.ELLIPSIS,
    ),
    Column(
        key="reference",
        label="Gateway reference",
        width=17,
        weight=1,
        cell=lambda row, _: look.safe(row.answer.given.gateway_reference),
    ),
)
CONNECTOR: Column[InboxRow] = Column(
    key="connector", label="Connector", width=16, weight=1, cell=lambda row, _: look.safe(row.connector)
)
"""For managers of the root reseller, who alone see connectors."""

FIELDS: tuple[Field[InboxRow], ...] = (
    Field(name="id", kind=Kind.TEXT, value=lambda row: row.answer.code),
    Field(name="reason", kind=Kind.TEXT, value=lambda row: row.answer.rule),
    Field(name="charge", kind=Kind.AMOUNT, value=lambda row: row.answer.charge),
    Field(name="payment", kind=Kind.TEXT, value=lambda row: row.payment.number if row.payment else None),
    Field(name="attempt", kind=Kind.TEXT, value=lambda row: row.attempt_id),
    Field(name="reference", kind=Kind.TEXT, value=lambda row: row.answer.given.gateway_reference),
    Field(name="message", kind=Kind.TEXT, value=lambda row: row.answer.given.message),
    Field(name="received", kind=Kind.DAY, value=lambda row: row.answer.received_at),
    Field(name="older", kind=Kind.OLDER, value=lambda row: row.answer.received_at),
    Field(name="newer", kind=Kind.NEWER, value=lambda row: row.answer.received_at),
)
CONNECTOR_FIELD: Field[InboxRow] = Field(name="connector", kind=Kind.TEXT, value=lambda row: row.connector)


class InboxPage(ListPage[InboxRow]):
    """The list; below it what is known of the answer under the cursor. Enter opens it, to act on it."""

    ENTRY = "inbox"
    NOUN = "answer"
    CREATES = "Record answer"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "new", "Record answer", id="list.new")]

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Inbox"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("The inbox is empty.", "Every answer was applied, returned, attached or dismissed.")

    def columns(self) -> Sequence[Column[InboxRow]]:
        """Return the columns; those of connectors for the root reseller only."""
        return (*COLUMNS, CONNECTOR) if self.session.by.at_root else COLUMNS

    def fields(self) -> Sequence[Field[InboxRow]]:
        """Return the fields of the filter; that of connectors for the root reseller only."""
        return (*FIELDS, CONNECTOR_FIELD) if self.session.by.at_root else FIELDS

    def key_of(self, row: InboxRow) -> int:
        """Return which answer a row is of."""
        return row.answer.id

    def rows(self, view: View) -> list[InboxRow]:
        """Return the answers that the person may see, the oldest first."""
        connectors = {each.id: each.name for each in view.all(Connector)}
        return [
            InboxRow(
                each,
                None if each.payment_id is None else view.get(Payment, each.payment_id),
                connectors.get(each.given.connector_id, ""),
            )
            for each in inbox.visible_to(view, self.session.by)
        ]

    def about(self, row: InboxRow) -> Text:
        """Return what is known of an answer."""
        return answer_known(row)

    def open(self, key: Hashable) -> None:
        """Open an answer, with what can be done about it."""
        from tui.screens.answer_details import AnswerDetails  # noqa: PLC0415 - opened on request

        self.push(AnswerDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that records by hand what a gateway told by other means."""
        from tui.screens.answer_record import AnswerRecord  # noqa: PLC0415 - opened on request

        return AnswerRecord()


def answer_known(row: InboxRow) -> Text:
    """Return what is known of an answer: why it is here, which attempt it names, and what the gateway wrote."""
    answer = row.answer
    text = Text.assemble((f"{answer.code} {answer.rule}\n", Tone.STRONG.style), wording.rule_says(answer.rule))
    named = f"\nIt names attempt {look.safe(row.attempt_id)}"
    if row.payment is not None:
        named += f" of payment {row.payment.number} ({row.payment.total}), {row.payment.status.label} now"
    text.append(f"{named}.", look.DIM)
    if answer.given.message:
        text.append(f"\nThe gateway wrote: {look.safe(answer.given.message)}")
    return text
