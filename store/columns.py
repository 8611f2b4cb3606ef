"""Which questions have an index: for each table the columns that the frequent queries ask for.

A column turns a record into whole numbers of 64 bits: an id as it is, a moment as microseconds, a text by its hash (so
whoever finds a record by a column looks at the record itself before believing it).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, Generic, cast

from tinydb.queries import QueryInstance

from store.accounts import BalanceTransaction
from store.action_log import LogLine
from store.answers import Answer
from store.archived_payment import ArchivedPayment
from store.idempotency import KeptResult
from store.judging import next_change_at
from store.late_asks import is_awaited
from store.managers import Manager
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import R, Record
from store.refused_messages import RefusedMessage
from store.tokens import Token
from store.urgency import LATE, is_late, urgency_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QueryPath = tuple[object, ...]
"""What TinyDB's query says that it asks for: `("account_id",)`; `("attempts", "any", "id")` for one of several."""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One index: its name, the query that it answers (None: asked by name only), and a record's keys in it."""

    name: str
    path: QueryPath | None
    keys: Callable[[R], Iterable[object]]


def key_of(value: object) -> int:
    """Return a value as a column holds it. Raises TypeError for a kind that no column holds."""
    if isinstance(value, str):
        return _text_key(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    raise TypeError(f"No column holds {type(value).__name__}.")


# An answer's ids are asked for and written several times in a row.
@lru_cache(maxsize=1024)
def _text_key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _one(name: str) -> Callable[[Any], Iterable[object]]:
    def keys(record: object) -> Iterable[object]:
        value = getattr(record, name)
        return () if value is None or value in ("", False) else (value,)

    return keys


def _plain(name: str) -> Column[Any]:
    return Column(name, (name,), _one(name))


def _moment(moment: datetime | None) -> Iterable[object]:
    return () if moment is None else (moment,)


# A query that asks for two columns is answered by the first of them here: those with the fewest records stand first.
COLUMNS: dict[type[Record], tuple[Column[Any], ...]] = {
    Payment: (
        Column("attempt_id", ("attempts", "any", "id"), lambda each: [one.id for one in each.attempts]),
        _plain("number"),
        _plain("account_id"),
        Column("status", None, lambda each: (each.status.value,)),
        Column(
            "connector_id",
            ("attempts", "any", "connector_id"),
            lambda each: {one.connector_id for one in each.attempts},
        ),
        Column("method_id", ("attempts", "any", "method_id"), lambda each: {one.method_id for one in each.attempts}),
        Column("awaited", None, lambda each: (True,) if any(map(is_awaited, each.attempts)) else ()),
        Column("next_change_at", None, lambda each: _moment(next_change_at(each))),
        Column("closed_at", None, lambda each: _moment(each.closed_at)),
        Column("urgency_late_first", None, lambda each: (urgency_of(each),)),
        Column("late", None, lambda each: (LATE,) if is_late(each) else ()),
    ),
    ArchivedPayment: (
        _plain("account_id"),
        _plain("number"),
        Column("attempt_id", ("attempts", "any", "id"), lambda each: [one.id for one in each.attempts]),
    ),
    Answer: (
        _plain("attempt_id"),
        _plain("payment_id"),
        _plain("in_inbox"),
        Column("named_attempt_id", ("given", "attempt_id"), lambda each: (each.given.attempt_id,)),
        Column("gateway_reference", ("given", "gateway_reference"), lambda each: (each.given.gateway_reference,)),
        Column("late_at", None, lambda each: (each.received_at,) if each.came_late else ()),
    ),
    BalanceTransaction: (
        _plain("account_id"),
        _plain("payment_id"),
        Column("returned_at", None, lambda each: (each.date,) if each.answer_id is not None else ()),
    ),
    PaymentMethod: (_plain("connector_id"),),
    Manager: (_plain("email"),),
    LogLine: (_plain("subject"),),
    Token: (_plain("token_hash"),),
    RefusedMessage: (_plain("connector_id"),),
    KeptResult: (_plain("key"), Column("kept_until", None, lambda each: (each.kept_until,))),
}


def columns_signature() -> str:
    """Return what tells these columns from those of another version; one whose keys change gets a new name."""
    names = sorted(f"{kind.TABLE}.{column.name}" for kind, columns in COLUMNS.items() for column in columns)
    return blake2b(" ".join(names).encode(), digest_size=8).hexdigest()


def columns_of(kind: type[R]) -> tuple[Column[R], ...]:
    """Return the columns of a kind of record."""
    return cast("tuple[Column[R], ...]", COLUMNS.get(kind, ()))


def column_named(kind: type[R], name: str) -> Column[R]:
    """Return a column of a kind of record. Raises StopIteration if there is none of this name: a mistake of ours."""
    return next(each for each in columns_of(kind) if each.name == name)


def keys_of(record: Record, only: str | None = None) -> list[tuple[str, int]]:
    """Return every column's keys of a record, or those of one column only, as (column, key)."""
    if only is not None:
        return [(only, each) for each in keys_in(record, only)]
    return [(column.name, key_of(key)) for column in columns_of(type(record)) for key in column.keys(record)]


def keys_in(record: Record, name: str) -> list[int]:
    """Return a record's keys in one column."""
    column = _column_named(cast("Hashable", type(record)), name)
    return [] if column is None else [key_of(key) for key in column.keys(record)]


@cache
def _column_named(kind: Hashable, name: str) -> Column[Any] | None:
    return next((each for each in columns_of(cast("type[Record]", kind)) if each.name == name), None)


def column_asked(kind: type[Record], query: object) -> tuple[str, int] | None:
    """Return a column and key among which all records that fit a TinyDB query are; None if no column is asked for.

    It reads TinyDB's own description of a query (`QueryInstance._hash`), which a test pins.
    """
    return _asked(kind, query, ())


def _asked(kind: type[Record], query: object, outer: QueryPath) -> tuple[str, int] | None:
    match getattr(query, "_hash", query):
        case ("and", frozenset() as parts):
            # The parts are a set, in another order in each process: the columns' own order decides.
            asked = [found for part in parts if (found := _asked(kind, part, outer)) is not None]
            places = [each.name for each in columns_of(kind)]
            return min(asked, key=lambda each: places.index(each[0]), default=None)
        case ("==", tuple() as path, value):
            return _column(kind, (*outer, *path), value)
        case ("any", tuple() as path, QueryInstance() as inner):
            return _asked(kind, inner, (*outer, *path, "any"))
        case _:
            return None


def _column(kind: type[Record], path: QueryPath, value: object) -> tuple[str, int] | None:
    column = next((each for each in columns_of(kind) if each.path == path), None)
    # Empty values are in no column (nearly every record would be), so a query for one reads them all.
    if column is None or value in ("", False) or not isinstance(value, str | int):
        return None
    return column.name, key_of(value)
