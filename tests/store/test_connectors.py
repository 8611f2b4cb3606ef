"""Connectors: who may make and change them, what is refused, and which key counts when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from store import connectors, methods, shared_keys
from store.action_log import LogLine, last_change
from store.actors import Actor
from store.connectors import Connector, ConnectorForm
from store.errors import NotFound, NotPermitted, Problems, Refused, StaleEdit, StoreError
from store.resellers import create as create_reseller
from store.store import Transaction
from tests.makers import ANNA, Shop, make_connector, make_method

FORM = ConnectorForm(name="Acme Pay", url="https://acme.example.com/pay", period_minutes="15", schema_text="[]")
FIELD_LIST = '[{"type": "string", "key": "merchant", "required": true}]'
OLD_KEY = "an old key that is long enough"
NEW_KEY = "a new key that is long enough too"


def refused(shop: Shop, act: Callable[[Transaction], Any], why: str, error: type[StoreError] = Refused) -> None:
    """Hold that an act is refused with this reason in its text, and that no byte changes."""
    before = shop.content()
    with pytest.raises(error, match=why):
        shop.do(act)
    assert shop.content() == before


def problem_fields(form: ConnectorForm) -> list[str]:
    return [each.field for each in connectors.check(form)]


def test_a_key_is_made_by_itself_if_left_empty_and_kept_if_given(shop: Shop) -> None:
    made = shop.do(lambda tx: connectors.create(tx, ANNA, FORM))
    assert len(made.shared_key) == 64
    given = shop.do(lambda tx: connectors.create(tx, ANNA, replace(FORM, shared_key=OLD_KEY)))
    assert given.shared_key == OLD_KEY
    assert made.shared_key not in repr(made)
    assert OLD_KEY not in repr(replace(FORM, shared_key=OLD_KEY))


@pytest.mark.parametrize(
    ("typed", "seconds", "minutes"),
    [
        ("15", "900", "15"),
        ("10", "600", "10"),
        ("0.1", "6", "0.1"),
        ("525600", "31536000", "525600"),
        (" 0.5 ", "30", "0.5"),
    ],
)
def test_a_period_is_typed_in_minutes_and_kept_in_seconds(shop: Shop, typed: str, seconds: str, minutes: str) -> None:
    made = shop.do(lambda tx: connectors.create(tx, ANNA, replace(FORM, period_minutes=typed)))
    assert (str(made.period_seconds), str(made.period_minutes)) == (seconds, minutes)
    assert made.period == timedelta(seconds=float(seconds))


@pytest.mark.parametrize("typed", ["0", "0.09", "525600.1", "-5", "NaN", "Infinity", "soon", "1:30"])
def test_a_period_out_of_range_is_a_problem(typed: str) -> None:
    assert problem_fields(replace(FORM, period_minutes=typed)) == ["Period for payment processing"]


def test_an_empty_period_means_none(shop: Shop) -> None:
    made = shop.do(lambda tx: connectors.create(tx, ANNA, replace(FORM, period_minutes="")))
    assert (made.period_seconds, made.period_minutes, made.period) == (None, None, None)


def test_all_problem_items_come_at_once_in_the_order_of_the_form(shop: Shop) -> None:
    broken = ConnectorForm(
        name=" ", url="ftp://x", period_minutes="0", schema_text="[", static_text="{", shared_key="short"
    )
    fields = problem_fields(broken)
    assert list(dict.fromkeys(fields)) == [
        "Name",
        "Connector URL",
        "Secret Shared Key",
        "Period for payment processing",
        "JSON Schema",
        "Static JSON",
    ]
    refused(shop, lambda tx: connectors.create(tx, ANNA, broken), "Name", Problems)


def test_name_url_and_schema_are_required() -> None:
    assert problem_fields(ConnectorForm(name="", url="")) == ["Name", "Connector URL", "JSON Schema"]
    assert problem_fields(replace(FORM, name="x" * 101)) == ["Name"]


@pytest.mark.parametrize("key", ["short", " a key that begins with a space", "a key with\ta tab in it"])
def test_a_bad_key_is_a_problem(key: str) -> None:
    assert problem_fields(replace(FORM, shared_key=key)) == ["Secret Shared Key"]


def test_a_key_that_stands_in_schema_and_static_json_is_a_problem() -> None:
    both = replace(FORM, schema_text=FIELD_LIST, static_text='{"merchant": "M1"}')
    assert problem_fields(both) == ["Static JSON"]


def test_instances_counts_the_methods_of_all_resellers_that_are_not_deleted(shop: Shop) -> None:
    below = shop.do(lambda tx: create_reseller(tx, ANNA, name="North", parent_id=1))
    bea = Actor("bea@example.com", below.id)
    second = shop.do(
        lambda tx: methods.create(tx, bea, methods.MethodForm(name="Her card", connector_id=shop.connector.id))
    )
    assert connectors.instances_of(shop.store.view(), shop.connector.id) == 2
    shop.do(lambda tx: methods.delete(tx, bea, second.id))
    assert connectors.instances_of(shop.store.view(), shop.connector.id) == 1


def test_the_schema_is_locked_while_there_are_instances_and_the_rest_is_not(shop: Shop) -> None:
    version = shop.connector.version
    other = replace(FORM, schema_text=FIELD_LIST)
    refused(
        shop,
        lambda tx: connectors.update(tx, ANNA, shop.connector.id, other, version=version),
        "cannot change while Instances is 1",
    )
    changed = shop.do(
        lambda tx: connectors.update(
            tx, ANNA, shop.connector.id, replace(FORM, name="Acme", static_text='{"a": "b"}'), version=version
        )
    )
    assert (changed.name, changed.static_text, changed.version) == ("Acme", '{"a": "b"}', version + 1)
    shop.do(lambda tx: methods.delete(tx, ANNA, shop.method.id))
    freed = shop.do(lambda tx: connectors.update(tx, ANNA, shop.connector.id, other, version=changed.version))
    assert freed.schema.keys == ("merchant",)


def test_a_stale_edit_is_refused_with_who_changed_it(shop: Shop) -> None:
    version = shop.connector.version
    carl = Actor("carl@example.com")
    shop.do(lambda tx: connectors.update(tx, carl, shop.connector.id, replace(FORM, name="His"), version=version))
    refused(
        shop,
        lambda tx: connectors.update(tx, ANNA, shop.connector.id, replace(FORM, name="Hers"), version=version),
        "Connector 1 was changed by carl@example.com",
        StaleEdit,
    )


def test_who_only_looked_at_a_secret_has_changed_nothing(shop: Shop) -> None:
    connector, viewer = shop.connector, Actor("viewer@example.com")
    text = shop.do(lambda tx: connectors.reveal_static(tx, viewer, connector.id))
    shop.do(lambda tx: shared_keys.reveal_key(tx, viewer, connector.id))
    view = shop.store.view()
    assert text == connector.static_text
    assert [each.action for each in view.all(LogLine)][-2:] == ["static json revealed", "key revealed"]
    last = last_change(view, f"connector {connector.id}")
    assert last is not None
    assert (last.by, last.action) == (ANNA.name, "connector created")


def test_the_key_is_rotated_not_edited(shop: Shop) -> None:
    refused(
        shop,
        lambda tx: connectors.update(tx, ANNA, 1, replace(FORM, shared_key=NEW_KEY), version=shop.connector.version),
        "rotate it",
    )


def test_delete_is_refused_while_there_are_instances_and_names_the_methods(shop: Shop) -> None:
    shop.do(lambda tx: make_method(tx, shop.connector, name="Second card"))
    refused(
        shop,
        lambda tx: connectors.delete(tx, ANNA, shop.connector.id),
        r"Instances 2: Card \(ID 1\), Second card \(ID 2\)",
    )


def test_delete_hides_a_connector_and_keeps_it_for_its_answers(shop: Shop) -> None:
    made = shop.do(lambda tx: make_connector(tx, name="Unused"))
    shop.do(lambda tx: connectors.delete(tx, ANNA, made.id))
    view = shop.store.view()
    assert [each.id for each in connectors.listed(view, ANNA)] == [shop.connector.id]
    with pytest.raises(NotFound, match=f"no connector with ID {made.id}"):
        connectors.get(view, ANNA, made.id)
    assert view.get(Connector, made.id).shared_key == made.shared_key
    refused(shop, lambda tx: connectors.delete(tx, ANNA, made.id), "no connector", NotFound)


def test_revealing_a_key_is_logged_and_the_log_never_holds_one(shop: Shop) -> None:
    key = shop.do(lambda tx: shared_keys.reveal_key(tx, ANNA, shop.connector.id))
    assert key == shop.connector.shared_key
    last = list(shop.store.view().all(LogLine))[-1]
    assert (last.by, last.action, last.subject) == (ANNA.name, "key revealed", "connector 1")
    assert all(key not in str(each) for each in shop.store.view().all(LogLine))


def test_a_manager_of_another_reseller_sees_nothing_of_connectors(shop: Shop) -> None:
    below = shop.do(lambda tx: create_reseller(tx, ANNA, name="North", parent_id=1))
    bea = Actor("bea@example.com", below.id)
    view = shop.store.view()
    with pytest.raises(NotPermitted, match="root reseller only"):
        connectors.listed(view, bea)
    with pytest.raises(NotPermitted):
        connectors.get(view, bea, shop.connector.id)
    with pytest.raises(NotPermitted):
        connectors.get(view, bea, 99)
    for act in (
        lambda tx: connectors.create(tx, bea, FORM),
        lambda tx: connectors.update(tx, bea, 1, FORM, version=1),
        lambda tx: connectors.delete(tx, bea, 1),
        lambda tx: shared_keys.rotate_key(tx, bea, 1),
        lambda tx: shared_keys.reveal_key(tx, bea, 1),
        lambda tx: connectors.reveal_static(tx, bea, 1),
    ):
        refused(shop, act, "root reseller only", NotPermitted)


def test_a_read_only_manager_of_the_root_reseller_sees_connectors_and_changes_none(shop: Shop) -> None:
    reader = Actor("rita@example.com", full_control=False)
    assert connectors.get(shop.store.view(), reader, 1).name == "Acme Pay"
    for act in (
        lambda tx: connectors.create(tx, reader, FORM),
        lambda tx: connectors.update(tx, reader, 1, FORM, version=1),
        lambda tx: connectors.delete(tx, reader, 1),
        lambda tx: shared_keys.rotate_key(tx, reader, 1),
        lambda tx: shared_keys.reveal_key(tx, reader, 1),
        lambda tx: connectors.reveal_static(tx, reader, 1),
    ):
        refused(shop, act, "Read Only", NotPermitted)


def test_a_period_is_exact_to_the_microsecond(shop: Shop) -> None:
    made = shop.do(lambda tx: connectors.create(tx, ANNA, replace(FORM, period_minutes="1.23456789")))
    assert made.period_seconds == Decimal("74.074073")
    assert made.period == timedelta(seconds=74, microseconds=74073)
