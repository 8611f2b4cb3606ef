"""A query through an index gives what reading everything gives, whatever its form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import Query, where
from tinydb.queries import QueryInstance

from store.answers import Answer
from store.columns import COLUMNS, EPOCH, column_asked, key_of, keys_of
from store.image import Image
from store.judging import as_of
from store.late_asks import is_awaited
from store.managers import Manager
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import Record, to_json
from store.store import View
from store.urgency import urgency_of
from tests.makers import START, Shop, make_account, make_connector, make_method, open_shop

ATTEMPTS = where("attempts")
FORMS: list[tuple[type[Record], QueryInstance, tuple[str, object] | None]] = [
    (Payment, where("account_id") == 3, ("account_id", 3)),
    (Payment, Query().account_id == 3, ("account_id", 3)),
    (Payment, Query()["number"] == "P-000001", ("number", "P-000001")),
    (Payment, ATTEMPTS.any(where("id") == "a1"), ("attempt_id", "a1")),
    (Payment, ATTEMPTS.any(where("connector_id") == 1), ("connector_id", 1)),
    (Payment, ATTEMPTS.any((where("state") == "sent") & (where("id") == "a1")), ("attempt_id", "a1")),
    (Payment, (where("status") == "completed") & (where("account_id") == 3), ("account_id", 3)),
    (Payment, (where("x") == 1) & ((where("y") == 2) & (where("account_id") == 3)), ("account_id", 3)),
    (Answer, where("given").attempt_id == "a1", ("named_attempt_id", "a1")),
    (Answer, where("given")["gateway_reference"] == "r1", ("gateway_reference", "r1")),
    (Answer, where("in_inbox") == True, ("in_inbox", True)),  # noqa: E712 - a query, not a comparison
    (Answer, where("in_inbox") == 1, ("in_inbox", 1)),
    (PaymentMethod, where("connector_id") == 1, ("connector_id", 1)),
    (Manager, where("email") == "anna@example.com", ("email", "anna@example.com")),
    (Payment, where("account_id") == 2**70, ("account_id", 2**70)),
    (Payment, where("number") == "\ud800", ("number", "\ud800")),
    (Payment, where("account_id") != 3, None),
    (Payment, where("account_id") > 3, None),
    (Payment, where("account_id") == 3.0, None),
    (Payment, where("account_id") == None, None),  # noqa: E711 - a query, not a comparison
    (Payment, where("account_id") == [3], None),
    (Payment, where("account_id").one_of([3]), None),
    (Payment, where("account_id").test(bool), None),
    (Payment, where("account_id").map(str) == "3", None),
    (Payment, where("status") == "completed", None),
    (Payment, where("closed_at") == "2026-03-02T09:00:00Z", None),
    (Payment, ~(where("account_id") == 3), None),
    (Payment, (where("account_id") == 3) | (where("number") == "P-000001"), None),
    (Payment, ATTEMPTS.all(where("id") == "a1"), None),
    (Payment, ATTEMPTS.any(~(where("id") == "a1")), None),
    (Payment, ATTEMPTS.any([{"id": "a1"}]), None),
    (Payment, ATTEMPTS.any(["==", ("id",), "a1"]), None),
    (Payment, where("id") == "a1", None),
    (Answer, where("attempt_id") == "", None),
    (Answer, where("given").gateway_reference == "", None),
    (Answer, where("in_inbox") == False, None),  # noqa: E712 - a query, not a comparison
    (Answer, where("payment_id") == 0, None),
    (Payment, Query().fragment({"account_id": 3}), None),
    (Payment, Query().noop(), None),
]


@pytest.mark.parametrize(("kind", "query", "column"), FORMS)
def test_a_query_asks_for_a_column(kind: type[Record], query: QueryInstance, column: tuple[str, object] | None) -> None:
    expected = None if column is None else (column[0], key_of(column[1]))
    assert column_asked(kind, query) == expected


def test_of_two_columns_the_one_with_fewer_records_is_asked_in_whatever_order_they_stand() -> None:
    """Else a question for an attempt of a connector reads all payments of the connector, in every other process."""
    for attempt_id in ("a", "b", "c", "d", "e", "f", "g", "h"):
        query = ATTEMPTS.any((where("connector_id") == 1) & (where("id") == attempt_id))
        assert column_asked(Payment, query) == ("attempt_id", key_of(attempt_id))


def test_tinydb_describes_queries_as_it_did_when_the_index_was_made() -> None:
    """`QueryInstance._hash` is TinyDB's own: if a new version writes it in another way, the index is not used."""
    a, b = where("a") == 1, where("b").c == "2"
    assert a._hash == ("==", ("a",), 1)
    assert b._hash == ("==", ("b", "c"), "2")
    assert (a & b)._hash == ("and", frozenset([a._hash, b._hash]))
    assert (a | b)._hash == ("or", frozenset([a._hash, b._hash]))
    assert (~a)._hash == ("not", a._hash)
    assert where("a").any(b)._hash == ("any", ("a",), b)
    assert where("a").all(b)._hash == ("all", ("a",), b)
    assert where("a").any([1])._hash == ("any", ("a",), (1,))
    assert where("a").one_of([1])._hash == ("one_of", ("a",), (1,))
    assert (where("a").map(len) == 1)._hash is None
    assert (a & (where("a").map(len) == 1))._hash is None


