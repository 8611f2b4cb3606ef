"""The README shows the state diagrams that the tables draw, and these are complete."""

from __future__ import annotations

from pathlib import Path

from store.state_diagram import BEGIN, END, diagrams
from store.states import RULES, AttemptState, PaymentStatus

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_the_diagrams_that_the_tables_draw() -> None:
    text = README.read_text(encoding="utf-8")
    assert BEGIN in text, f"README.md has no line {BEGIN}; `python -m store.state_diagram` prints the block."
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == diagrams(), (
        "README.md and the tables differ. `python -m store.state_diagram` prints the block; put it into README.md "
        f"between {BEGIN} and {END}."
    )


def test_every_status_and_every_state_is_drawn() -> None:
    payment, attempt = diagrams().split("\n\n")
    assert all(f"{each.value}: {each.label}" in payment for each in PaymentStatus)
    assert all(f" {each.value}" in attempt for each in AttemptState)


def test_every_rule_that_changes_a_status_is_drawn() -> None:
    payment = diagrams().split("\n\n")[0]
    changing = {rule.name for rule in RULES if rule.payment_becomes is not None}
    assert {name for name in changing if name not in payment} == set()


def test_every_rule_that_changes_an_attempt_is_drawn() -> None:
    attempt = diagrams().split("\n\n")[1]
    changing = {rule.name for rule in RULES if rule.attempt_becomes}
    assert {name for name in changing if name not in attempt} == set()


def test_completed_never_ends() -> None:
    completed = [line.strip() for line in diagrams().splitlines() if line.strip().startswith("completed -->")]
    assert completed == ["completed --> [*]"]
