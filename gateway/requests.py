"""What we ask of a gateway, made from records: the `pay` and `status` requests of an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.errors import MalformedMessage
from gateway.field_rules import PAY_RULES
from gateway.messages import PayRequest, StatusRequest
from gateway.timestamps import wire_time
from store.answers import Answer, of_payment
from store.connector_url import check_connector_url, is_loopback_host
from store.connectors import Connector
from store.errors import Problems
from store.payment_method import PaymentMethod
from store.payments import Attempt, Payment
from store.settings_schema import as_wire_text, merged_settings, parse_static
from store.store import View


@dataclass(frozen=True, slots=True)
class Addressed:
    """A request, where it goes, and the connector's keys: the first signs, each may sign the reply."""

    url: str
    request: PayRequest | StatusRequest
    keys: tuple[str, ...] = field(repr=False)


class NotSendable(Exception):
    """A request that cannot be made now; nothing was sent. The text says what to do."""


def pay_request(view: View, payment: Payment, attempt: Attempt, public_url: str, *, own_url: str) -> Addressed:
    """Return the `pay` request of an attempt.

    `public_url` is where gateways reach this engine, empty if not set; `own_url` serves for connectors on loopback.
    Raises NotSendable.
    """
    connector = view.get(Connector, attempt.connector_id)
    base = public_url or (own_url if is_loopback_host(urlsplit(connector.url).hostname or "") else "")
    if not base:
        raise NotSendable("The engine has no public URL to be answered at; start it with --public-url.")
    settings = settings_of(view, connector, attempt)
    try:
        request = PayRequest(
            settings=settings,
            attempt_id=attempt.id,
            payment_id=str(payment.id),
            payment_number=payment.number,
            account_id=str(payment.account_id),
            amount=payment.total.text,
            currency=payment.total.currency,
            callback_url=callback_url(base, connector.id),
            timestamp=wire_time(view.now),
        )
    except MalformedMessage as error:
        raise NotSendable(str(error)) from error
    return _addressed(view, connector, request)


def status_request(view: View, payment: Payment, attempt: Attempt) -> Addressed:
    """Return the `status` request of an attempt. Raises NotSendable."""
    connector = view.get(Connector, attempt.connector_id)
    settings = settings_of(view, connector, attempt)
    try:
        request = StatusRequest(
            settings=settings,
            attempt_id=attempt.id,
            gateway_reference=reference_of(of_payment(view, payment.id), attempt.id),
            timestamp=wire_time(view.now),
        )
    except MalformedMessage as error:
        raise NotSendable(str(error)) from error
    return _addressed(view, connector, request)


def callback_url(base: str, connector_id: int) -> str:
    """Return where a connector's gateway sends its answers, under the URL that it reaches this engine by."""
    return f"{base.rstrip('/')}/connectors/{connector_id}/answers"


def public_url_problems(public_url: str) -> list[str]:
    """Return everything that is wrong with the URL that gateways reach this engine by, as sentences."""
    problems = check_connector_url(public_url)
    if "?" in public_url:
        problems.append("The URL has a query (?…); the paths of the connectors are written after it, so leave it out.")
    in_message = PAY_RULES["callback_url"].problem("callback_url", callback_url(public_url, 1))
    if in_message is not None and not problems:
        problems.append(f"It cannot be sent to a gateway. {in_message}.")
    return problems


def settings_of(view: View, connector: Connector, attempt: Attempt) -> dict[str, str]:
    """Return the method's settings over the connector's Static JSON, as texts, with every key of the schema present.

    Raises NotSendable if the connector's own texts cannot be read.
    """
    try:
        schema = connector.schema
        static = parse_static(connector.static_text, schema)
    except Problems as error:
        raise NotSendable(f"Connector {connector.id} cannot be used: {error}") from error
    values = merged_settings(static, view.get(PaymentMethod, attempt.method_id).settings, schema=schema)
    return {key: as_wire_text(value) for key, value in values.items()}


def reference_of(answers: list[Answer], attempt_id: str) -> str:
    """Return the last gateway reference that was heard for an attempt, empty if none was."""
    heard = [each.given.gateway_reference for each in answers if each.attempt_id == attempt_id]
    return next((each for each in reversed(heard) if each), "")


def _addressed(view: View, connector: Connector, request: PayRequest | StatusRequest) -> Addressed:
    keys = connector.keys_at(view.now)
    return Addressed(connector.url, request, keys[::-1] if connector.old_key_signs(view.now) else keys)
