"""What the engine tells: lines that a program can read, without what must not be told, and never a reason to stop."""

from __future__ import annotations

import io
import json

from gateway.log import JsonLines, http_logger, place_of
from tests.gateway.events import Events
from tests.makers import FixedClock


class FullDisk(io.StringIO):
    """A stream that takes nothing while it is full."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def fail(secret: str) -> None:
    raise ValueError(f"cannot read {secret}")


def test_an_event_is_one_line_of_json_with_its_time_and_without_facts_that_are_none(clock: FixedClock) -> None:
    stream = io.StringIO()

    JsonLines(clock, stream).write("answer judged", payment=None, connector=3, rule="late-success\n\u202e")

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().isascii()
    assert json.loads(stream.getvalue()) == {
        "at": "2026-03-02T09:00:00.000+00:00",
        "event": "answer judged",
        "connector": 3,
        "rule": "late-success\n\u202e",
    }


def test_what_is_no_utf_8_as_a_folders_name_may_be_is_written_all_the_same(clock: FixedClock) -> None:
    stream = io.StringIO()
    JsonLines(clock, stream).write("store not readable", reason="caf\udce9: is busy")
    assert json.loads(stream.getvalue())["reason"] == "caf\udce9: is busy"
    assert stream.getvalue().isascii()


def test_a_line_is_written_in_one_piece(clock: FixedClock) -> None:
    """Else another thread's line may stand in it, and after a kill the next engine's line stands behind its half."""
    pieces: list[bytes] = []

    class Pieces(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: bytes) -> int:  # type: ignore[override]
            pieces.append(bytes(content))
            return len(content)

    log = JsonLines(clock, io.TextIOWrapper(Pieces(), write_through=True))  # type: ignore[type-var]
    for number in range(2):
        log.write("answer judged", connector=number)
    assert [(each.count(b"\n"), each[-1:]) for each in pieces] == [(1, b"\n"), (1, b"\n")]


def test_lines_that_cannot_be_written_stop_nothing_and_are_counted(clock: FixedClock) -> None:
    stream = FullDisk()
    log = JsonLines(clock, stream)
    log.write("one")
    log.write("two")
    stream.full = False

    log.write("three")
    log.write("four")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(each["event"], each.get("lines_lost")) for each in lines] == [("three", 2), ("four", None)]


def test_a_fault_of_the_server_is_told_by_its_kind_and_place_never_by_what_it_says() -> None:
    events = Events()
    logger = http_logger(events)

    try:
        fail("a secret")
    except ValueError:
        logger.exception("Error handling request from %s", "127.0.0.1")
    logger.debug("nothing of this is told")

    assert [(each["event"], each["kind"]) for each in events.told] == [("http", "ValueError")]
    assert events.told[0]["place"].startswith("fail:")
    assert "secret" not in str(events.told)


def test_a_warning_of_the_server_without_an_error_is_told_too() -> None:
    events = Events()

    http_logger(events).warning("too many connections")

    assert events.told == [{"event": "http", "reason": "too many connections"}]


def test_an_error_that_was_never_raised_comes_from_nowhere() -> None:
    assert place_of(ValueError()) == "nowhere"
