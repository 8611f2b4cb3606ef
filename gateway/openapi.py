"""The OpenAPI 3.1 document of everything that the engine speaks: both of its ports, and what it asks of gateways."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.client import IDEMPOTENCY_HEADER, SIGNATURE_HEADER
from gateway.door import DoorLimits
from gateway.openapi_schemas import Schema, schemas
from gateway.platform import REPLAYED_HEADER
from gateway.platform_requests import ID_SCHEMA, KEY_PATTERN
from gateway.strict_body import MAX_BODY_BYTES
from gateway.visit import LONGEST_LINE_BYTES, MOST_HEADERS
from store.idempotency import KEPT_FOR

API_VERSION = "1.0.0"
BEARER, SIGNATURE = "bearerToken", "connectorSignature"
_SIGNING = (
    f"Every message is signed in the header `{SIGNATURE_HEADER}`. Take the body's fields; flatten nested ones "
    "(`settings.api_key`); sort them by name, by code point; put name and value of each one after the other, with "
    "nothing between. The signature is the HMAC-SHA256 of this text in UTF-8 under the UTF-8 text of the connector's "
    "Secret Shared Key (not decoded from hex), in lower-case hex. Compare in constant time. All values are texts. Each "
    "message is a closed list of fields, all of them always present, empty where there is nothing."
)
_DESCRIPTION = (
    "The engine has two ports. The platform side, metrics and health are on the admin port, where this document is "
    "served; the programs of the platform bear a token (`gatewatch token create`). Gateways send their answers to "
    "another port, signed with their connector's Secret Shared Key; `webhooks` describes what the engine asks of a "
    "gateway at its Connector URL. A path that is not described is answered with 404.\n\n" + _SIGNING
)
_REASONS: Mapping[int, str] = {
    401: "The bearer token is missing, not known, or revoked.",
    404: "There is no such payment.",
    409: "The rules do not allow it now, or the idempotency key came before with another request. Nothing was done.",
    413: f"The body is larger than {MAX_BODY_BYTES} bytes.",
    415: "The body is not application/json, or it is compressed.",
    422: "The request is malformed; `problems` says all that is wrong. Nothing was done.",
}
_SHARED: Mapping[int, str] = {
    400: "NotHttp",
    405: "MethodNotAllowed",
    408: "TooSlow",
    417: "UnknownExpect",
    431: "HeaderTooLarge",
    503: "TryAgain",
}
"""What any request may be answered with, on both ports, by the names of the responses in the document."""


def document(answers_url: str) -> Schema:
    """Return the document; `answers_url` is where gateways reach the port for answers, empty if it is not known."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatewatch", "version": API_VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/", "description": "The admin port."}],
        "tags": [
            {"name": "platform", "description": "For the programs that sell."},
            {"name": "gateways", "description": "For payment gateways."},
            {"name": "operations", "description": "For those who keep the engine running; no token is needed."},
        ],
        "paths": {**_platform_paths(), **_operations_paths(), **_gateway_paths(answers_url)},
        "webhooks": _webhooks(),
        "components": {
            "schemas": schemas(),
            "parameters": _parameters(),
            "headers": _headers(),
            "responses": _shared_responses(),
            "securitySchemes": {
                BEARER: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token made by `gatewatch token create`; it works until it is revoked.",
                },
                SIGNATURE: {"type": "apiKey", "in": "header", "name": SIGNATURE_HEADER, "description": _SIGNING},
            },
        },
    }


