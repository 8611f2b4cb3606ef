from __future__ import annotations

from datetime import timedelta

from store.gateway_watch import GatewayWatch, note_failure, note_reached, note_skew, watch_of
from store.upkeep import check
from tests.makers import START, Shop


def watch(shop: Shop) -> GatewayWatch:
    return watch_of(shop.store.view(), shop.connector.id)


def test_failures_are_counted_since_the_first_and_forgotten_once_the_gateway_is_reached(shop: Shop) -> None:
    shop.do(lambda tx: note_failure(tx, 1, "Nobody there.", next_try_at=START + timedelta(seconds=1)))
    shop.clock.advance(seconds=1)
    shop.do(lambda tx: note_failure(tx, 1, "Cut.", next_try_at=None))

    failing = watch(shop)
    assert (failing.failing_since, failing.failures, failing.failure) == (START, 2, "Cut.")
    assert failing.next_try_at is None
    shop.do(lambda tx: note_reached(tx, 1))
    reached = watch(shop)
    assert (reached.failing_since, reached.failures, reached.failure) == (None, 0, "")


def test_that_a_gateway_is_reached_is_written_only_if_it_was_not_before(shop: Shop) -> None:
    before = shop.content()

    shop.do(lambda tx: note_reached(tx, 1))

    assert shop.content() == before


def test_skews_are_counted_and_the_last_is_told(shop: Shop) -> None:
    for seconds in (400.0, -900.0):
        shop.do(lambda tx: note_skew(tx, 1, seconds))  # noqa: B023 - done at once

    assert (watch(shop).skews, watch(shop).last_skew_seconds, watch(shop).last_skew_at) == (2, -900.0, START)
    assert check(shop.store).problems == ()
