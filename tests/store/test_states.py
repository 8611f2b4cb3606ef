"""Every combination of status, state, event and marks against the design's table as a second author wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest

from store.states import (
    ANSWERS,
    RULES,
    AttemptState,
    Charge,
    Event,
    Facts,
    Mark,
    PaymentStatus,
    Source,
    explain,
    rule_for,
    rule_named,
)
from tests.store.rules_model import first_line

WORDS = {
    Mark.ATTEMPT_UNKNOWN: "unknown",
    Mark.HEARD_BEFORE: "heard",
    Mark.AMOUNT_DIFFERS: "differs",
    Mark.REFERENCE_USED: "reused",
    Mark.METHOD_ENABLED: "enabled",
    Mark.DUE_DATE_OVER: "due",
    Mark.BALANCE_COVERS: "covers",
}
MARK_SETS = [frozenset(each) for each in chain.from_iterable(combinations(Mark, size) for size in range(len(Mark) + 1))]

# Design section 2, first column, from top to bottom.
NAMES_IN_ORDER = [
    "unmatched",
    "repeated-answer",
    "pending-noted",
    "amount-mismatch",
    "second-charge",
    "reference-reused",
    "failure-after-success",
    "answered-success",
    "late-success-during-retry",
    "success-after-failure",
    "late-success",
    "second-success",
    "success-after-close",
    "answered-failure",
    "late-failure-during-retry",
    "late-failure",
    "second-failure",
    "failure-after-close",
    "period-over",
    "period-over-ignored",
    "undelivered",
    "refused-by-gateway",
    "attempt-started",
    "due-date-passed",
    "cancelled",
    "paid-from-balance",
]

# Which command is allowed in which status, when all that it needs is so: design section 2, the rows of commands.
ALLOWED = {
    Event.START: {PaymentStatus.WAITING, PaymentStatus.EXPIRED},
    Event.CANCEL: {PaymentStatus.WAITING},
    Event.PAY_FROM_BALANCE: {PaymentStatus.WAITING, PaymentStatus.EXPIRED},
}
NEEDS = {Event.START: Mark.METHOD_ENABLED, Event.CANCEL: None, Event.PAY_FROM_BALANCE: Mark.BALANCE_COVERS}


def combinations_of(event: Event) -> Iterator[Facts]:
    for status, state, in_progress, marks in product(PaymentStatus, AttemptState, (True, False), MARK_SETS):
        yield Facts(event, status, state, in_progress, marks)


@pytest.mark.parametrize("event", Event)
def test_every_combination_finds_the_line_that_the_design_says(event: Event) -> None:
    for facts in combinations_of(event):
        rule = rule_for(facts)
        assert facts.payment is not None
        expected = first_line(
            facts.event.value,
            facts.payment.value,
            facts.attempt and facts.attempt.value,
            in_progress=facts.in_progress,
            marks=frozenset(WORDS[mark] for mark in facts.marks),
        )
        assert (rule.name if rule else None) == expected, facts


@pytest.mark.parametrize("event", sorted(ANSWERS))
def test_every_answer_finds_a_rule(event: Event) -> None:
    assert all(rule_for(facts) is not None for facts in combinations_of(event))
    assert rule_for(Facts(event, None, None, marks=frozenset({Mark.ATTEMPT_UNKNOWN}))) is rule_named("unmatched")


@pytest.mark.parametrize(("event", "status"), product(ALLOWED, PaymentStatus))
def test_a_command_is_refused_but_in_the_statuses_that_the_design_names(event: Event, status: PaymentStatus) -> None:
    for marks in MARK_SETS:
        allowed = status in ALLOWED[event] and (NEEDS[event] is None or NEEDS[event] in marks)
        assert (rule_for(Facts(event, status, None, marks=marks)) is not None) is allowed


def test_in_processing_no_command_is_allowed() -> None:
    everything = frozenset(Mark)
    assert all(rule_for(Facts(event, PaymentStatus.PROCESSING, None, marks=everything)) is None for event in ALLOWED)


def test_the_first_line_that_fits_is_taken() -> None:
    for event in Event:
        for facts in combinations_of(event):
            fitting = [rule for rule in RULES if rule.fits(facts)]
            assert rule_for(facts) is (fitting[0] if fitting else None)


def test_the_lines_stand_in_the_designs_order() -> None:
    assert list(dict.fromkeys(rule.name for rule in RULES)) == NAMES_IN_ORDER


def test_the_guides_own_sentences_are_marked() -> None:
    ours = {rule.name for rule in RULES if rule.source is Source.OURS}
    guides = {rule.name for rule in RULES if rule.source is Source.OPERATOR_GUIDE}
    assert guides == {
        "period-over",
        "period-over-ignored",
        "late-success",
        "late-failure",
        "late-success-during-retry",
        "second-success",
        "second-failure",
    }
    assert ours | guides == set(NAMES_IN_ORDER)


def test_a_held_charge_and_only_a_conflict_besides_goes_to_the_inbox() -> None:
    in_inbox = {rule.name for rule in RULES if rule.inbox}
    held = {rule.name for rule in RULES if rule.charge is Charge.HELD}
    assert in_inbox == held | {"failure-after-success"}


def test_completed_never_ends() -> None:
    for event in Event:
        for facts in combinations_of(event):
            rule = rule_for(facts)
            if facts.payment is PaymentStatus.COMPLETED and not facts.in_progress and rule is not None:
                assert rule.payment_becomes is None


def test_every_rule_and_operators_act_is_explained_in_a_sentence() -> None:
    for name in (*NAMES_IN_ORDER, "charge-returned", "answer-dismissed"):
        assert explain(name).endswith(".")
    assert explain("nobody-knows") == "nobody-knows"
    with pytest.raises(KeyError):
        rule_named("nobody-knows")


def test_labels_and_codes_are_the_designs() -> None:
    assert {each.value: each.label for each in PaymentStatus} == {
        "waiting_for_payment": "Waiting for payment",
        "processing": "Processing",
        "completed": "Completed",
        "expired": "Expired",
        "cancelled": "Cancelled",
        "paid_from_balance": "Paid from balance",
    }
    assert {each.value for each in PaymentStatus if each.closed} == {"completed", "cancelled", "paid_from_balance"}
    assert [each.value for each in AttemptState] == ["queued", "sent", "succeeded", "failed", "overdue", "undelivered"]