def _platform_paths() -> Schema:
    key_text = (
        f"A repeated request with the same key and body gets the first result again, with `{REPLAYED_HEADER}: true`, "
        f"and changes nothing. A key is kept for {KEPT_FOR.days} days for each caller (the name of the token)."
    )
    made = {"Location": _component("headers", "Location"), REPLAYED_HEADER: _component("headers", REPLAYED_HEADER)}
    payment = _component("parameters", "paymentId")
    key = _component("parameters", "idempotencyKey")
    return {
        "/payments": {
            "post": {
                "operationId": "createPayment",
                "tags": ["platform"],
                "summary": "Create a payment that is Waiting for payment",
                "description": key_text,
                "security": [{BEARER: []}],
                "parameters": [key],
                "requestBody": _body("CreatePayment"),
                "responses": _responses(201, _content("The payment.", "Payment", made), 401, 409, 413, 415, 422),
            }
        },
        "/payments/{payment_id}": {
            "get": {
                "operationId": "readPayment",
                "tags": ["platform"],
                "summary": "Read a payment as it is now",
                "security": [{BEARER: []}],
                "parameters": [payment],
                "responses": _responses(200, _content("The payment.", "Payment"), 401, 404),
            }
        },
        "/payments/{payment_id}/attempts": {
            "post": {
                "operationId": "startAttempt",
                "tags": ["platform"],
                "summary": "Start an attempt to pay by a payment method",
                "description": key_text,
                "security": [{BEARER: []}],
                "parameters": [payment, key],
                "requestBody": _body("StartAttempt"),
                "responses": _responses(
                    201,
                    _content("The payment, Processing; `in_progress` is the attempt.", "Payment", made),
                    *(401, 404, 409, 413, 415, 422),
                ),
            }
        },
        "/payments/{payment_id}/cancel": {
            "post": {
                "operationId": "cancelPayment",
                "tags": ["platform"],
                "summary": "Cancel a payment that is Waiting for payment",
                "description": (
                    "It takes no body. A payment that is cancelled already is refused with 409, unless the request is "
                    "repeated with the same key. " + key_text
                ),
                "security": [{BEARER: []}],
                "parameters": [payment, _component("parameters", "cancelKey")],
                "responses": _responses(
                    200,
                    _content(
                        "The payment, Cancelled.",
                        "Payment",
                        {REPLAYED_HEADER: _component("headers", REPLAYED_HEADER)},
                    ),
                    *(401, 404, 409, 422),
                ),
            }
        },
    }


def _operations_paths() -> Schema:
    def get(operation: str, summary: str, done: Schema, **more: Schema) -> Schema:
        return {
            "get": {
                "operationId": operation,
                "tags": ["operations"],
                "summary": summary,
                "security": [],
                "responses": _responses(200, done) | more,
            }
        }

    any_object = {"application/json": {"schema": {"type": "object"}}}
    page = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/openapi.json": get("openapi", "This document", {"description": "It.", "content": any_object}),
        "/metrics": get("metrics", "Metrics for Prometheus", {"description": "Metrics.", "content": page}),
        "/healthz": get("healthz", "Whether the process is alive", _content("It is.", "Alive")),
        "/readyz": get(
            "readyz",
            "Whether the engine can send, receive and store",
            _content("It can.", "Readiness"),
            **{"503": _not_ready()},
        ),
    }


def _gateway_paths(answers_url: str) -> Schema:
    signature = {SIGNATURE_HEADER: _component("headers", SIGNATURE_HEADER)}
    acknowledged = _content("Applied, repeated, or held for an operator.", "Acknowledgement", signature)
    responses = _responses(200, acknowledged, 413, 415, 422) | {
        "401": _content("The signature is missing or wrong.", "Error"),
        "404": _content("There is no such connector.", "Error"),
    }
    return {
        "/connectors/{connector_id}/answers": {
            "servers": [{"url": answers_url or "/", "description": "The port for answers, as gateways reach it."}],
            "post": {
                "operationId": "takeAnswer",
                "tags": ["gateways"],
                "summary": "Tell what became of an attempt",
                "description": (
                    "The answer is on the disk when it is acknowledged. Send it again after 503, or if no "
                    "acknowledgement came: a repeated answer counts once."
                ),
                "security": [{SIGNATURE: []}],
                "parameters": [_component("parameters", "connectorId")],
                "requestBody": _body("Answer"),
                "responses": responses,
            },
        }
    }


