"""Who sees which lines of the action log."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from store import accounts, managers, resellers
from store.action_log import LogLine, NewestLines
from store.actors import Actor
from store.managers import Manager, Permission
from store.store import Store, Transaction, open_store
from tests.makers import ANNA

TOMAS = Actor("tomas@example.com", reseller_id=2)


def test_outside_the_root_reseller_only_what_its_own_managers_did_is_seen(store: Store) -> None:
    managers.create_first(store, name="Anna", email=ANNA.name, password="correct horse battery")
    with store.transaction() as tx:
        resellers.create(tx, ANNA, name="Southern Region", parent_id=1)
    managers.add(
        store,
        ANNA,
        name="Tomás",
        email=TOMAS.name,
        password="correct horse battery",
        permission=Permission.FULL_CONTROL,
        reseller_id=2,
    )
    with store.transaction() as tx:
        accounts.create(tx, TOMAS, name="Oak & Barley Ltd", currency="GBP")
    view = store.view()

    assert [(each.by, each.action) for each in NewestLines(TOMAS, 9).at(view)] == [(TOMAS.name, "account created")]
    assert [each.action for each in NewestLines(ANNA, 9).at(view)] == [
        "account created",
        "manager added",
        "reseller created",
        "manager added",
    ]


@settings(max_examples=20)
@given(st.lists(st.sampled_from([ANNA.name, TOMAS.name, "ines@example.com", ""]), max_size=25), st.integers(1, 7))
def test_the_newest_lines_are_those_of_all_also_when_who_may_be_seen_changes(writers: list[str], most: int) -> None:
    """An empty name looks at the log; "ines" is a manager of the reseller from the tenth step on."""
    with TemporaryDirectory() as name:
        store = open_store(Path(name) / "store")
        managers.create_first(store, name="Anna", email=ANNA.name, password="correct horse battery")
        with store.transaction() as tx:
            resellers.create(tx, ANNA, name="Southern Region", parent_id=1)
            _manager(tx, TOMAS.name)
        of_one = NewestLines(ANNA, most, of=TOMAS.name)
        kept = {by: NewestLines(by, most) for by in (ANNA, TOMAS)}
        for number, writer in enumerate([*writers, ""]):
            if writer:
                with store.transaction() as tx:
                    tx.log(Actor(writer), "did something", f"step {number}")
            if number == 10:
                with store.transaction() as tx:
                    _manager(tx, "ines@example.com")
            if not writer:
                view = store.view()
                lines = list(reversed(list(view.all(LogLine))))
                seen = {TOMAS.name, "ines@example.com"} if number >= 10 else {TOMAS.name}
                assert kept[ANNA].at(view) == lines[:most]
                assert kept[TOMAS].at(view) == [each for each in lines if each.by in seen][:most]
                assert of_one.at(view) == [each for each in lines if each.by == TOMAS.name][:most]


def _manager(tx: Transaction, email: str) -> None:
    """Put a manager of the second reseller into the store, without the work that a password costs."""
    first = next(tx.all(Manager))
    tx.put(replace(first, id=tx.next_id(Manager), version=0, email=email, reseller_id=2))
