"""A gateway reference that an operator records by hand is one that could have come by the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.field_rules import ANSWER_RULES
from gateway.messages import GatewayAnswer
from store.inbox import FIELD_NAMES, is_reference

WIRE = ANSWER_RULES["gateway_reference"]


def test_the_names_that_no_reference_contains_are_the_fields_of_an_answer() -> None:
    assert tuple(GatewayAnswer.field_rules) == FIELD_NAMES


@given(st.one_of(st.text(min_size=1, max_size=70), st.text("abcdemnotu_-19", min_size=1, max_size=70)))
def test_the_inbox_takes_the_references_that_the_wire_takes(text: str) -> None:
    assert is_reference(text) == (WIRE.problem("gateway_reference", text) is None)


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_no_reference_contains_a_fields_name(name: str) -> None:
    assert not is_reference(f"a{name}1")
    assert WIRE.problem("gateway_reference", f"a{name}1") is not None
