"""What the panel tells of requests, against the requests that the engine makes."""

from __future__ import annotations

import pytest

from gateway.dispatch import depart
from gateway.messages import PayRequest, StatusRequest
from gateway.sending import StepKind
from gateway.signing import flatten
from store import connectors, methods
from store.actors import Actor
from store.answers import of_payment
from store.connectors import ConnectorForm
from store.methods import MethodForm
from store.payments import Payment
from tests.makers import ANNA, Shop
from tui.sent_requests import HIDDEN, sent_requests

PUBLIC = "https://pay.example"
SCHEMA = """[{"type": "string", "key": "merchant"}, {"type": "password", "key": "api_key"},
             {"type": "string", "key": "branch"}]"""
TOMAS = Actor("tomas@example.com", reseller_id=2)


@pytest.fixture
def attempt(shop: Shop) -> str:
    """Return an attempt, not sent yet, through a method with settings, one of them masked, and Static JSON."""
    form = ConnectorForm(
        name="Acme",
        url="https://acme.example/pay",
        period_minutes="15",
        schema_text=SCHEMA,
        static_text='{"platform": "north", "limits": 3}',
    )
    connector = shop.do(lambda tx: connectors.create(tx, ANNA, form))
    settings = {"merchant": "M-1", "api_key": "planted-secret"}
    method = shop.do(
        lambda tx: methods.create(tx, ANNA, MethodForm(name="Card", connector_id=connector.id, settings=settings))
    )
    return shop.pay(shop.payment(), method.id, sent=False)


def sent(shop: Shop, attempt: str, kind: StepKind) -> PayRequest | StatusRequest:
    shop.clock.advance(seconds=1, milliseconds=250)
    departure = depart(shop.store, attempt, kind, public_url=PUBLIC, own_url="")
    assert departure is not None
    return departure.addressed.request


def test_a_request_is_told_field_by_field_as_it_was_sent_and_secrets_are_not(shop: Shop, attempt: str) -> None:
    pay = sent(shop, attempt, StepKind.PAY)
    shop.pending(attempt, reference="g-17")
    status = sent(shop, attempt, StepKind.STATUS)
    view = shop.store.view()
    [payment] = [each for each in view.all(Payment) if each.attempt(attempt)]
    told = sent_requests(view, ANNA, payment, of_payment(view, payment.id))

    assert [dict(each.fields)["request"] for each in told] == ["status", "pay"]
    for one, request in zip(told, (status, pay), strict=True):
        whole = flatten(request.body())
        fields = dict(one.fields)
        assert fields.keys() == whole.keys()
        secret = {"settings.api_key", "settings.platform", "settings.limits"}
        assert {name for name, value in fields.items() if value is HIDDEN} == secret
        assert {name: value for name, value in fields.items() if name not in secret} == {
            name: value for name, value in whole.items() if name not in secret
        }


def test_below_the_root_reseller_nothing_of_the_static_json_is_told(shop: Shop, attempt: str) -> None:
    sent(shop, attempt, StepKind.PAY)
    view = shop.store.view()
    [payment] = [each for each in view.all(Payment) if each.attempt(attempt)]
    [pay] = sent_requests(view, TOMAS, payment, ())
    settings = [name for name, _ in pay.fields if name.startswith("settings.")]
    assert settings == ["settings.merchant", "settings.api_key", "settings.branch"]


def test_of_an_attempt_that_was_not_sent_there_is_no_request(shop: Shop, attempt: str) -> None:
    view = shop.store.view()
    [payment] = [each for each in view.all(Payment) if each.attempt(attempt)]
    assert sent_requests(view, ANNA, payment, ()) == ()
