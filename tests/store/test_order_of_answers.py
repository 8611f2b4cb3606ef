"""Any order and repetition of one set of answers gives the same money (design section 2, *Money*).

It holds as said where no gateway reference is named by two attempts of one connector. Where one is, the rule
`reference-reused` holds whichever comes second, so the order says which charge is returned or completes, and which is
held; what is the same then is written in the tests of that name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import answers
from store.answers import Answer, AnswerGiven, AnswerResult
from store.audit import money_problems
from store.store import open_store
from tests.makers import CountedIds, FixedClock, make_connector, make_method, open_shop, success_of

ENDINGS = ("waiting", "processing", "expired", "cancelled", "paid from balance")

Sums = Counter[tuple[str, str]]
"""How much money is in which place, in which currency."""


@dataclass(frozen=True)
class Scene:
    """A store's files, in which payments were tried by three attempts each: by connector 1, by 2, by 1 again.

    The first payment ended as the scene says; the totals are 10.00, 20.00, … EUR.
    """

    files: dict[str, bytes]
    clock: FixedClock
    attempts: tuple[str, ...]

    def success(self, attempt: int, reference: str, *, amount: str = "") -> AnswerGiven:
        """Return a success for the attempt of this number, counted over all payments."""
        total = f"{10 * (attempt // 3 + 1)}.00"
        return success_of(self.connector(attempt), self.attempts[attempt], reference, amount or total, "EUR")

    def failure(self, attempt: int) -> AnswerGiven:
        """Return a failure for the attempt of this number."""
        return AnswerGiven(
            connector_id=self.connector(attempt), attempt_id=self.attempts[attempt], result=AnswerResult.FAILURE
        )

    def connector(self, attempt: int) -> int:
        """Return through which connector this attempt went."""
        return (1, 2, 1)[attempt % 3]


@cache
def make_scene(ending: str, payments: int = 1) -> Scene:
    """Make a scene in a folder that is gone when this returns."""
    with TemporaryDirectory(prefix="gatewatch-scene-") as folder:
        shop = open_shop(Path(folder))
        shop.fill_account("500")
        connector = shop.do(lambda tx: make_connector(tx, name="Other"))
        other = shop.do(lambda tx: make_method(tx, connector, name="Other")).id
        attempts: list[str] = []
        due_date = "2026-03-02" if ending == "expired" else ""
        known = [shop.payment(f"{10 * number}.00", due_date) for number in range(1, payments + 1)]
        for method in (shop.method.id, other, shop.method.id):
            shop.clock.advance(minutes=15)
            attempts += [shop.pay(payment, method) for payment in known]
        if ending != "processing":
            shop.clock.advance(days=1 if ending == "expired" else 0, minutes=15)
        if ending == "cancelled":
            shop.cancel(known[0])
        elif ending == "paid from balance":
            shop.pay_from_balance(known[0])
        in_order = tuple(attempts[number % 3 * payments + number // 3] for number in range(3 * payments))
        return Scene({each.name: each.read_bytes() for each in Path(folder).iterdir()}, shop.clock, in_order)


def sums_after(scene: Scene, given: Sequence[AnswerGiven]) -> Sums:
    """Receive the answers in this order, hold that money adds up, and return where it is."""
    with TemporaryDirectory(prefix="gatewatch-order-") as folder:
        for name, content in scene.files.items():
            (Path(folder) / name).write_bytes(content)
        store = open_store(Path(folder), clock=scene.clock, ids=CountedIds())
        with store.transaction() as tx:
            for each in given:
                answers.receive(tx, each)
        view = store.view()
        assert money_problems(view) == []
        sums: Sums = Counter()
        for answer in view.all(Answer):
            if answer.charge is not None and answer.place is not None:
                sums[answer.charge.currency, answer.place.value] += int(answer.charge.amount * 100)
        return sums


def returned_and_held(sums: Sums) -> int:
    """Return how much is returned or held, whichever."""
    return sum(amount for (_, place), amount in sums.items() if place in {"returned", "held"})


def completed(sums: Sums) -> int:
    """Return how much completed payments."""
    return sum(amount for (_, place), amount in sums.items() if place == "completed")


@st.composite
def orders(
    draw: st.DrawFn, *, payments: int, references_shared: bool
) -> tuple[Scene, list[AnswerGiven], list[AnswerGiven]]:
    """Make a scene and one set of answers in two orders, each answer once or more often."""
    scene = make_scene(draw(st.sampled_from(ENDINGS)), payments)
    given: list[AnswerGiven] = []
    for _ in range(draw(st.integers(1, 6))):
        attempt = draw(st.integers(0, len(scene.attempts) - 1))
        if draw(st.integers(0, 3)) == 0:
            given.append(scene.failure(attempt))
            continue
        # Attempts 0 and 2 of a payment go through one connector; attempt 1 may name what they name.
        reference = draw(st.sampled_from(("r1", "r2", "r3")))
        if not references_shared:
            reference += f"-of-{attempt // 3}-{'first' if attempt % 3 < 2 else 'last'}"
        given.append(scene.success(attempt, reference, amount=draw(st.sampled_from(("", "", "", "7.77")))))
    often = st.lists(st.sampled_from(given), max_size=3)
    return scene, draw(st.permutations(given + draw(often))), draw(st.permutations(given + draw(often)))


@settings(max_examples=60)
@given(orders(payments=2, references_shared=False))
def test_with_no_reference_named_by_two_attempts_every_sum_is_the_same(
    case: tuple[Scene, list[AnswerGiven], list[AnswerGiven]],
) -> None:
    scene, one, other = case
    assert sums_after(scene, one) == sums_after(scene, other)


@settings(max_examples=60)
@given(orders(payments=1, references_shared=True))
def test_on_one_payment_completed_is_the_same_and_so_is_returned_and_held_together(
    case: tuple[Scene, list[AnswerGiven], list[AnswerGiven]],
) -> None:
    scene, one, other = case
    first, second = sums_after(scene, one), sums_after(scene, other)
    assert completed(first) == completed(second)
    assert returned_and_held(first) == returned_and_held(second)


@settings(max_examples=60)
@given(orders(payments=2, references_shared=True))
def test_for_any_set_the_charges_are_the_same_and_each_is_in_one_place(
    case: tuple[Scene, list[AnswerGiven], list[AnswerGiven]],
) -> None:
    scene, one, other = case
    assert sums_after(scene, one).total() == sums_after(scene, other).total()


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_order_of_success_failure_and_second_charge_gives_the_same_money(ending: str) -> None:
    scene = make_scene(ending)
    given = [scene.success(0, "a"), scene.failure(0), scene.success(0, "b"), scene.success(1, "a")]
    found = {frozenset(sums_after(scene, each).items()) for each in permutations(given)}
    assert len(found) == 1


def test_where_two_attempts_name_one_reference_the_order_says_what_is_returned_and_what_is_held() -> None:
    scene = make_scene("waiting")
    a_r1, a_r2, b_r1 = scene.success(0, "r1"), scene.success(0, "r2"), scene.success(2, "r1")
    held_twice = sums_after(scene, [a_r1, a_r2, b_r1])
    held_once = sums_after(scene, [a_r2, b_r1, a_r1])
    kept = {("EUR", "returned"): 500_00, ("EUR", "completed"): 10_00}
    assert held_twice == {**kept, ("EUR", "held"): 20_00}
    assert held_once == {**kept, ("EUR", "returned"): 510_00, ("EUR", "held"): 10_00}


def test_where_attempts_of_two_payments_name_one_reference_the_order_says_which_is_completed() -> None:
    scene = make_scene("waiting", 2)
    ten, twenty = scene.success(0, "r1"), scene.success(3, "r1")
    assert completed(sums_after(scene, [ten, twenty])) == 10_00
    assert completed(sums_after(scene, [twenty, ten])) == 20_00
