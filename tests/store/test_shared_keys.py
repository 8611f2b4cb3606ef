from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from store import connectors, shared_keys
from store.action_log import LogLine
from store.answers import AnswerGiven, AnswerResult
from store.connectors import Connector, ConnectorForm
from store.errors import Problems, Refused, StaleEdit
from store.old_key_use import CURRENT_KEY, OLD_KEY, OldKeyUse, old_key_last_used_at
from store.store import Transaction
from tests.makers import ANNA, MICROSECOND, START, Shop

OLD_KEY_TEXT = "the old shared key of 2025"
NEW_KEY_TEXT = "the new shared key of 2026"
FORM = ConnectorForm(name="Iris", url="https://iris.example.com/pay", schema_text="[]")


def rotated(shop: Shop, grace_seconds: int = 3600) -> Connector:
    return shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=grace_seconds))


def refused(shop: Shop, act: Callable[[Transaction], object], says: str, kind: type[Exception] = Refused) -> None:
    """Expect an act to be refused and to change nothing."""
    before = shop.content()
    with pytest.raises(kind, match=says):
        shop.do(act)
    assert shop.content() == before


def last_line(shop: Shop) -> LogLine:
    return list(shop.store.view().all(LogLine))[-1]


def pending(shop: Shop, attempt_id: str, key: str, message: str = "Wait.") -> None:
    """Receive an answer that was signed with the key of this name."""
    shop.answer(
        AnswerGiven(
            connector_id=shop.connector.id,
            attempt_id=attempt_id,
            result=AnswerResult.PENDING,
            message=message,
            key=key,
        )
    )


def last_used(shop: Shop) -> object:
    view = shop.store.view()
    return old_key_last_used_at(view, view.get(Connector, shop.connector.id))


def test_for_the_grace_time_both_keys_match_the_current_one_first(shop: Shop) -> None:
    made = shop.do(lambda tx: connectors.create(tx, ANNA, replace(FORM, shared_key=OLD_KEY_TEXT)))
    assert made.keys_at(START) == (OLD_KEY_TEXT,)
    rotated = shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, made.id, new_key=NEW_KEY_TEXT, grace_seconds=60))
    end = START + timedelta(seconds=60)
    assert rotated.keys_at(end - MICROSECOND) == (NEW_KEY_TEXT, OLD_KEY_TEXT)
    assert rotated.keys_at(end) == (NEW_KEY_TEXT,)


def test_with_no_grace_time_the_new_key_counts_at_once(shop: Shop) -> None:
    rotated = shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=0))
    assert rotated.keys_at(START) == (rotated.shared_key,)
    assert len(rotated.shared_key) == 64
    assert rotated.shared_key != shop.connector.shared_key
    assert rotated.previous_key == ""


def test_a_second_rotation_waits_for_the_first_ones_grace_time(shop: Shop) -> None:
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=60))
    refused(shop, lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id), "matches until 2026-03-02 09:01:00")
    shop.clock.advance(seconds=60)
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id))


def test_a_rotation_to_a_bad_key_or_a_negative_grace_time_is_a_problem(shop: Shop) -> None:
    before = shop.content()
    with pytest.raises(Problems) as caught:
        shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, 1, new_key="short", grace_seconds=-1))
    assert [each.field for each in caught.value.items] == ["Secret Shared Key", "Grace time"]
    assert shop.content() == before


def test_of_two_operators_who_rotate_at_the_same_moment_the_second_is_refused(shop: Shop) -> None:
    """Also without a grace time, which would let the second rotation through."""
    seen = shop.connector.version
    first = shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, 1, grace_seconds=0, version=seen))
    for act in (shared_keys.rotate_key, shared_keys.use_new_key, shared_keys.retire_old_key):
        refused(shop, partial(act, by=ANNA, connector_id=1, version=seen), "changed by anna@example.com", StaleEdit)
    assert shop.store.view().get(Connector, 1).shared_key == first.shared_key


def test_a_rotation_to_the_same_key_is_a_problem(shop: Shop) -> None:
    same = shop.connector.shared_key
    refused(shop, lambda tx: shared_keys.rotate_key(tx, ANNA, 1, new_key=same), "write a new one", Problems)


def test_the_old_key_signs_until_the_new_one_is_used_and_matches_still(shop: Shop) -> None:
    both = rotated(shop)
    assert both.old_key_signs(START)
    used = shop.do(lambda tx: shared_keys.use_new_key(tx, ANNA, 1))
    assert not used.old_key_signs(START)
    assert used.keys_at(START) == both.keys_at(START) == (both.shared_key, shop.connector.shared_key)
    assert last_line(shop).action == "new key used"
    assert "the old key matches until 2026-03-02 10:00:00 UTC" in last_line(shop).text
    refused(shop, lambda tx: shared_keys.use_new_key(tx, ANNA, 1), "signed with the new key already")


def test_a_retired_key_matches_no_more_and_is_forgotten(shop: Shop) -> None:
    rotated(shop)
    retired = shop.do(lambda tx: shared_keys.retire_old_key(tx, ANNA, 1))
    assert retired.keys_at(START) == (retired.shared_key,)
    assert retired.previous_key == ""
    assert (last_line(shop).action, last_line(shop).text) == (
        "old key retired",
        "it was last used: not since the rotation",
    )
    again = rotated(shop)
    assert again.old_key_signs(START), "the next rotation begins like the first"


def test_without_an_old_key_there_is_nothing_to_use_now_or_to_retire(shop: Shop) -> None:
    for act in (shared_keys.use_new_key, shared_keys.retire_old_key):
        refused(shop, partial(act, by=ANNA, connector_id=1), "There is no old key")
    rotated(shop, grace_seconds=60)
    shop.clock.advance(seconds=60)
    for act in (shared_keys.use_new_key, shared_keys.retire_old_key):
        refused(shop, partial(act, by=ANNA, connector_id=1), "There is no old key")


def test_the_last_use_of_the_old_key_is_known_to_the_minute_without_a_write_of_the_connector(shop: Shop) -> None:
    before = rotated(shop)
    attempt = shop.pay(shop.payment())
    pending(shop, attempt, CURRENT_KEY)
    assert last_used(shop) is None
    shop.clock.advance(minutes=2)
    pending(shop, attempt, OLD_KEY)
    assert last_used(shop) == START + timedelta(minutes=2), "a repeat of an answer is a use, too"
    shop.clock.advance(seconds=59)
    pending(shop, attempt, OLD_KEY, "Wait on.")
    assert last_used(shop) == START + timedelta(minutes=2)
    shop.clock.advance(seconds=1)
    pending(shop, attempt, OLD_KEY)
    assert last_used(shop) == START + timedelta(minutes=3)
    assert shop.store.view().get(Connector, 1).version == before.version
    assert shop.store.view().get(OldKeyUse, 1).version == 2

    shop.do(lambda tx: shared_keys.retire_old_key(tx, ANNA, 1))
    assert last_line(shop).text == "it was last used: 2026-03-02 09:03:00 UTC"


def test_a_use_before_the_last_rotation_was_of_another_key(shop: Shop) -> None:
    rotated(shop)
    pending(shop, shop.pay(shop.payment()), OLD_KEY)
    shop.clock.advance(hours=1)
    rotated(shop)
    assert last_used(shop) is None
