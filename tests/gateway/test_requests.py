"""What we ask of a gateway, made from records."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.messages import PayRequest, StatusRequest, parse_pay
from gateway.requests import (
    Addressed,
    NotSendable,
    callback_url,
    pay_request,
    public_url_problems,
    settings_of,
    status_request,
)
from gateway.signing import signed_text
from store import accounts, connectors, methods, payment_commands, shared_keys
from store.connectors import Connector, ConnectorForm
from store.methods import MethodForm
from store.payments import Attempt, Payment
from store.store import Store, View, open_store
from tests.makers import ANNA, CountedIds, FixedClock

SCHEMA = """[
    {"type": "password", "key": "api_key", "required": true},
    {"type": "string", "key": "branch"},
    {"type": "checkbox", "key": "cards", "options": [{"value": "visa", "label": "V"}, {"value": "mc", "label": "M"}]}
]"""
PUBLIC_URL = "https://panel.example.com/gatewatch/"


class Desk:
    """A store with one attempt, made through a connector whose fields a test chooses."""

    def __init__(self, folder: Path, *, url: str = "https://acme.example.com/pay") -> None:
        self.clock = FixedClock()
        self.store: Store = open_store(folder, clock=self.clock, ids=CountedIds())
        form = ConnectorForm(
            name="Acme", url=url, schema_text=SCHEMA, static_text='{"merchant": "m-1", "test": true, "limit": 2.50}'
        )
        with self.store.transaction() as tx:
            connector = connectors.create(tx, ANNA, form)
            settings = {"api_key": "schlüssel", "cards": ["visa", "mc"]}
            method = methods.create(tx, ANNA, MethodForm(name="Card", connector_id=connector.id, settings=settings))
            account = accounts.create(tx, ANNA, name="Ada", currency="EUR")
            payment = payment_commands.create(tx, ANNA, account_id=account.id, total="129")
            payment_commands.start_attempt(tx, ANNA, payment.id, method.id)

    @property
    def view(self) -> View:
        return self.store.view()

    @property
    def payment(self) -> Payment:
        return self.view.get(Payment, 1)

    @property
    def attempt(self) -> Attempt:
        return self.payment.attempts[0]

    @property
    def connector(self) -> Connector:
        return self.view.get(Connector, 1)

    def pay(self, public_url: str = PUBLIC_URL, own_url: str = "") -> tuple[Addressed, PayRequest]:
        addressed = pay_request(self.view, self.payment, self.attempt, public_url, own_url=own_url)
        assert isinstance(addressed.request, PayRequest)
        return addressed, addressed.request


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_pay_request_tells_the_attempt_the_amount_and_where_to_answer(desk: Desk) -> None:
    addressed, request = desk.pay()

    assert addressed.url == "https://acme.example.com/pay"
    assert request.attempt_id == desk.attempt.id
    assert (request.payment_id, request.payment_number, request.account_id) == ("1", "P-000001", "1")
    assert (request.amount, request.currency) == ("129.00", "EUR")
    assert request.callback_url == "https://panel.example.com/gatewatch/connectors/1/answers"
    assert request.timestamp == "2026-03-02T09:00:00.000Z"


def test_the_settings_are_the_methods_over_static_json_as_texts_with_every_key_of_the_schema(desk: Desk) -> None:
    assert settings_of(desk.view, desk.connector, desk.attempt) == {
        "merchant": "m-1",
        "test": "true",
        "limit": "2.5",
        "api_key": "schlüssel",
        "branch": "",
        "cards": '["visa","mc"]',
    }


def test_the_message_is_one_that_a_gateway_can_read(desk: Desk) -> None:
    _, request = desk.pay()

    assert parse_pay(request.body(), ["merchant", "test", "limit", "api_key", "branch", "cards"]) == request
    assert "settings.api_keyschlüssel" in signed_text(request.body())


def test_a_status_request_names_the_attempt(desk: Desk) -> None:
    addressed = status_request(desk.view, desk.payment, desk.attempt)

    assert isinstance(addressed.request, StatusRequest)
    assert addressed.request.attempt_id == desk.attempt.id
    assert addressed.request.gateway_reference == ""
    assert addressed.request.settings == settings_of(desk.view, desk.connector, desk.attempt)


def test_requests_are_signed_with_the_one_key(desk: Desk) -> None:
    addressed, _ = desk.pay()

    assert addressed.keys == (desk.connector.shared_key,)


def test_in_the_grace_time_the_old_key_signs_and_both_may_sign_the_reply(desk: Desk) -> None:
    old = desk.connector.shared_key
    with desk.store.transaction() as tx:
        shared_keys.rotate_key(tx, ANNA, 1, grace_seconds=3600)

    addressed, _ = desk.pay()

    assert addressed.keys == (old, desk.connector.shared_key)


def test_once_the_new_key_is_used_it_signs_and_both_may_sign_the_reply(desk: Desk) -> None:
    old = desk.connector.shared_key
    with desk.store.transaction() as tx:
        new = shared_keys.rotate_key(tx, ANNA, 1, grace_seconds=3600).shared_key
        shared_keys.use_new_key(tx, ANNA, 1)

    addressed, _ = desk.pay()

    assert addressed.keys == (new, old)


def test_after_the_grace_time_the_new_key_signs(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        shared_keys.rotate_key(tx, ANNA, 1, grace_seconds=3600)
    desk.clock.advance(hours=1)

    addressed, _ = desk.pay()

    assert addressed.keys == (desk.connector.shared_key,)


def test_the_keys_and_settings_are_not_in_the_repr(desk: Desk) -> None:
    addressed, _ = desk.pay()

    shown = repr(addressed)
    assert desk.connector.shared_key not in shown
    assert "schlüssel" not in shown


def test_without_a_public_url_a_gateway_on_loopback_answers_at_the_port_itself(tmp_path: Path) -> None:
    desk = Desk(tmp_path, url="http://127.0.0.1:9000/pay")

    _, request = desk.pay(public_url="", own_url="http://127.0.0.1:8480")

    assert request.callback_url == "http://127.0.0.1:8480/connectors/1/answers"


def test_without_a_public_url_a_gateway_elsewhere_is_not_asked(desk: Desk) -> None:
    with pytest.raises(NotSendable, match="--public-url"):
        desk.pay(public_url="", own_url="http://127.0.0.1:8480")


def test_a_message_that_cannot_be_made_is_not_sendable_and_says_what_is_wrong(desk: Desk) -> None:
    with pytest.raises(NotSendable, match="callback_url"):
        desk.pay(public_url="https://currency.example.com")
    with pytest.raises(NotSendable, match="attempt_id"):
        status_request(desk.view, desk.payment, replace(desk.attempt, id="not an id"))


def test_a_connector_whose_static_json_cannot_be_read_is_not_sendable(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        tx.put(replace(tx.get(Connector, 1), static_text="[]"))

    with pytest.raises(NotSendable, match="Static JSON"):
        desk.pay()


def test_a_callback_url_has_one_slash_where_it_is_joined() -> None:
    joined = "https://panel.example.com/connectors/7/answers"
    assert callback_url("https://panel.example.com", 7) == joined
    assert callback_url("https://panel.example.com/", 7) == joined


@pytest.mark.parametrize(
    "public_url",
    ["https://panel.example.com", "https://panel.example.com/gatewatch/", "http://localhost:8480", "http://[::1]:8480"],
)
def test_a_public_url_that_gateways_can_answer_at_is_right(public_url: str) -> None:
    assert public_url_problems(public_url) == []


@pytest.mark.parametrize(
    ("public_url", "says"),
    [
        ("panel.example.com", "begins with https://"),
        ("http://panel.example.com", "Without https"),
        ("https://panel.example.com/?at=1", "query"),
        ("https://me:secret@panel.example.com", "user name"),
        ("https://panel.example.com/#here", "fragment"),
        ("https://currency.example.com", "currency"),
        ("https://pänel.example.com", "ASCII"),
    ],
)
def test_any_other_public_url_is_refused_with_what_is_wrong(public_url: str, says: str) -> None:
    assert says in " ".join(public_url_problems(public_url))
