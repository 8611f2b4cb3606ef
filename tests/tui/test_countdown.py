"""The countdown of one payment: words, bar, and when it is drawn."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tests.makers import START, Shop, open_shop
from tui.look import Tone
from tui.widgets.countdown import BAR_CELLS, GONE, LEFT, WIDTH, Countdown, bar, countdown_cell


@pytest.mark.parametrize(
    ("left", "cells"), [(900, 4), (899, 4), (675, 3), (674.9, 3), (450, 2), (1, 1), (0.000001, 1), (0, 0), (-5, 0)]
)
def test_the_bars_last_cell_goes_out_only_when_the_period_is_over(left: float, cells: int) -> None:
    deadline = START + timedelta(minutes=15)

    assert bar(START, deadline, deadline - timedelta(seconds=left)).plain == LEFT * cells + GONE * (BAR_CELLS - cells)


@pytest.mark.parametrize("left", [1, 59, 60, 599, 600, 5999, 6000, 172_799, 172_800, 31_536_000])
def test_a_countdown_always_fits_its_column(shop: Shop, left: int) -> None:
    shop.pay(shop.payment())
    payment = shop.now(1)
    assert payment.deadline is not None

    assert countdown_cell(payment, payment.deadline - timedelta(seconds=left)).cell_len == WIDTH


def test_under_a_minute_it_is_bold_and_before_it_is_not(shop: Shop) -> None:
    shop.pay(shop.payment())
    payment = shop.now(1)
    deadline = payment.deadline
    assert deadline is not None

    def is_bold(left: float) -> bool:
        text = countdown_cell(payment, deadline - timedelta(seconds=left))
        return any(each.style == Tone.ENDING.style for each in text.spans)

    assert is_bold(60)
    assert not is_bold(61)


def test_where_nothing_is_counted_down_it_says_why(shop: Shop) -> None:
    payment_id = shop.payment()
    assert countdown_cell(shop.now(payment_id), shop.clock.now).plain == ""

    shop.overdue(payment_id)
    assert countdown_cell(shop.now(payment_id), shop.clock.now).plain == "! late"
    assert cell_len("! late") <= WIDTH


def test_without_a_period_it_says_so(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", period_minutes="")
    shop.pay(shop.payment())

    assert countdown_cell(shop.now(1), shop.clock.now).plain == "no period"


async def test_the_widget_draws_only_what_has_changed(shop: Shop) -> None:
    shop.pay(shop.payment())
    payment = shop.now(1)
    drawn: list[str] = []

    class Watched(Countdown):
        def watch_shown(self) -> None:
            drawn.append(self.shown.plain)

    class Bench(App[None]):
        def compose(self) -> ComposeResult:
            yield Watched()

    async with Bench().run_test() as pilot:
        widget = pilot.app.query_one(Watched)
        drawn.clear()
        for second in range(3):
            widget.follow(payment, shop.clock.now + timedelta(seconds=second))
        assert [each.split()[-1] for each in drawn] == ["15m", "14m"]
