from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from store.actors import Actor
from store.connectors import Connector
from store.errors import NotFound, NotPermitted
from store.gateway_watch import watch_of
from store.payment_method import PaymentMethod
from store.refused_messages import KEPT_OF_EACH, keep, refused_of, secret_texts
from store.upkeep import check
from tests.makers import ANNA, START, Shop, make_connector, refused_message

SCHEMA = '[{"key": "api_key", "type": "password"}, {"key": "shop", "type": "string"}]'


def reasons(shop: Shop, connector_id: int | None = 1) -> list[str]:
    return [each.reason for each in refused_of(shop.store.view(), ANNA, connector_id)]


def test_the_last_hundred_of_each_connector_are_kept_and_all_are_counted(shop: Shop) -> None:
    other = shop.do(lambda tx: make_connector(tx, name="Other"))
    shop.do(lambda tx: keep(tx, other.id, [refused_message(0)], count=1))
    shop.do(lambda tx: keep(tx, 1, [refused_message(n) for n in range(60)], count=60))
    shop.do(lambda tx: keep(tx, 1, [refused_message(n) for n in range(60, 130)], count=70))
    shop.do(lambda tx: keep(tx, 1, [refused_message(n) for n in range(130, 400)], count=1000))

    assert reasons(shop) == [f"message {n}" for n in range(399, 299, -1)]
    assert len(reasons(shop)) == KEPT_OF_EACH
    assert reasons(shop, other.id) == ["message 0"]
    assert len(reasons(shop, None)) == KEPT_OF_EACH + 1
    watch = watch_of(shop.store.view(), 1)
    assert (watch.refused, watch.last_refused_at) == (1130, START + timedelta(seconds=399))
    assert check(shop.store).problems == ()


def test_nothing_is_kept_for_a_connector_that_is_not_there(shop: Shop) -> None:
    before = shop.content()

    shop.do(lambda tx: keep(tx, 7, [refused_message(1)], count=1))

    assert shop.content() == before
    with pytest.raises(NotFound):
        refused_of(shop.store.view(), ANNA, 7)


def test_only_the_root_reseller_sees_them(shop: Shop) -> None:
    with pytest.raises(NotPermitted):
        refused_of(shop.store.view(), Actor("tomas@example.com", reseller_id=2), None)


def test_secrets_are_both_keys_masked_settings_and_every_value_of_static_json(shop: Shop) -> None:
    static = '{"token": "st-1234", "deep": "yes!"}'
    keyed = replace(shop.connector, schema_text=SCHEMA, static_text=static, previous_key="previous-key")
    connector = shop.do(lambda tx: tx.put(keyed))
    settings = {"api_key": "k-5678", "shop": "northwind"}
    shop.do(lambda tx: tx.put(replace(tx.get(PaymentMethod, shop.method.id), settings=settings)))

    found = secret_texts(shop.store.view(), connector)

    assert found == {shop.connector.shared_key, "previous-key", "st-1234", "yes!", "k-5678"}


def test_where_the_schema_cannot_be_read_every_setting_is_a_secret(shop: Shop) -> None:
    settings = {"shop": "northwind", "pin": 123456, "on": True, "short": "abc", "list": ["listed"]}
    shop.do(lambda tx: tx.put(replace(tx.get(PaymentMethod, shop.method.id), settings=settings)))
    broken = shop.do(lambda tx: tx.put(replace(tx.get(Connector, 1), schema_text="{")))

    assert secret_texts(shop.store.view(), broken) == {broken.shared_key, "northwind", "123456", "listed"}
