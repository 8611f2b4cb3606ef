"""Payment methods: their settings, who sees them, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from store import connectors, methods, payment_commands, resellers
from store.accounts import create as create_account
from store.action_log import LogLine
from store.actors import Actor
from store.connectors import ConnectorForm
from store.errors import NotFound, NotPermitted, Problems, Refused, StaleEdit, StoreError
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.store import Transaction
from tests.makers import ANNA, Shop, make_connector, make_payment

SCHEMA = '[{"type": "string", "key": "merchant", "required": true}, {"type": "password", "key": "pin"}]'


def refused(shop: Shop, act: Callable[[Transaction], Any], why: str, error: type[StoreError] = Refused) -> None:
    """Hold that an act is refused with this reason in its text, and that no byte changes."""
    before = shop.content()
    with pytest.raises(error, match=why):
        shop.do(act)
    assert shop.content() == before


def form_for(shop: Shop, **changes: Any) -> MethodForm:
    return replace(MethodForm(name="Card", connector_id=shop.connector.id), **changes)


def reseller(shop: Shop, name: str, parent_id: int = 1) -> Actor:
    made = shop.do(lambda tx: resellers.create(tx, ANNA, name=name, parent_id=parent_id))
    return Actor(f"{name.lower()}@example.com", made.id)


def test_settings_are_checked_by_the_connectors_schema(shop: Shop) -> None:
    typed = ConnectorForm(name="Typed", url="https://typed.example.com/", schema_text=SCHEMA)
    connector = shop.do(lambda tx: connectors.create(tx, ANNA, typed))
    wrong = form_for(shop, connector_id=connector.id, name=" ", settings={"pin": 5})
    before = shop.content()
    with pytest.raises(Problems) as caught:
        shop.do(lambda tx: methods.create(tx, ANNA, wrong))
    fields = [each.field for each in caught.value.items]
    assert fields == ["Name", "Connector settings", "Connector settings"]
    assert shop.content() == before
    made = shop.do(
        lambda tx: methods.create(tx, ANNA, form_for(shop, connector_id=connector.id, settings={"merchant": "M1"}))
    )
    assert made.settings == {"merchant": "M1"}
    assert "M1" not in repr(made)


@pytest.mark.parametrize("connector_id", [None, 99])
def test_a_method_needs_a_connector(shop: Shop, connector_id: int | None) -> None:
    refused(
        shop,
        lambda tx: methods.create(tx, ANNA, form_for(shop, connector_id=connector_id)),
        "Connector: is not chosen or is deleted",
        Problems,
    )


def test_a_deleted_connector_is_not_chosen(shop: Shop) -> None:
    gone = shop.do(lambda tx: make_connector(tx, name="Gone"))
    shop.do(lambda tx: connectors.delete(tx, ANNA, gone.id))
    refused(shop, lambda tx: methods.create(tx, ANNA, form_for(shop, connector_id=gone.id)), "deleted", Problems)


def test_update_changes_all_but_the_connector(shop: Shop) -> None:
    wanted = form_for(shop, name="New name", enabled=False, description="For tests.")
    changed = shop.do(lambda tx: methods.update(tx, ANNA, 1, wanted, version=shop.method.version))
    assert (changed.name, changed.enabled, changed.description) == ("New name", False, "For tests.")
    other = shop.do(lambda tx: make_connector(tx, name="Other"))
    moved = form_for(shop, connector_id=other.id)
    refused(shop, lambda tx: methods.update(tx, ANNA, 1, moved, version=changed.version), "keeps its connector")


def test_a_stale_edit_is_refused_with_who_changed_it(shop: Shop) -> None:
    carl = Actor("carl@example.com")
    shop.do(lambda tx: methods.update(tx, carl, 1, form_for(shop), version=shop.method.version))
    refused(
        shop,
        lambda tx: methods.update(tx, ANNA, 1, form_for(shop), version=shop.method.version),
        "changed by carl@example.com",
        StaleEdit,
    )


def test_delete_hides_a_method_and_frees_its_connector(shop: Shop) -> None:
    shop.do(lambda tx: methods.delete(tx, ANNA, 1))
    view = shop.store.view()
    assert methods.visible_to(view, ANNA) == []
    assert view.get(PaymentMethod, 1).deleted_at == shop.clock.now
    refused(shop, lambda tx: methods.delete(tx, ANNA, 1), "no payment method with ID 1", NotFound)
    shop.do(lambda tx: connectors.delete(tx, ANNA, shop.connector.id))


def test_a_method_pays_for_accounts_of_its_reseller_and_below_and_for_no_others(shop: Shop) -> None:
    north, south = reseller(shop, "North"), reseller(shop, "South")
    hers = shop.do(lambda tx: methods.create(tx, north, form_for(shop, name="North card")))
    account = shop.do(lambda tx: create_account(tx, south, name="Sam", currency="EUR"))
    payment = shop.do(lambda tx: make_payment(tx, account.id))
    offered = payment_commands.methods_for(shop.store.view(), south, payment.id)
    assert [each.id for each in offered] == [shop.method.id]
    refused(
        shop,
        lambda tx: payment_commands.start_attempt(tx, south, payment.id, hers.id),
        f"no payment method with ID {hers.id}",
        NotFound,
    )
    shop.do(lambda tx: payment_commands.start_attempt(tx, south, payment.id, shop.method.id))


def test_a_manager_sees_the_methods_of_their_reseller_and_below(shop: Shop) -> None:
    north = reseller(shop, "North")
    below = reseller(shop, "Northeast", north.reseller_id)
    made = [shop.do(partial(methods.create, by=by, form=form_for(shop))) for by in (north, below)]
    view = shop.store.view()
    assert [each.id for each in methods.visible_to(view, ANNA)] == [1, 2, 3]
    assert [each.id for each in methods.visible_to(view, north)] == [each.id for each in made]
    assert [each.id for each in methods.visible_to(view, below)] == [3]
    with pytest.raises(NotFound):
        methods.get(view, below, 2)
    refused(shop, lambda tx: methods.delete(tx, below, 2), "no payment method with ID 2", NotFound)
    refused(shop, lambda tx: methods.update(tx, north, 1, form_for(shop), version=1), "ID 1", NotFound)


def test_a_read_only_manager_changes_no_method(shop: Shop) -> None:
    reader = Actor("rita@example.com", full_control=False)
    for act in (
        lambda tx: methods.create(tx, reader, form_for(shop)),
        lambda tx: methods.update(tx, reader, 1, form_for(shop), version=1),
        lambda tx: methods.delete(tx, reader, 1),
    ):
        refused(shop, act, "Read Only", NotPermitted)


def test_revealing_a_setting_is_logged_and_only_for_full_control_and_in_reach(shop: Shop) -> None:
    cards = ConnectorForm(name="Cards", url="https://cards.example", schema_text=SCHEMA)
    connector = shop.do(lambda tx: connectors.create(tx, ANNA, cards))
    form = MethodForm(name="Card", connector_id=connector.id, settings={"merchant": "m", "pin": "s3cret"})
    made = shop.do(lambda tx: methods.create(tx, ANNA, form))
    assert shop.do(lambda tx: methods.reveal_setting(tx, ANNA, made.id, "pin")) == "s3cret"
    last = list(shop.store.view().all(LogLine))[-1]
    assert (last.action, last.subject, last.text) == ("setting revealed", f"payment method {made.id}", "pin")

    reader = Actor("reader@example.com", full_control=False)
    refused(shop, lambda tx: methods.reveal_setting(tx, reader, made.id, "pin"), "Read Only", NotPermitted)
    other = reseller(shop, "Elsewhere")
    refused(shop, lambda tx: methods.reveal_setting(tx, other, made.id, "pin"), "There is no", NotFound)
