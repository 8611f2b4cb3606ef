"""What the served OpenAPI document allows, and what it does not, thrown at both ports of a real engine.

Nothing may be answered with 500, with a status that the document does not know, or with a body that does not fit it.
The examples are bounded, and the same in every run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.field_rules import ANSWER_RULES
from gateway.openapi import document
from gateway.platform_requests import is_id
from gateway.signing import UnsignableBody, sign
from store import connectors, payment_commands, tokens
from store.audit import money_problems
from store.connectors import ConnectorForm
from store.store import Store, open_store
from tests.gateway.engine_process import Engine, engine
from tests.makers import ANNA, make_account, make_method, make_payment

pytestmark = pytest.mark.xdist_group("contract")
"""The last test counts what the ones before it have done, so one process runs them all."""

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
EXAMPLES = 150
SEED = 20260302
ANSWERS_PATH = "/connectors/{connector_id}/answers"
PATHS: dict[str, Any] = document("")["paths"]  # type: ignore[assignment]
OPERATIONS = [(method.upper(), path) for path, of in PATHS.items() for method in of if method in ("get", "post")]


@dataclass
class Contract:
    """A running engine on a store with a shop in it, and the document that it serves."""

    engine: Engine
    store: Store
    token: str
    key: str
    attempt_ids: list[str]
    schema: Any
    statuses: Counter[tuple[str, int]]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    folder = Path(tmp_path_factory.mktemp("contract")) / "store"
    store = open_store(folder)
    with store.transaction() as tx:
        # Nobody listens there: what the engine sends surely never leaves.
        form = ConnectorForm(name="Acme Pay", url="http://127.0.0.1:9/pay", schema_text="[]")
        connector = connectors.create(tx, ANNA, form)
        make_method(tx, connector)
        make_account(tx)
        _, token = tokens.create(tx, ANNA, "contract")
        attempt_ids = []
        for _ in range(4):
            payment = make_payment(tx, 1)
            attempt_ids.append(payment_commands.start_attempt(tx, ANNA, payment.id, 1).in_progress)
            make_payment(tx, 1)
    with engine(folder) as running:
        schema = schemathesis.openapi.from_url(f"{running.admin_url}/openapi.json")
        yield Contract(running, store, token, connector.shared_key, attempt_ids, schema, Counter())


def authenticate(contract: Contract, case: Any) -> None:
    """Add what a sender proves itself by: the bearer token, or the signature of the body where it can be signed."""
    if case.path.startswith("/payments"):
        case.headers["Authorization"] = f"Bearer {contract.token}"
    elif case.path == ANSWERS_PATH and isinstance(case.body, dict):
        with suppress(UnsignableBody):
            case.headers["X-Signature"] = sign(case.body, contract.key)


def cases(schema: Any, method: str, path: str) -> st.SearchStrategy[Any]:
    """Return what the document allows for an operation and, where there is anything to get wrong, what it does not."""
    operation = schema[path][method]
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.path_parameters or operation.body):
        return right  # type: ignore[no-any-return]
    return st.one_of(right, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_an_operation_answers_as_the_document_says(contract: Contract, method: str, path: str) -> None:
    base_url = contract.engine.answers_url if path == ANSWERS_PATH else contract.engine.admin_url
    there = st.fixed_dictionaries(
        {
            "payment_id": st.integers(1, 8),
            "attempt_id": st.sampled_from(contract.attempt_ids),
            "really": st.booleans(),
            "stranger": st.integers(0, 9).map(lambda drawn: drawn == 0),
        }
    )

    @seeded(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(contract.schema, method, path), there=there)
    def answered_as_said(case: Any, there: dict[str, Any]) -> None:
        if there["really"]:
            name_what_is_there(case, there)
        if not there["stranger"]:
            authenticate(contract, case)
        response = case.call(base_url=base_url, session=session, timeout=30)
        contract.statuses[(f"{method} {path}", response.status_code)] += 1
        case.validate_response(response, checks=CHECKS)

    with requests.Session() as session:
        answered_as_said()


def name_what_is_there(case: Any, there: dict[str, Any]) -> None:
    """Let ids that fit the document be those of records that are there: else little is done but refusing."""
    for name, value in (("payment_id", there["payment_id"]), ("connector_id", 1)):
        if is_id(case.path_parameters.get(name)):
            case.path_parameters[name] = value
    if not isinstance(case.body, dict):
        return
    for name in ("account_id", "method_id"):
        if is_id(case.body.get(name)):
            case.body[name] = 1
    named = case.body.get("attempt_id")
    if isinstance(named, str) and ANSWER_RULES["attempt_id"].problem("attempt_id", named) is None:
        case.body["attempt_id"] = there["attempt_id"]


def test_each_operation_was_really_done_and_not_only_refused(contract: Contract) -> None:
    done = {operation for operation, status in contract.statuses if status < 300}
    assert {f"{method} {path}" for method, path in OPERATIONS} == done, contract.statuses


def test_what_is_signed_gets_past_the_signature_and_is_still_refused_for_its_fields(contract: Contract) -> None:
    seen = {status for operation, status in contract.statuses if operation == f"POST {ANSWERS_PATH}"}
    assert {200, 401, 404, 422} <= seen, contract.statuses


def test_after_all_that_the_money_adds_up_and_the_engine_has_met_no_fault(contract: Contract) -> None:
    assert contract.engine.process.poll() is None
    assert money_problems(contract.store.view()) == []
    events = [json.loads(line) for line in contract.engine.log.read_text(encoding="utf-8").splitlines()]
    assert [each for each in events if each["event"] in ("fault", "http")] == []
