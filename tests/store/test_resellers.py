"""The sales tree: a manager sees their reseller and those below; the rest looks as if it were not there."""

from __future__ import annotations

import pytest

from store import accounts, payment_commands, resellers
from store.actors import ROOT_RESELLER_ID, Actor
from store.errors import NotFound, NotPermitted, Problems, StaleEdit
from store.payments import Payment
from store.resellers import Reseller, level_and_above, level_and_below
from tests.makers import ANNA, Shop, make_payment


def reseller(shop: Shop, name: str, parent_id: int = ROOT_RESELLER_ID) -> Actor:
    made = shop.do(lambda tx: resellers.create(tx, ANNA, name=name, parent_id=parent_id))
    return Actor(f"{name.lower()}@example.com", made.id)


def test_a_new_store_has_the_root_reseller(shop: Shop) -> None:
    assert [(each.id, each.parent_id) for each in shop.store.view().all(Reseller)] == [(ROOT_RESELLER_ID, None)]


def test_levels_above_and_below_follow_the_tree(shop: Shop) -> None:
    north = reseller(shop, "North")
    east = reseller(shop, "East", north.reseller_id)
    south = reseller(shop, "South")
    view = shop.store.view()
    assert level_and_below(view, north.reseller_id) == {north.reseller_id, east.reseller_id}
    assert level_and_below(view, 1) == {1, north.reseller_id, east.reseller_id, south.reseller_id}
    assert level_and_above(view, east.reseller_id) == (east.reseller_id, north.reseller_id, 1)


def test_accounts_and_payments_out_of_reach_are_not_found_and_not_listed(shop: Shop) -> None:
    north, south = reseller(shop, "North"), reseller(shop, "South")
    account = shop.do(lambda tx: accounts.create(tx, north, name="Nora", currency="EUR"))
    payment = shop.do(lambda tx: make_payment(tx, account.id))
    view = shop.store.view()
    assert [each.id for each in accounts.visible_to(view, south)] == []
    assert payment_commands.visible_to(view, south) == []
    assert [each.id for each in accounts.visible_to(view, north)] == [account.id]
    assert [each.id for each in payment_commands.visible_to(view, north)] == [payment.id]
    assert [each.id for each in payment_commands.visible_to(view, ANNA)] == [payment.id]
    before = shop.content()
    with pytest.raises(NotFound, match=f"no account with ID {account.id}"):
        accounts.get(view, south, account.id)
    with pytest.raises(NotFound, match=f"no payment with ID {payment.id}"):
        payment_commands.get(view, south, payment.id)
    with pytest.raises(NotFound, match="no payment"):
        shop.do(lambda tx: payment_commands.cancel(tx, south, payment.id))
    with pytest.raises(NotFound, match="no account"):
        shop.do(lambda tx: payment_commands.create(tx, south, account_id=account.id, total="1"))
    assert shop.content() == before
    assert shop.store.view().get(Payment, payment.id).version == 1


def test_a_reseller_is_made_below_ones_own(shop: Shop) -> None:
    north = reseller(shop, "North")
    made = shop.do(lambda tx: resellers.create(tx, north, name=" East ", parent_id=north.reseller_id))
    assert (made.name, made.parent_id) == ("East", north.reseller_id)


def test_a_reseller_out_of_reach_without_a_name_or_by_a_reader_is_refused(shop: Shop) -> None:
    north = reseller(shop, "North")
    before = shop.content()
    with pytest.raises(NotFound, match="no reseller with ID 1"):
        shop.do(lambda tx: resellers.create(tx, north, name="Up", parent_id=1))
    with pytest.raises(NotFound, match="no reseller with ID 99"):
        shop.do(lambda tx: resellers.create(tx, ANNA, name="Nowhere", parent_id=99))
    with pytest.raises(Problems, match="Name"):
        shop.do(lambda tx: resellers.create(tx, ANNA, name=" ", parent_id=1))
    with pytest.raises(NotPermitted):
        shop.do(lambda tx: resellers.create(tx, Actor("rita", full_control=False), name="New", parent_id=1))
    assert shop.content() == before


def test_a_reseller_is_renamed_by_who_sees_it(shop: Shop) -> None:
    north, south = reseller(shop, "North"), reseller(shop, "South")
    renamed = shop.do(lambda tx: resellers.rename(tx, north, north.reseller_id, version=1, name=" Nord "))
    assert renamed.name == "Nord"
    with pytest.raises(NotFound):
        shop.do(lambda tx: resellers.rename(tx, south, north.reseller_id, version=2, name="Mine"))
    with pytest.raises(StaleEdit, match="was changed by"):
        shop.do(lambda tx: resellers.rename(tx, ANNA, north.reseller_id, version=1, name="Late"))
    with pytest.raises(Problems, match="is empty"):
        shop.do(lambda tx: resellers.rename(tx, ANNA, north.reseller_id, version=2, name=" "))
