"""The README's state diagrams, drawn from the rules' tables: `python -m store.state_diagram` prints them.

Every combination of status, state and event that can occur is put to `rule_for`; what changes is an arrow that bears
the rule's name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from store.states import (
    CLOSED,
    UNANSWERED,
    AttemptState,
    Event,
    Facts,
    Mark,
    PaymentStatus,
    Rule,
    rule_for,
)

BEGIN = "<!-- states:begin -->"
END = "<!-- states:end -->"
ARROWS_BESIDE_THE_TABLE = ((AttemptState.QUEUED, AttemptState.SENT, "may reach the gateway"),)
"""What changes an attempt without an event that is judged: the engine is about to write the first byte."""

_START = "[*]"
_MARKS = frozenset({Mark.METHOD_ENABLED, Mark.BALANCE_COVERS, Mark.DUE_DATE_OVER})
"""What must be so for anything to change; the other marks only keep a payment as it is."""

Arrows = dict[tuple[str, str], list[str]]


def diagrams() -> str:
    """Return both diagrams in Mermaid, as they stand in the README between `BEGIN` and `END`."""
    return f"{_payment_diagram()}\n\n{_attempt_diagram()}"


def _payment_diagram() -> str:
    arrows: Arrows = {(_START, PaymentStatus.WAITING.value): ["created"]}
    for facts, rule in _judged():
        if facts.payment is not None and rule.payment_becomes not in {None, facts.payment}:
            _add(arrows, facts.payment, rule.payment_becomes, rule.name)
    for status in sorted(CLOSED, key=list(PaymentStatus).index):
        arrows[status.value, _START] = []
    return _mermaid("Payment status", {each.value: each.label for each in PaymentStatus}, arrows)


def _attempt_diagram() -> str:
    arrows: Arrows = {}
    for before, after, words in ARROWS_BESIDE_THE_TABLE:
        _add(arrows, before, after, words)
    for facts, rule in _judged():
        if facts.event is Event.START:
            _add(arrows, _START, AttemptState.QUEUED, rule.name)
        elif facts.attempt is not None:
            after = rule.attempt_becomes.get(facts.attempt, facts.attempt)
            if after is not facts.attempt:
                _add(arrows, facts.attempt, after, rule.name)
        if facts.payment is PaymentStatus.PROCESSING and rule.payment_becomes is PaymentStatus.COMPLETED:
            _add_left_behind(arrows, facts, rule)
    return _mermaid("Attempt state", {each.value: each.value for each in AttemptState}, arrows)


def _add_left_behind(arrows: Arrows, facts: Facts, rule: Rule) -> None:
    """Add what becomes of the attempt in progress, still queued, when another one completes the payment."""
    if not facts.in_progress:
        _add(arrows, AttemptState.QUEUED, AttemptState.UNDELIVERED, rule.name)


def _judged() -> Iterator[tuple[Facts, Rule]]:
    """Yield every combination that can occur and that a rule fits, with its rule."""
    for event in Event:
        for status in PaymentStatus:
            for attempt, in_progress in _attempts(status):
                facts = Facts(event, status, attempt, in_progress, _MARKS)
                rule = rule_for(facts)
                if rule is not None:
                    yield facts, rule


def _attempts(status: PaymentStatus) -> Iterator[tuple[AttemptState, bool]]:
    """Yield each state that an attempt of such a payment can have, with whether it is the one in progress.

    One that has no answer yet is in progress, but where another one has completed the payment after it was sent.
    """
    for state in AttemptState:
        if state in UNANSWERED and status is PaymentStatus.PROCESSING:
            yield state, True
        if state not in UNANSWERED or (state is AttemptState.SENT and status is PaymentStatus.COMPLETED):
            yield state, False


def _add(arrows: Arrows, before: str, after: str | None, name: str) -> None:
    names = arrows.setdefault((str(before), str(after)), [])
    if name not in names:
        names.append(name)


def _mermaid(title: str, labels: dict[str, str], arrows: Arrows) -> str:
    lines = ["```mermaid", "---", f"title: {title}", "---", "stateDiagram-v2"]
    lines.extend(f"    {code}: {label}" for code, label in labels.items() if label != code)
    order = [_START, *labels, _START]
    for before, after in sorted(arrows, key=lambda ends: (order.index(ends[0]), order.index(ends[1], 1))):
        names = arrows[before, after]
        words = f": {', '.join(names)}" if names else ""
        lines.append(f"    {before} --> {after}{words}")
    return "\n".join([*lines, "```"])


def main() -> None:
    """Print the README's block, its two marks included."""
    sys.stdout.write(f"{BEGIN}\n{diagrams()}\n{END}\n")


if __name__ == "__main__":
    main()
