"""Who sees which lines of the action log."""

from __future__ import annotations

from store import accounts, action_log, managers, resellers
from store.actors import Actor
from store.managers import Permission
from store.store import Store
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

    assert [(each.by, each.action) for each in action_log.visible_to(view, TOMAS)] == [(TOMAS.name, "account created")]
    assert [each.action for each in action_log.visible_to(view, ANNA)] == [
        "manager added",
        "reseller created",
        "manager added",
        "account created",
    ]
