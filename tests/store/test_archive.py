from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tinydb import TinyDB

from store import answers, inbox, payment_commands
from store.accounts import Account
from store.answers import Answer
from store.archive import age_out
from store.archived_payment import ArchivedPayment
from store.archives import LOCK_NAME, Archives
from store.audit import money_problems
from store.disk import RealDisk
from store.errors import StoreBusy, StoreNotUsable
from store.lock import ProcessLock
from store.payments import Delivery, Payment
from store.record_audit import record_problems
from store.states import PaymentStatus
from store.store import Store, Transaction, open_store
from tests.makers import ANNA, Shop, make_payment, open_shop
from tests.store.fake_disk import FakeDisk, Step

QUARTER = timedelta(days=90)
AT_ONCE = timedelta(0)


def completed(shop: Shop, reference: str = "r1") -> tuple[int, str]:
    """Return a Completed payment and its attempt."""
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.success(attempt, reference)
    return payment, attempt


def archived(shop: Shop) -> tuple[int, str]:
    """Return a Completed payment that has aged out, and its attempt."""
    payment, attempt = completed(shop)
    shop.clock.advance(days=91)
    assert age_out(shop.store, after=QUARTER) == 1
    return payment, attempt


def sound(store: Store) -> bool:
    view = store.view()
    return record_problems(view) == [] and money_problems(view) == []


def test_a_payment_that_was_closed_long_ago_moves_whole_to_its_months_file(shop: Shop) -> None:
    payment, _ = completed(shop)
    shop.clock.advance(days=90, microseconds=-1)
    assert age_out(shop.store, after=QUARTER) == 0
    before = shop.now(payment)
    shop.clock.advance(microseconds=1)

    assert age_out(shop.store, after=QUARTER) == 1

    assert not shop.store.view().holds(Payment, payment)
    path = shop.store.folder / "archive-2026-03.json"
    assert path.stat().st_mode & 0o777 == 0o600
    with TinyDB(path, access_mode="r") as stock:
        [kept] = stock.table("payments").all()
    assert kept["number"] == before.number
    assert [line["rule"] for line in kept["history"]] == ["attempt-started", "answered-success"]
    assert shop.now(payment) == before
    assert sound(shop.store)


def test_each_month_has_a_file_and_what_comes_later_joins_it(shop: Shop) -> None:
    completed(shop, "r1")
    shop.clock.advance(days=40)
    completed(shop, "r2")
    assert age_out(shop.store, after=timedelta(days=30)) == 1
    completed(shop, "r3")
    assert age_out(shop.store, after=AT_ONCE) == 2
    assert sorted(each.name for each in shop.store.folder.glob("archive-*.json")) == [
        "archive-2026-03.json",
        "archive-2026-04.json",
    ]
    assert [shop.now(number).status for number in (1, 2, 3)] == [PaymentStatus.COMPLETED] * 3
    assert age_out(shop.store, after=AT_ONCE) == 0
    assert sound(shop.store)


def test_a_full_file_of_a_month_is_followed_by_another_one(shop: Shop) -> None:
    shop.store.archives = Archives(shop.store.folder, RealDisk(), most_in_a_file=2)
    attempts = [completed(shop, f"r{number}")[1] for number in range(3)]
    assert age_out(shop.store, after=AT_ONCE) == 3
    full = (shop.store.folder / "archive-2026-03.json").read_bytes()
    attempts += [completed(shop, f"r{number}")[1] for number in (3, 4)]
    assert age_out(shop.store, after=AT_ONCE) == 2

    view = shop.store.view()
    assert {each.id: each.month for each in view.all(ArchivedPayment)} == {
        1: "2026-03",
        2: "2026-03",
        3: "2026-03-2",
        4: "2026-03-2",
        5: "2026-03-3",
    }
    assert (shop.store.folder / "archive-2026-03.json").read_bytes() == full
    assert sound(shop.store)
    assert shop.success(attempts[0], "again").rule.name == "second-charge"
    assert age_out(shop.store, after=AT_ONCE) == 0, "what waits in the inbox stays"
    assert sound(open_store(shop.store.folder, clock=shop.clock))