def _webhooks() -> Schema:
    def asked(operation: str, summary: str, body: str, reply: str, parameters: list[Schema]) -> Schema:
        signature = {SIGNATURE_HEADER: _component("headers", SIGNATURE_HEADER)}
        return {
            "post": {
                "operationId": operation,
                "tags": ["gateways"],
                "summary": summary,
                "security": [{SIGNATURE: []}],
                "parameters": parameters,
                "requestBody": _body(body),
                "responses": {
                    "200": _content("The answer, signed.", reply, signature),
                    "2XX": {"description": "Taken, with an empty body; the answer comes later."},
                    "408": {"description": "Not now, as 409, 425 and 429: it is unknown what became of the request."},
                    "4XX": {"description": "Refused: the attempt ends."},
                    "5XX": {"description": "It is unknown what became of the request; it is sent again."},
                },
            }
        }

    attempt: Schema = {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "required": True,
        "description": "The attempt_id: however often it comes, the amount is taken once.",
        "schema": {"type": "string"},
    }
    return {
        "pay": asked("pay", "Take this amount, once for each attempt_id", "PayRequest", "Answer", [attempt]),
        "status": asked("status", "Tell what became of an attempt", "StatusRequest", "StatusReply", []),
    }


def _parameters() -> Schema:
    def in_path(name: str) -> Schema:
        return {"name": name, "in": "path", "required": True, "schema": dict(ID_SCHEMA)}

    key: Schema = {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "required": True,
        "description": "A new key for each new request, the same one when it is sent again.",
        "schema": {"type": "string", "pattern": f"^{KEY_PATTERN.pattern}$"},
    }
    return {
        "paymentId": in_path("payment_id"),
        "connectorId": in_path("connector_id"),
        "idempotencyKey": key,
        "cancelKey": key | {"required": False},
    }


def _headers() -> Schema:
    return {
        SIGNATURE_HEADER: {
            "required": True,
            "description": "The signature of the body.",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
        "Location": {"required": True, "description": "The payment's path.", "schema": {"type": "string"}},
        REPLAYED_HEADER: {
            "description": "`true` if this is the kept result of an earlier request.",
            "schema": {"const": "true"},
        },
        "Allow": {"required": True, "description": "The methods of the path.", "schema": {"type": "string"}},
        "Retry-After": {"required": True, "description": "Seconds.", "schema": {"type": "integer"}},
        "WWW-Authenticate": {"required": True, "schema": {"type": "string"}},
    }


def _shared_responses() -> Schema:
    """Return the responses that any request may get, by their names.

    What is not HTTP and an unknown Expect are refused by the HTTP server itself, in plain text.
    """
    page = {"text/plain": {"schema": {"type": "string"}}}
    told: Mapping[int, Schema] = {
        400: {
            "description": (
                f"What came is not HTTP/1.1: a line is malformed or longer than {LONGEST_LINE_BYTES} bytes, there are "
                f"more than {MOST_HEADERS} headers, or the body is not of the length that was said. The connection is "
                "closed."
            ),
            "content": page,
        },
        405: _content(
            "The path does not take this method; `Allow` names those that it takes.",
            "Error",
            {"Allow": _component("headers", "Allow")},
        ),
        408: _content("The header or the body did not come in time; send the request again.", "Error"),
        417: {"description": "The header Expect asks for something else than 100-continue.", "content": page},
        431: _content(f"The header is larger than {DoorLimits().head_bytes} bytes. The connection is closed.", "Error"),
        503: _content(
            "It cannot be taken now, or there are too many connections; send it again after the seconds in "
            "Retry-After.",
            "Error",
            {"Retry-After": _component("headers", "Retry-After")},
        ),
    }
    return {_SHARED[status]: response for status, response in told.items()}


def _not_ready() -> Schema:
    either = [_component("schemas", "Readiness"), _component("schemas", "Error")]
    return {
        "description": "It cannot, and `wrong` says why; or there are too many connections.",
        "content": {"application/json": {"schema": {"anyOf": either}}},
    }


def _component(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _body(name: str) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": _component("schemas", name)}}}


def _content(description: str, name: str, headers: Mapping[str, object] | None = None) -> Schema:
    response: Schema = {
        "description": description,
        "content": {"application/json": {"schema": _component("schemas", name)}},
    }
    return response if headers is None else response | {"headers": dict(headers)}


def _responses(done: int, content: Schema, *refusals: int) -> Schema:
    """Return the responses of an operation: the one when it is done, those that refuse it, and those of any request."""
    headers: Mapping[int, Schema] = {401: {"WWW-Authenticate": _component("headers", "WWW-Authenticate")}}
    told: Schema = {str(done): content}
    for status in refusals:
        told[str(status)] = _content(_REASONS[status], "Error", headers.get(status))
    return told | {str(status): _component("responses", name) for status, name in _SHARED.items()}
