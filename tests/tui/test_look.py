"""The visual language: how statuses, times, amounts and foreign texts are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from store.money import Money
from store.states import AttemptState, PaymentStatus
from tui import look
from tui.look import Tone

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_every_status_has_a_word_and_a_sign_of_one_cell_that_no_other_has() -> None:
    looks = [look.PAYMENT_LOOKS[each] for each in PaymentStatus]

    assert all(cell_len(each.sign) == 1 and each.word for each in looks)
    assert len({each.sign for each in looks}) == len(looks)


def test_every_attempt_state_has_a_word_and_a_sign_of_one_cell() -> None:
    assert all(cell_len(look.ATTEMPT_LOOKS[each].sign) == 1 for each in AttemptState)
    assert [look.ATTEMPT_LOOKS[each].word for each in AttemptState] == [each.value for each in AttemptState]


def test_only_completed_and_succeeded_are_green() -> None:
    assert [each for each in PaymentStatus if look.PAYMENT_LOOKS[each].tone is Tone.GOOD] == [PaymentStatus.COMPLETED]
    assert [each for each in AttemptState if look.ATTEMPT_LOOKS[each].tone is Tone.GOOD] == [AttemptState.SUCCEEDED]


def test_the_meanings_stay_apart_in_16_colours() -> None:
    colours = {
        each: Color.parse(each).downgrade(ColorSystem.STANDARD).number
        for each in (look.ACCENT, look.AMBER, look.RED, look.GREEN, look.DIM, look.FOREGROUND)
    }

    assert len(set(colours.values())) == len(colours), colours


def test_what_is_urgent_is_bold_so_that_it_is_told_without_colour() -> None:
    assert all(each.style.bold for each in (Tone.ENDING, Tone.LATE, Tone.WRONG))
    assert Tone.LATE.style.reverse


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (0.2, "1s"),
        (59, "59s"),
        (60, "1:00"),
        (299, "4:59"),
        (599, "9:59"),
        (600, "10m"),
        (5999, "99m"),
        (7500, "2h05"),
        (172_800, "2d"),
    ],
)
def test_a_countdown_is_as_exact_as_it_is_urgent(seconds: float, text: str) -> None:
    assert look.remaining_text(timedelta(seconds=seconds)) == text


@given(st.integers(min_value=0, max_value=31_536_000))
def test_a_countdown_never_takes_more_than_six_cells(seconds: int) -> None:
    assert cell_len(look.remaining_text(timedelta(seconds=seconds))) <= 6


def test_the_last_minute_is_ending() -> None:
    assert look.remaining_tone(timedelta(seconds=60)) is Tone.ENDING
    assert look.remaining_tone(timedelta(seconds=61)) is Tone.ACCENT


def test_an_amount_stands_right_aligned_with_its_currency() -> None:
    text = look.amount(Money(Decimal("1234.50"), "EUR"))

    assert (text.plain, text.justify) == ("1,234.50 EUR", "right")
    assert look.signed_amount(Money(Decimal("-49.00"), "EUR")).plain == "-49.00 EUR"
    assert look.signed_amount(Money(Decimal("129.00"), "EUR")).plain == "+129.00 EUR"


def test_control_and_bidirectional_marks_are_replaced() -> None:
    assert look.safe("a\x1b[31mb\u202ec\x07") == "a\ufffd[31mb\ufffdc\ufffd"
    assert look.safe("one\ntwo") == "one\ufffdtwo"
    assert look.safe("one\ntwo", keep_lines=True) == "one\ntwo"


def test_a_foreign_text_is_cut_at_500_characters() -> None:
    cut = look.safe("x" * 501)

    assert len(cut) == 500
    assert cut.endswith("…")
    assert look.safe("x" * 500) == "x" * 500


@given(st.text())
def test_a_safe_text_is_never_markup_and_never_longer(text: str) -> None:
    shown = look.safe_text(text)

    assert len(shown.plain) <= 500
    assert not shown.spans
    assert shown.plain == look.safe(text)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "just now"),
        (NOW - timedelta(seconds=30), "30 s ago"),
        (NOW - timedelta(minutes=4, seconds=59), "4 min ago"),
        (NOW + timedelta(hours=2), "in 2 h"),
        (NOW - timedelta(days=3), "3 d ago"),
    ],
)
def test_a_moment_is_told_by_how_far_it_is(moment: datetime, text: str) -> None:
    assert look.relative(moment, NOW) == text


def test_a_moment_of_today_is_told_by_its_time_alone() -> None:
    assert look.short_moment(NOW - timedelta(hours=1), NOW) == "08:26:53"
    assert look.short_moment(NOW - timedelta(days=1), NOW) == "03-13 09:26"
    assert look.short_moment(NOW - timedelta(days=365), NOW) == "2025-03-14"


def test_a_period_is_told_in_minutes() -> None:
    assert look.period_text(Decimal("0.5")) == "0.5 min"
    assert look.period_text(Decimal("1E+1")) == "10 min"
    assert look.period_text(None) == "none"


def test_a_number_stands_with_its_noun() -> None:
    assert (look.counted(1, "field"), look.counted(1200, "field")) == ("1 field", "1,200 fields")