def test_no_more_than_asked_for_move_at_once(shop: Shop) -> None:
    for number in range(3):
        completed(shop, f"r{number}")
    assert [age_out(shop.store, after=AT_ONCE, at_most=2) for _ in range(3)] == [2, 1, 0]


def left_waiting(shop: Shop) -> None:
    shop.payment()


def left_with_an_overdue_attempt(shop: Shop) -> None:
    payment = shop.payment()
    shop.overdue(payment)
    shop.cancel(payment)


def left_with_an_answer_in_the_inbox(shop: Shop) -> None:
    _, attempt = completed(shop)
    shop.failure(attempt)


def left_in_doubt(shop: Shop) -> None:
    """Cancel a payment whose attempt was refused after a `pay` of which nothing is known."""
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.do(lambda tx: payment_commands.note_delivery(tx, attempt, Delivery(may_have_arrived=True, in_doubt=True)))
    shop.do(lambda tx: payment_commands.refused_by_gateway(tx, attempt, "pay: refused"))
    shop.cancel(payment)


@pytest.mark.parametrize(
    "leave", [left_waiting, left_with_an_overdue_attempt, left_in_doubt, left_with_an_answer_in_the_inbox]
)
def test_what_something_can_still_come_of_stays(shop: Shop, leave: Callable[[Shop], None]) -> None:
    leave(shop)
    shop.clock.advance(days=400)
    assert age_out(shop.store, after=QUARTER) == 0


@pytest.mark.parametrize("leave", [left_with_an_overdue_attempt, left_in_doubt])
def test_what_was_asked_about_to_the_end_of_the_schedule_goes_and_a_late_answer_brings_it_back(
    shop: Shop, leave: Callable[[Shop], None]
) -> None:
    leave(shop)
    [attempt] = shop.now(1).attempts
    shop.clock.advance(days=7)
    asked = structs.replace(attempt.delivery, last_request_at=shop.clock.now)
    shop.do(lambda tx: payment_commands.note_delivery(tx, attempt.id, asked))

    assert age_out(shop.store, after=AT_ONCE) == 1
    assert shop.success(attempt.id).rule.name == "success-after-close"
    assert shop.store.view().holds(Payment, 1)
    assert shop.balance() == Decimal("129.00")
    assert sound(shop.store)


def test_a_payment_whose_answer_was_settled_ages_from_that_day(shop: Shop) -> None:
    left_with_an_answer_in_the_inbox(shop)
    shop.clock.advance(days=91)
    [code] = shop.inbox()
    shop.do(lambda tx: inbox.dismiss(tx, ANNA, code, "Settled with the gateway."))
    assert age_out(shop.store, after=QUARTER) == 0
    shop.clock.advance(days=90)
    assert age_out(shop.store, after=QUARTER) == 1


def test_an_archived_payment_is_found_by_its_id_and_its_attempt_and_not_among_the_others(shop: Shop) -> None:
    payment, attempt = archived(shop)
    view = shop.store.view()
    assert payment_commands.get(view, ANNA, payment).history
    found = answers.payment_of_attempt(view, attempt, shop.connector.id)
    assert found is not None
    assert found.id == payment
    assert answers.payment_of_attempt(view, attempt, shop.connector.id + 1) is None
    assert payment_commands.visible_to(view, ANNA) == []
    assert payment_commands.numbers_of_account(view, shop.account.id) == {payment: "P-000001"}
    assert payment_commands.numbers_visible_to(view, ANNA) == {payment: "P-000001"}
    assert [answer.payment_id for answer in answers.of_payment(view, payment)] == [payment]