def test_a_value_that_no_column_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="No column holds float"):
        key_of(1.5)
    assert key_of(EPOCH + timedelta(seconds=1)) == 1_000_000
    assert [key_of(each) for each in (True, False, 7, -7)] == [1, 0, 7, -7]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a store with payments in every state, answers in and out of the inbox, part of them folded."""
    shop = open_shop(tmp_path_factory.mktemp("full"))
    fill(shop, 1)
    shop.store.checkpoint()
    fill(shop, 2)
    return shop


def fill(shop: Shop, number: int) -> None:
    other = shop.do(lambda tx: make_account(tx, name="Bob")).id
    method = shop.do(lambda tx: make_method(tx, make_connector(tx, name=f"Second {number}"))).id
    shop.fill_account(reference=f"filling {number}")
    shop.payment(account_id=other)
    shop.pay(shop.payment(), sent=False)
    shop.pay(shop.payment(), method_id=method)
    completed = shop.pay(shop.payment())
    shop.success(completed, f"r{number}")
    shop.success(completed, f"again {number}")
    shop.failure(shop.pay(shop.payment()))
    shop.pay_from_balance(shop.payment("29.00"))
    shop.unmatched(f"unmatched {number}")
    shop.overdue(shop.payment())


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 8),
    st.sampled_from([True, False, None, "", 1.0, 2**70, -1]),
    st.builds("{:032x}".format, st.integers(1, 25)),
    st.builds("P-{:06}".format, st.integers(1, 20)),
    st.sampled_from(["r1", "r2", "unmatched 1", "unknown", "completed", "sent", "account 1", "payment 3"]),
)
FIELDS = {
    Payment: ("account_id", "number", "status", "id", "closed_at"),
    Answer: ("attempt_id", "payment_id", "in_inbox", "rule"),
}
INNER = ("id", "connector_id", "method_id", "state")
GIVEN = ("attempt_id", "gateway_reference", "message")


def queries(kind: type[Record]) -> st.SearchStrategy[QueryInstance]:
    """Return every form of query that the columns of a kind know, and some that they do not, nested."""
    inner = nested(st.builds(lambda name, value: where(name) == value, st.sampled_from(INNER), VALUES))
    forms = {
        Payment: [st.builds(ATTEMPTS.any, inner), st.builds(ATTEMPTS.all, inner)],
        Answer: [st.builds(lambda name, value: where("given")[name] == value, st.sampled_from(GIVEN), VALUES)],
    }
    fields = st.sampled_from(FIELDS[kind])
    return nested(
        st.one_of(
            st.builds(lambda name, value: where(name) == value, fields, VALUES),
            st.builds(lambda name, value: where(name) != value, fields, VALUES),
            *forms[kind],
        )
    )


def nested(leaves: st.SearchStrategy[QueryInstance]) -> st.SearchStrategy[QueryInstance]:
    return st.recursive(
        leaves,
        lambda each: st.one_of(
            st.builds(lambda a, b: a & b, each, each),
            st.builds(lambda a, b: a | b, each, each),
            st.builds(lambda a: ~a, each),
        ),
        max_leaves=4,
    )


def assert_as_a_scan(view: View, kind: type[Record], query: QueryInstance) -> None:
    expected = [each.id for each in view.all_stored(kind) if query(msgspec.json.decode(to_json(each)))]
    assert [each.id for each in view.search(kind, query)] == expected
    assert [each.doc_id for each in view.table(kind).search(query)] == expected
    assert view.table(kind).count(query) == len(expected)


@pytest.mark.parametrize("kind", [Payment, Answer])
@given(drawn=st.data())
def test_an_index_finds_what_a_scan_finds(full: Shop, kind: type[Record], drawn: st.DataObject) -> None:
    assert_as_a_scan(full.store.view(), kind, drawn.draw(queries(kind)))


class GivenUp(Exception):
    """Ends a transaction without its writes."""


@pytest.mark.parametrize("kind", [Payment, Answer])
def test_in_a_transaction_its_own_writes_are_found_too(full: Shop, kind: type[Record]) -> None:
    changed = {"account_id": 3, "number": "P-000001"} if kind is Payment else {"in_inbox": True, "payment_id": 1}
    with suppress(GivenUp), full.store.transaction() as tx:
        for each in list(tx.all_stored(kind)):
            if each.id % 3 == 0:
                tx.remove(each)
        tx.table(kind).update(changed, doc_ids=[each.id for each in tx.all_stored(kind) if each.id % 3 == 1])
        assert_as_a_scan_by_every_form(tx, kind)
        raise GivenUp
    assert_as_a_scan_by_every_form(full.store.view(), kind)


def assert_as_a_scan_by_every_form(view: View, kind: type[Record]) -> None:
    for each, query, _ in FORMS:
        if each is kind:
            assert_as_a_scan(view, kind, query)


def everything(view: View) -> Iterator[tuple[Record, str, int]]:
    for kind in COLUMNS:
        for record in view.all_stored(kind):
            for column, key in keys_of(record):
                yield record, column, key


def test_every_record_is_found_by_every_column_that_has_it(full: Shop) -> None:
    image: Image = full.store.database.image()
    found = 0
    for record, column, key in everything(full.store.view()):
        assert record.id in image.candidates(type(record).TABLE, column, key)
        assert record.id in image.candidates_up_to(type(record).TABLE, column, key)
        assert record.id not in image.candidates_up_to(type(record).TABLE, "nothing", key)
        found += 1
    assert found > 150


def test_what_is_due_awaited_or_closed_is_found_exactly(full: Shop) -> None:
    view = full.store.view()
    payments = list(view.all_stored(Payment))
    awaited = [each.id for each in payments if any(map(is_awaited, each.attempts))]
    assert [each.id for each in view.awaited()] == awaited
    for moment in (START, START + timedelta(minutes=15), START + timedelta(minutes=20), view.now + timedelta(days=1)):
        closed = [each.id for each in payments if each.closed_at is not None and each.closed_at <= moment]
        assert [each.id for each in view.closed_by(moment)] == closed
        due = [each.id for each in payments if as_of(each, moment) is not each]
        assert [each.id for each in view.due_by(moment)] == due
    assert due


def test_records_since_a_moment_are_those_of_a_scan_before_and_after_a_checkpoint(shop: Shop) -> None:
    def late_since(seconds: float) -> tuple[set[int], set[int]]:
        view, moment = shop.store.view(), shop.clock.now - timedelta(seconds=seconds)
        scanned = {each.id for each in view.all(Answer) if each.came_late and each.received_at >= moment}
        return {each.id for each in view.since(Answer, "late_at", moment)}, scanned

    for number in range(3):
        shop.success(shop.overdue(shop.payment()), f"r{number}")
        shop.failure(shop.pay(shop.payment()))
        if number == 1:
            shop.store.checkpoint()
    for seconds in (0, 900, 1800, 5000):
        found, scanned = late_since(seconds)
        assert found == scanned
    assert len(late_since(5000)[0]) == 3


def test_the_column_of_urgency_is_the_order_of_what_is_stored(shop: Shop) -> None:
    for due in ("2026-03-05", "", "2026-03-03"):
        shop.payment(due_date=due)
    shop.pay(1)
    shop.cancel(2)
    shop.store.checkpoint()
    shop.payment()
    view = shop.store.view()
    column, written = view.sorted_column(Payment, "urgency_late_first")

    assert written == {4}
    stored = sorted((urgency_of(each), each.id) for each in view.all_stored(Payment) if each.id != 4)
    assert list(column.pairs()) == stored
    assert [each for _, each in stored] == [1, 3, 2]
