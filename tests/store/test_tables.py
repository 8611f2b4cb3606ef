"""TinyDB's table on our records does what stock TinyDB does, to every operation and every query."""

from __future__ import annotations

from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tinydb import Query, TinyDB, where
from tinydb.operations import set as set_field
from tinydb.queries import QueryInstance
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from store.action_log import LogLine
from store.resellers import Reseller
from store.store import Store, Transaction, open_store
from tests.effort import EFFORT
from tests.makers import CountedIds, FixedClock, content_of

Fields = dict[str, Any]

WORDS = st.sampled_from(["account 1", "account 2", "connector 1", "", "é"])
FIELDS = st.fixed_dictionaries(
    {"at": st.just("2026-03-02T09:00:00Z"), "by": WORDS, "action": WORDS, "subject": WORDS, "text": WORDS}
)
CHANGES = st.dictionaries(st.sampled_from(["by", "subject", "text"]), WORDS, min_size=1)
IDS = st.integers(1, 30)
NAMES = st.sampled_from(["by", "subject", "text", "nothing"])
QUERIES: st.SearchStrategy[QueryInstance] = st.recursive(
    st.one_of(
        st.builds(lambda name, word: where(name) == word, NAMES, WORDS),
        st.builds(lambda word: where("subject") == word, WORDS),
        st.builds(lambda name, word: where(name) != word, NAMES, WORDS),
        st.builds(lambda name: where(name).exists(), NAMES),
        st.builds(lambda name, words: where(name).one_of(words), NAMES, st.lists(WORDS, max_size=2)),
        st.builds(lambda name: where(name).search("1$"), NAMES),
        st.builds(lambda name: where(name).test(bool), NAMES),
        st.builds(lambda name, word: where(name).map(str.upper) == word.upper(), NAMES, WORDS),
        st.builds(lambda fields: Query().fragment(fields), CHANGES),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=4,
)


def plain(found: object) -> object:
    """Return documents by their ids, in the order of these, without what every record of ours has."""
    if isinstance(found, list):
        return sorted((plain(each) for each in found), key=repr)
    if isinstance(found, Document):
        return found.doc_id, {name: each for name, each in sorted(found.items()) if name not in ("id", "version")}
    return found


class LikeStock(RuleBasedStateMachine):
    """A table in a transaction beside a stock one in memory; transactions end, are given up, and are folded."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.store = open_store(Path(self.folder.name), clock=FixedClock(), ids=CountedIds())
        self.stock_database = TinyDB(storage=MemoryStorage)
        self.used = 0
        self.body = ExitStack()
        self.begin()

    def teardown(self) -> None:
        self.body.close()
        self.folder.cleanup()

    def begin(self) -> None:
        self.tx = self.body.enter_context(self.store.transaction())
        self.table = self.tx.table(LogLine)
        self.before = deepcopy(self.stock_database.storage.read()), self.used

    @property
    def stock(self) -> Table:
        """A new table each time: a stock one remembers its queries and its next id."""
        return Table(self.stock_database.storage, "action_log", cache_size=0)

    def expect_new(self, *ids: int) -> None:
        for each in ids:
            assert each > self.used, "an id was used again"
            self.used = each

    @rule(folds=st.booleans())
    def commit(self, folds: bool) -> None:  # noqa: FBT001 - Hypothesis passes it by name
        self.body.close()
        if folds:
            self.store.checkpoint()
        self.begin()

    @rule()
    def give_up(self) -> None:
        class GivenUp(Exception):
            pass

        with pytest.raises(GivenUp), self.body.pop_all():
            raise GivenUp
        content, self.used = self.before
        self.stock_database.storage.write(content or {})
        self.begin()

    @rule(fields=FIELDS)
    def insert(self, fields: Fields) -> None:
        made = self.table.insert(fields)
        self.expect_new(made)
        assert self.stock.insert(Document(fields, made)) == made

    @rule(fields=FIELDS, identity=IDS)
    def insert_with_an_id(self, fields: Fields, identity: int) -> None:
        outcomes: list[object] = []
        for each in (self.table, self.stock):
            try:
                outcomes.append(each.insert(Document(fields, identity)))
                self.used = max(self.used, identity)
            except ValueError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]

    @rule(several=st.lists(FIELDS, max_size=3))
    def insert_multiple(self, several: list[Fields]) -> None:
        made = self.table.insert_multiple(several)
        self.expect_new(*made)
        documents = [Document(fields, each) for fields, each in zip(several, made, strict=True)]
        assert self.stock.insert_multiple(documents) == made

    @rule(query=QUERIES)
    def ask(self, query: QueryInstance) -> None:
        found = self.table.search(query)
        assert plain(found) == plain(self.stock.search(query))
        assert self.table.count(query) == self.stock.count(query)
        assert self.table.contains(query) == self.stock.contains(query)
        assert plain(self.table.get(query)) == plain(found[0] if found else None)

    @rule(identity=IDS, several=st.lists(IDS, max_size=4))
    def get_by_id(self, identity: int, several: list[int]) -> None:
        assert plain(self.table.get(doc_id=identity)) == plain(self.stock.get(doc_id=identity))
        assert plain(self.table.get(doc_ids=several)) == plain(self.stock.get(doc_ids=several))
        assert self.table.contains(doc_id=identity) == self.stock.contains(doc_id=identity)

    @rule(fields=CHANGES, query=QUERIES)
    def update(self, fields: Fields, query: QueryInstance) -> None:
        assert sorted(self.table.update(fields, query)) == sorted(self.stock.update(fields, query))

    @rule(word=WORDS, query=QUERIES)
    def update_by_a_function(self, word: str, query: QueryInstance) -> None:
        for change in (set_field("subject", word), lambda document: document.update(text=document["text"] + "!")):
            assert sorted(self.table.update(change, query)) == sorted(self.stock.update(change, query))

    @rule(fields=CHANGES, several=st.lists(IDS, max_size=4, unique=True))
    def update_by_ids(self, fields: Fields, several: list[int]) -> None:
        assert self.table.update(fields, doc_ids=several) == self.stock.update(fields, doc_ids=several)

    @rule(fields=CHANGES)
    def update_all(self, fields: Fields) -> None:
        assert sorted(self.table.update(fields)) == sorted(self.stock.update(fields))

    @rule(pairs=st.lists(st.tuples(CHANGES, QUERIES), max_size=3))
    def update_multiple(self, pairs: list[tuple[Fields, QueryInstance]]) -> None:
        assert sorted(self.table.update_multiple(pairs)) == sorted(self.stock.update_multiple(pairs))

    @rule(fields=FIELDS, query=QUERIES)
    def upsert(self, fields: Fields, query: QueryInstance) -> None:
        is_there = self.stock.contains(query)
        made = self.table.upsert(fields, query)
        if is_there:
            assert sorted(made) == sorted(self.stock.upsert(fields, query))
        else:
            self.expect_new(*made)
            assert self.stock.upsert(Document(fields, made[0])) == made

    @rule(fields=FIELDS, identity=IDS)
    def upsert_by_id(self, fields: Fields, identity: int) -> None:
        assert self.table.upsert(Document(fields, identity)) == self.stock.upsert(Document(fields, identity))
        self.used = max(self.used, identity)

    @rule(query=QUERIES)
    def remove(self, query: QueryInstance) -> None:
        assert sorted(self.table.remove(query)) == sorted(self.stock.remove(query))

    @rule(several=st.lists(IDS, max_size=3, unique=True))
    def remove_by_ids(self, several: list[int]) -> None:
        assert self.table.remove(doc_ids=several) == self.stock.remove(doc_ids=several)

    @rule()
    def truncate(self) -> None:
        self.table.truncate()
        self.stock.truncate()

    @invariant()
    def has_the_same_documents(self) -> None:
        if not hasattr(self, "table"):
            return
        assert plain(self.table.all()) == plain(list(self.table)) == plain(self.stock.all())
        assert len(self.table) == self.tx.count(LogLine) == len(self.stock)


TestLikeStock = LikeStock.TestCase
TestLikeStock.settings = settings(max_examples=60 * EFFORT, stateful_step_count=25, deadline=None)


def log_line(tx: Transaction, text: str = "") -> None:
    tx.table(LogLine).insert({"at": "2026-03-02T09:00:00Z", "by": "a", "action": "b", "subject": "c", "text": text})


def test_a_function_that_raises_changes_nothing_in_any_document(store: Store) -> None:
    """Stock keeps what it had changed until then."""

    def change(document: Any) -> None:
        document["text"] = "changed"
        if document["by"] == "last":
            raise ZeroDivisionError

    with store.transaction() as tx:
        for _ in range(3):
            log_line(tx)
        table = tx.table(LogLine)
        table.update({"by": "last"}, doc_ids=[3])
        with pytest.raises(ZeroDivisionError):
            table.update(change)
        with pytest.raises(ZeroDivisionError):
            table.update_multiple([({"text": "changed"}, where("by") == "a"), (change, where("by") == "last")])
        assert [each["text"] for each in table.all()] == ["", "", ""]


def test_a_document_that_is_no_record_of_its_kind_is_refused_and_nothing_is_written(store: Store) -> None:
    with store.transaction() as tx:
        log_line(tx, "as it was")
        table = tx.table(LogLine)
        for act in (
            lambda: table.insert({"by": "a"}),
            lambda: table.insert_multiple([{**table.all()[0]}, {"by": 7}]),
            lambda: table.update({"by": 7}),
            lambda: table.update({"at": "yesterday"}, doc_ids=[1]),
            lambda: table.upsert({"text": None}, where("by") == "a"),
        ):
            with pytest.raises(ValueError, match=r"Document \d+ is not a log line"):
                act()
        assert [each["text"] for each in table.all()] == ["as it was"]
    assert [each.text for each in store.view().all(LogLine)] == ["as it was"]


def test_ids_and_versions_are_the_stores_own(store: Store) -> None:
    with store.transaction() as tx:
        table = tx.table(Reseller)
        made = table.insert({"name": "North", "parent_id": 1, "id": 99, "version": 99})
        assert tx.get(Reseller, made) == Reseller(id=2, version=1, name="North", parent_id=1)
        table.update({"name": "South", "id": 7, "version": 7}, doc_ids=[made])
        assert tx.get(Reseller, made) == Reseller(id=2, version=2, name="South", parent_id=1)
        table.update({"name": "South"}, doc_ids=[made])
        assert tx.get(Reseller, made).version == 2, "nothing was changed"


def test_an_id_is_not_used_again_after_its_document_was_removed(store: Store) -> None:
    for _ in range(3):
        with store.transaction() as tx:
            table = tx.table(Reseller)
            made = table.insert({"name": "North", "parent_id": 1})
            table.remove(doc_ids=[made])
        store.checkpoint()
    with open_store(store.folder).transaction() as tx:
        assert tx.table(Reseller).insert({"name": "North", "parent_id": 1}) == 5
        assert tx.next_id(Reseller) == 6


def test_a_record_that_was_put_under_an_id_of_its_own_keeps_that_from_being_used(store: Store) -> None:
    with store.transaction() as tx:
        made = tx.put(Reseller(id=5, name="Fifth", parent_id=1))
        tx.remove(made)
    with store.transaction() as tx:
        assert tx.next_id(Reseller) == 6


def test_the_tables_of_a_view_refuse_to_be_written(store: Store) -> None:
    with store.transaction() as tx:
        log_line(tx)
    before = content_of(store.folder)
    table = store.view().table(LogLine)
    for act in (
        lambda: table.insert({"by": "a"}),
        lambda: table.insert(Document({"by": "a"}, 9)),
        lambda: table.update({"by": "z"}),
        lambda: table.upsert({"by": "z"}, where("by") == "a"),
        lambda: table.remove(where("by") == "a"),
        table.truncate,
    ):
        with pytest.raises(PermissionError, match="in a transaction only"):
            act()
    assert content_of(store.folder) == before
    assert table.remove(where("by") == "nobody") == []


def test_the_storage_that_tinydb_asks_for_is_never_read_or_written(store: Store) -> None:
    table = store.view().table(LogLine)
    with pytest.raises(PermissionError, match="through the store"):
        table.storage.read()
    with pytest.raises(PermissionError, match="in a transaction"):
        table.storage.write({})
    with pytest.raises(RuntimeError):
        table.get()


def test_documents_alias_neither_the_store_nor_each_other(store: Store) -> None:
    with store.transaction() as tx:
        log_line(tx, "as it was")
        for found in (tx.table(LogLine).all()[0], tx.table(LogLine).search(where("by") == "a")[0]):
            found["text"] = "changed"
        assert tx.table(LogLine).all()[0]["text"] == "as it was"