def test_a_second_success_brings_it_back_in_its_transaction_and_goes_to_the_balance_once(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.pay(payment)
    shop.failure(first)
    second = shop.pay(payment)
    shop.success(second, "r2")
    shop.clock.advance(days=91)
    age_out(shop.store, after=QUARTER)
    before = shop.now(payment)
    revision = shop.store.view().revision

    verdict = shop.success(first, "r1")

    assert verdict.rule.name == "second-success"
    view = shop.store.view()
    assert view.revision == revision + 1
    assert view.holds(Payment, payment)
    assert view.count(ArchivedPayment) == 0
    after = shop.now(payment)
    assert (after.version, after.history[:-1]) == (before.version + 1, before.history)
    assert (shop.book(), shop.balance()) == ([Decimal("129.00")], Decimal("129.00"))
    assert shop.success(first, "r1").rule.name == "repeated-answer"
    assert shop.book() == [Decimal("129.00")]
    assert sound(shop.store)


def test_an_answer_that_is_only_a_repeat_is_counted_and_the_payment_stays_archived(shop: Shop) -> None:
    payment, attempt = archived(shop)
    verdict = shop.success(attempt, "r1")
    assert (verdict.rule.name, verdict.answer.repeats) == ("repeated-answer", 1)
    assert not shop.store.view().holds(Payment, payment)


def test_an_unmatched_answer_that_is_attached_brings_it_back(shop: Shop) -> None:
    payment, attempt = archived(shop)
    code = shop.unmatched("r9").code
    shop.do(lambda tx: inbox.attach(tx, ANNA, code, attempt))
    assert shop.store.view().holds(Payment, payment)
    assert shop.rules(payment)[-1] == "second-charge"
    assert sound(shop.store)


def test_what_came_back_ages_anew_and_its_last_copy_counts(shop: Shop) -> None:
    payment, attempt = archived(shop)
    shop.pending(attempt)
    assert age_out(shop.store, after=QUARTER) == 0
    shop.clock.advance(days=90)
    assert age_out(shop.store, after=QUARTER) == 1
    assert shop.rules(payment)[-1] == "pending-noted"
    with TinyDB(shop.store.folder / "archive-2026-03.json", access_mode="r") as stock:
        assert len(stock.table("payments")) == 1
    assert sound(shop.store)


def test_nothing_of_a_refused_transaction_brings_it_back(shop: Shop) -> None:
    payment, attempt = archived(shop)

    def put_and_fail(tx: Transaction) -> None:
        tx.put(tx.get(Payment, payment))
        assert (tx.count(Payment), tx.count(ArchivedPayment)) == (1, 0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.do(put_and_fail)
    view = shop.store.view()
    assert (view.count(Payment), view.count(ArchivedPayment)) == (0, 1)
    assert answers.payment_of_attempt(view, attempt) is not None


def test_a_look_at_what_changed_tells_exactly_what_moved_and_what_came_back(shop: Shop) -> None:
    payment, attempt = completed(shop)
    shop.payment()
    revision = shop.store.view().revision
    other = open_store(shop.store.folder, clock=shop.clock)
    assert other.changes_since(revision) == frozenset()
    shop.clock.advance(days=91)
    age_out(shop.store, after=QUARTER)
    moved = frozenset({("payments", payment), ("archived_payments", payment)})
    assert (shop.store.changes_since(revision), other.changes_since(revision)) == (moved, moved)
    shop.pending(attempt)
    [answer] = [each.id for each in shop.store.view().all(Answer) if each.rule == "pending-noted"]
    assert other.changes_since(revision + 1) == moved | {("answers", answer)}


def test_the_id_of_an_archived_payment_is_never_used_again(shop: Shop) -> None:
    payment, _ = archived(shop)
    shop.store.checkpoint()
    again = open_store(shop.store.folder, clock=shop.clock)
    with again.transaction() as tx:
        assert make_payment(tx, shop.account.id).id == payment + 1


def test_it_is_found_after_a_checkpoint_and_by_another_opening_without_the_archives_index(shop: Shop) -> None:
    payment, attempt = archived(shop)
    shop.store.checkpoint()
    (shop.store.folder / "archive-2026-03.index").unlink()
    again = replace(shop, store=open_store(shop.store.folder, clock=shop.clock))
    assert again.now(payment).status is PaymentStatus.COMPLETED
    assert again.pending(attempt).rule.name == "pending-noted"
    assert sound(shop.store)


class FailingDisk(RealDisk):
    """A disk that fails when a name that holds `part` is put in its place."""

    part = ""

    def rename(self, old: Path, new: Path) -> None:
        if self.part and self.part in new.name:
            raise OSError(28, os.strerror(28))
        super().rename(old, new)


def test_where_the_archive_cannot_be_written_nothing_leaves_the_store(shop: Shop) -> None:
    payment, _ = completed(shop)
    disk = FailingDisk()
    store = open_store(shop.store.folder, clock=shop.clock, disk=disk)
    disk.part = "archive"
    with pytest.raises(StoreNotUsable, match="No payment was taken out"):
        age_out(store, after=AT_ONCE)
    assert shop.store.view().holds(Payment, payment)
    disk.part = ""
    assert age_out(store, after=AT_ONCE) == 1
    assert sound(shop.store)


def test_after_a_crash_between_the_two_the_payment_is_in_both_and_the_main_store_wins(shop: Shop) -> None:
    payment, attempt = completed(shop)
    before = {each.name: each.read_bytes() for each in shop.store.folder.glob("gatewatch.j*")}
    age_out(shop.store, after=AT_ONCE)
    for name, content in before.items():
        (shop.store.folder / name).write_bytes(content)
    again = replace(shop, store=open_store(shop.store.folder, clock=shop.clock))
    again.pending(attempt)
    assert again.rules(payment)[-1] == "pending-noted"
    assert age_out(again.store, after=AT_ONCE) == 1
    assert again.rules(payment)[-1] == "pending-noted"
    assert sound(again.store)


def test_what_changes_while_the_archive_is_written_stays(shop: Shop) -> None:
    payment, attempt = completed(shop)

    class AnsweringDisk(RealDisk):
        def rename(self, old: Path, new: Path) -> None:
            super().rename(old, new)
            if new.name.endswith("03.json"):
                shop.pending(attempt)

    assert age_out(open_store(shop.store.folder, clock=shop.clock, disk=AnsweringDisk()), after=AT_ONCE) == 0
    assert shop.rules(payment)[-1] == "pending-noted"
    assert sound(shop.store)


def test_an_archive_that_is_missing_is_named_and_its_answers_are_not_judged_wrongly(shop: Shop) -> None:
    payment, attempt = archived(shop)
    path = shop.store.folder / "archive-2026-03.json"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(StoreNotUsable, match=r"archive-2026-03\.json: is missing"):
        shop.success(attempt, "r2")
    assert [each for each in record_problems(shop.store.view()) if "archive-2026-03.json: is missing" in each]
    path.write_bytes(content)
    assert shop.success(attempt, "r2").rule.name == "second-charge"
    assert shop.rules(payment)[-1] == "second-charge"


def test_an_archive_that_lacks_the_payment_or_holds_another_is_told(shop: Shop) -> None:
    payment, _ = archived(shop)
    path = shop.store.folder / "archive-2026-03.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"number":"P-000001"', b'"number":"P-000002"'))
    assert record_problems(shop.store.view()) == [
        f"Payment {payment} in the archive of 2026-03 is not the one that was archived."
    ]
    path.write_bytes(content.replace(b'\n"1": ', b'\n"7": '))
    [problem] = record_problems(shop.store.view())
    assert "does not hold payment 1 as it was archived" in problem
    path.write_bytes(content[:-10])
    [problem] = record_problems(shop.store.view())
    assert "archive-2026-03.json" in problem


def test_money_is_held_against_stubs_too(shop: Shop) -> None:
    payment, _ = archived(shop)
    shop.do(lambda tx: tx.put(structs.replace(tx.get(ArchivedPayment, payment), status=PaymentStatus.CANCELLED)))
    assert any(f"Payment {payment} is Cancelled" in each for each in money_problems(shop.store.view()))


def test_one_at_a_time_moves_payments(shop: Shop) -> None:
    completed(shop)
    with ProcessLock(shop.store.folder / LOCK_NAME).held(wait_seconds=0), pytest.raises(StoreBusy):
        age_out(shop.store, after=AT_ONCE)


def test_a_power_cut_at_any_operation_leaves_each_payment_whole_in_one_place(tmp_path: Path) -> None:
    disk = FakeDisk()
    shop = open_shop(tmp_path, disk=disk)
    payment, attempt = completed(shop, "r1")
    other, _ = completed(shop, "r2")
    left: dict[tuple[tuple[str, bytes], ...], int] = {}
    lines = len(shop.rules(payment))

    def note(_step: Step | None = None) -> None:
        for content in disk.survivals():
            left[tuple(sorted(content.items()))] = lines

    disk.before = note
    assert age_out(shop.store, after=AT_ONCE, at_most=1) == 1
    assert shop.pending(attempt).rule.name == "pending-noted"
    lines += 1
    assert age_out(shop.store, after=AT_ONCE) == 2
    note()

    moved = set()
    for content, told in left.items():
        store = open_store(tmp_path, clock=shop.clock, disk=FakeDisk(dict(content)))
        again = replace(shop, store=store)
        assert sound(store)
        assert len(again.rules(payment)) >= told
        assert len(again.rules(other)) == 2
        view = store.view()
        moved.add(tuple(view.holds(Payment, each) for each in (payment, other)))
        assert again.success(attempt, "r9").rule.name == "second-charge"
        assert sound(store)
    assert moved == {(True, True), (False, True), (False, False)}
    assert len(left) > 100


ATTEMPTS = 3
told = st.tuples(
    st.sampled_from(["success", "failure", "pending"]),
    st.integers(0, ATTEMPTS - 1),
    st.sampled_from(["r1", "r2", "r3"]),
    st.sampled_from(["129.00", "130.00"]),
)


@settings(max_examples=30)
@pytest.mark.parametrize("cancelled", [False, True])
@given(course=st.lists(st.tuples(told, st.booleans()), max_size=8))
def test_any_answers_with_ageing_out_between_them_give_the_same_money_as_without(
    course: list[tuple[tuple[str, int, str, str], bool]], *, cancelled: bool
) -> None:
    assert outcome(course, cancelled=cancelled, ages=True) == outcome(course, cancelled=cancelled, ages=False)


def outcome(course: list[tuple[tuple[str, int, str, str], bool]], *, cancelled: bool, ages: bool) -> object:
    """Return everything that the answers made of one payment with failed attempts: rules, money, history."""
    with TemporaryDirectory(prefix="gatewatch-archive-") as folder:
        shop = open_shop(Path(folder))
        payment = shop.payment()
        attempts: list[str] = []
        for _ in range(ATTEMPTS):
            attempts.append(shop.pay(payment))
            shop.failure(attempts[-1])
        if cancelled:
            shop.cancel(payment)
        rules: list[str] = []
        for (result, number, reference, amount), ageing in course:
            if ageing and ages:
                age_out(shop.store, after=AT_ONCE)
            attempt = attempts[number]
            match result:
                case "success":
                    rules.append(shop.success(attempt, reference, amount=amount).rule.name)
                case "failure":
                    rules.append(shop.failure(attempt, reference=reference).rule.name)
                case _:
                    rules.append(shop.pending(attempt, reference=reference).rule.name)
        view = shop.store.view()
        assert sound(shop.store)
        kept = [(each.rule, each.place, each.repeats, each.transaction_id) for each in view.all(Answer)]
        history = [line.rule for line in view.get(Payment, payment).history]
        return rules, kept, history, view.get(Account, shop.account.id).balance, shop.book()
