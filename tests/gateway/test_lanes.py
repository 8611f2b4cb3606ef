"""How many requests go to a gateway at once, and when one that is down is tried again: no clock, no network."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.lanes import AT_ONCE_PER_CONNECTOR, LONGEST_PAUSE, Lanes
from tests.makers import START

DOWN, UP = 1, 2


def enter(lanes: Lanes, number: int, *, after: float = 0, connector_id: int = DOWN, urgent: bool = False) -> bool:
    now = START + timedelta(seconds=after)
    return lanes.enter(connector_id, f"attempt {number}", number, now, urgent=urgent)


def down(lanes: Lanes, number: int, after: float = 0, jitter: float = 0.0) -> timedelta:
    """Let a request that has entered end without a connection; return when the gateway is tried next."""
    now: datetime = START + timedelta(seconds=after)
    try_at = lanes.note_down(DOWN, now, jitter)
    lanes.leave(DOWN, f"attempt {number}")
    return try_at - now


def test_a_gateway_that_is_slow_takes_no_place_from_another() -> None:
    lanes = Lanes()
    entered = [enter(lanes, number) for number in range(AT_ONCE_PER_CONNECTOR + 2)]

    assert entered == [True] * AT_ONCE_PER_CONNECTOR + [False, False]
    assert enter(lanes, 99, connector_id=UP)
    assert lanes.released(START) == []
    lanes.leave(DOWN, "attempt 0")
    assert lanes.released(START) == [AT_ONCE_PER_CONNECTOR]
    assert lanes.next_try_at() is None


def test_a_gateway_that_is_down_is_tried_by_one_request_with_pauses_that_grow() -> None:
    lanes = Lanes()
    pauses = []
    after = 0.0
    for number in range(8):
        assert enter(lanes, number, after=after)
        pause = down(lanes, number, after)
        pauses.append(pause.total_seconds())
        assert not enter(lanes, 100 + number, after=after)
        after += pause.total_seconds()
        assert not enter(lanes, 100 + number, after=after - 0.001)

    assert pauses == [1, 2, 4, 8, 16, *[LONGEST_PAUSE.total_seconds()] * 3]


def test_while_one_request_tries_all_others_wait_and_only_one_is_released() -> None:
    lanes = Lanes()
    enter(lanes, 0)
    down(lanes, 0)
    for number in (1, 2, 3):
        assert not enter(lanes, number)

    assert lanes.next_try_at() == START + timedelta(seconds=1)
    assert lanes.released(START) == []
    soon = START + timedelta(seconds=1)
    assert lanes.released(soon) == [1]
    assert enter(lanes, 1, after=1)
    assert lanes.released(soon) == []
    assert not enter(lanes, 2, after=1)
    assert lanes.next_try_at() is None, "the one that tries will tell"


def test_once_a_gateway_is_reached_everybody_who_waited_goes() -> None:
    lanes = Lanes()
    enter(lanes, 0)
    down(lanes, 0)
    for number in (1, 2, 3):
        enter(lanes, number)
    enter(lanes, 1, after=1)
    lanes.note_reached(DOWN)
    lanes.leave(DOWN, "attempt 1")

    assert lanes.released(START) == [1, 2, 3]
    assert enter(lanes, 2, after=1)
    assert enter(lanes, 3, after=1)


def test_many_requests_that_find_it_down_at_once_count_as_one() -> None:
    lanes = Lanes()
    for number in range(5):
        enter(lanes, number)

    assert [down(lanes, number).total_seconds() for number in range(5)] == [1] * 5
    assert enter(lanes, 9, after=1)
    assert down(lanes, 9, 1).total_seconds() == 2


def test_the_jitter_makes_a_pause_up_to_half_longer() -> None:
    lanes = Lanes()
    enter(lanes, 0)

    assert down(lanes, 0, jitter=1.0).total_seconds() == 1.5


def test_what_is_urgent_passes_a_gateway_that_is_down_but_waits_for_room() -> None:
    lanes = Lanes(at_once=2)
    enter(lanes, 0)
    down(lanes, 0)

    assert enter(lanes, 1, urgent=True)
    assert enter(lanes, 2, urgent=True)
    assert not enter(lanes, 3, urgent=True)
    assert not enter(lanes, 4)
    assert lanes.released(START) == []
    lanes.leave(DOWN, "attempt 1")
    assert lanes.released(START) == [3]


def test_a_try_that_ended_without_an_outcome_lets_another_try() -> None:
    lanes = Lanes()
    enter(lanes, 0)
    down(lanes, 0)
    assert enter(lanes, 1, after=1)
    lanes.leave(DOWN, "attempt 1")

    assert enter(lanes, 2, after=1)


def test_gateways_that_are_slow_leave_a_place_to_each_that_has_none() -> None:
    lanes = Lanes(at_once=4, in_all=10, kept_free=3)
    slow = [enter(lanes, number, connector_id=number % 2, urgent=number > 4) for number in range(9)]

    assert slow == [True] * 7 + [False] * 2, "the other three are not for those that have some"
    others = [enter(lanes, 10 + number, connector_id=10 + number // 2) for number in range(8)]
    assert others == [True, False, True, False, True, False, False, False]
    assert lanes.released(START) == []
    lanes.leave(12, "attempt 14")
    assert lanes.released(START) == [15], "whose gateway has no other request under way now"
    assert not enter(lanes, 99, connector_id=10)


def test_no_more_requests_are_released_than_there_are_places_in_all() -> None:
    lanes = Lanes(at_once=4, in_all=6, kept_free=2)
    for number in range(16):
        enter(lanes, number, connector_id=number % 4)
    for number in range(4):
        lanes.leave(number, f"attempt {number}")

    released = lanes.released(START)
    assert released == [4, 8, 12, 5, 6, 7], "the first takes what is for all, the last two the places that are kept"
    assert all(enter(lanes, number, connector_id=number % 4) for number in released)
    assert not enter(lanes, 99, connector_id=3)
