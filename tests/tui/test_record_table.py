from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from tui.widgets.columns import Column
from tui.widgets.record_table import Empty, RecordTable

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    key: int
    name: str = "name"
    ends: datetime | None = None
    over: bool = False


def countdown(row: Row, now: datetime) -> str:
    return "-" if row.ends is None else f"{(row.ends - now).total_seconds():.0f}s"


def over_after_its_end(row: Row, now: datetime) -> Row:
    return replace(row, over=True) if row.ends is not None and row.ends <= now else row


COLUMNS: tuple[Column[Row], ...] = (
    Column(key="left", label="Left", cell=countdown, width=6, align="right"),
    Column(key="number", label="Number", cell=lambda row, _: f"P-{row.key}", width=8, sort_key=lambda row: row.key),
    Column(key="name", label="Name", cell=lambda row, _: row.name, width=10, weight=1, sort_key=lambda row: row.name),
    Column(key="state", label="State", cell=lambda row, _: "over" if row.over else "open", width=8),
    Column(key="far", label="Far", cell=lambda row, _: f"far {row.key}", width=28),
)


class Bench(App[None]):
    CSS = "RecordTable { height: 100%; width: 100%; }"

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self.table = RecordTable(
            COLUMNS,
            lambda row: row.key,
            empty=Empty("No payment yet.", "n makes one"),
            as_of=over_after_its_end,
        )
        self.rows = rows
        self.opened: list[object] = []
        self.moved: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.set_rows(self.rows, NOON)

    @on(RecordTable.Opened)
    def note_opened(self, message: RecordTable.Opened) -> None:
        self.opened.append(message.key)

    @on(RecordTable.Moved)
    def note_moved(self, message: RecordTable.Moved) -> None:
        self.moved.append(message.key)

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]


def rows(count: int) -> list[Row]:
    return [Row(each) for each in range(1, count + 1)]


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """Collect the regions that a table asks to have painted."""
    found: list[Region] = []
    original = RecordTable.refresh

    def noting(self: RecordTable[Row], *regions: Region, **options: bool) -> RecordTable[Row]:
        found.extend(regions or (Region(-1, -1, 0, 0),))
        return original(self, *regions, **options)

    monkeypatch.setattr(RecordTable, "refresh", noting)
    return found


async def pressed(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_the_header_names_the_columns_and_each_row_takes_one_line() -> None:
    app = Bench(rows(2))
    async with app.run_test(size=(50, 8)):
        assert app.lines[0].split() == ["Left", "Number", "Name", "State", "›"]
        assert app.lines[1].split() == ["▌", "-", "P-1", "name", "open"]
        assert app.lines[2].split() == ["-", "P-2", "name", "open"]


async def test_without_rows_it_says_so_and_which_key_helps() -> None:
    app = Bench([])
    async with app.run_test(size=(50, 10)) as pilot:
        assert [each.strip() for each in app.lines[1:] if each] == ["No payment yet.", "n makes one"]
        assert app.table.cursor_key is None
        await pressed(pilot, "j", "G", "enter", "s", "pagedown")
        assert app.opened == []


async def test_a_table_that_was_empty_shows_its_first_row_and_back_again() -> None:
    app = Bench([])
    async with app.run_test(size=(50, 10)) as pilot:
        app.table.set_rows(rows(1), NOON)
        await pilot.pause()
        assert app.table.cursor_key == 1
        assert "P-1" in app.lines[1]
        app.table.set_rows([], NOON)
        await pilot.pause()
        assert app.moved == [1, None]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["j", "j", "k"], 2),
        (["down", "down", "up"], 2),
        (["G"], 100),
        (["end", "g"], 1),
        (["G", "home"], 1),
        (["pagedown"], 9),
        (["pagedown", "pagedown", "pageup"], 9),
        (["k"], 1),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], expected: int) -> None:
    app = Bench(rows(100))
    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, *keys)
        assert app.table.cursor_key == expected
        assert any(line.startswith("▌") and line.split()[2] == f"P-{expected}" for line in app.lines)


async def test_enter_opens_the_record_under_the_cursor() -> None:
    app = Bench(rows(3))
    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, "j", "enter")
        assert app.opened == [2]


async def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    app = Bench(rows(3))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.click(RecordTable, offset=(5, 3))
        assert (app.moved, app.opened) == ([1, 3], [])
        await pilot.double_click(RecordTable, offset=(5, 2))
        await pilot.pause()
        assert (app.moved, app.opened) == ([1, 3, 2], [2])
        await pilot.click(RecordTable, offset=(5, 8))
        await pilot.click(RecordTable, offset=(5, 0))
        assert (app.moved, app.opened) == ([1, 3, 2], [2])


async def test_the_cursor_stays_on_its_record_and_line_when_rows_come_before_it() -> None:
    app = Bench(rows(100))
    async with app.run_test(size=(50, 10)) as pilot:
        app.table.move_to(50)
        await pilot.pause()
        line = next(y for y, text in enumerate(app.lines) if text.startswith("▌"))
        app.table.set_rows([Row(500), Row(501), *rows(100)], NOON)
        await pilot.pause()
        assert app.table.cursor_key == 50
        assert app.lines[line].split()[:3] == ["▌", "-", "P-50"]


async def test_before_it_is_moved_the_cursor_is_on_whatever_stands_first() -> None:
    app = Bench([Row(each, "a") for each in range(50)])
    async with app.run_test(size=(50, 10)) as pilot:
        app.table.set_rows([Row(each, "a") for each in reversed(range(50))], NOON)
        assert (app.table.cursor_key, app.table.scroll_y) == (49, 0)
        await pressed(pilot, "j", "g")
        app.table.set_rows([Row(each, "a") for each in range(50)], NOON)
        assert (app.table.cursor_key, app.table.scroll_y) == (0, 0)


async def test_when_its_record_is_gone_the_cursor_takes_the_one_in_its_place() -> None:
    app = Bench(rows(3))
    async with app.run_test(size=(50, 10)) as pilot:
        app.table.move_to(3)
        app.table.set_rows(rows(2), NOON)
        await pilot.pause()
        assert app.table.cursor_key == 2
        assert app.moved == [1, 3, 2]


async def test_a_record_that_is_not_there_cannot_be_moved_to() -> None:
    app = Bench(rows(3))
    async with app.run_test(size=(50, 10)):
        assert not app.table.move_to(9)
        assert app.table.cursor_key == 1


async def test_sideways_the_first_column_stays_and_the_next_one_comes_beside_it() -> None:
    app = Bench(rows(3))
    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, "l", "l")
        assert app.lines[0].split() == ["‹", "Left", "State", "Far"]
        assert app.lines[1].split() == ["▌", "-", "open", "far", "1"]
        await pressed(pilot, "l", "l")
        assert app.lines[1].split() == ["▌", "-", "open", "far", "1"]
        await pressed(pilot, "h", "h", "h")
        assert app.lines[0].split() == ["Left", "Number", "Name", "State", "›"]


async def test_a_tick_paints_only_the_cells_that_changed(refreshed: list[Region]) -> None:
    app = Bench([Row(1), Row(2, ends=NOON + timedelta(seconds=9)), Row(3)])
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.pause()
        refreshed.clear()
        app.table.tick(NOON + timedelta(seconds=1))
        assert refreshed == [Region(2, 2, 6, 1)]
        await pilot.pause()
        refreshed.clear()
        app.table.tick(NOON + timedelta(seconds=1))
        assert refreshed == []


async def test_a_row_is_shown_as_it_is_at_each_tick() -> None:
    app = Bench([Row(1, ends=NOON + timedelta(seconds=1))])
    async with app.run_test(size=(50, 10)) as pilot:
        assert app.lines[1].split() == ["▌", "1s", "P-1", "name", "open"]
        app.table.tick(NOON + timedelta(seconds=1))
        await pilot.pause()
        assert app.lines[1].split() == ["▌", "0s", "P-1", "name", "over"]


async def test_rows_out_of_sight_are_not_even_looked_at_by_a_tick() -> None:
    looked_at: list[int] = []
    app = Bench(rows(1000))

    def noting(row: Row, _: datetime) -> Row:
        looked_at.append(row.key)
        return row

    app.table._as_of = noting
    async with app.run_test(size=(50, 10)):
        looked_at.clear()
        app.table.tick(NOON + timedelta(seconds=1))
        assert looked_at == list(range(1, 10))


async def test_the_same_rows_again_paint_nothing(refreshed: list[Region]) -> None:
    app = Bench(rows(30))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.pause()
        refreshed.clear()
        app.table.set_rows(rows(30), NOON)
        assert refreshed == []


async def test_moving_the_cursor_paints_two_lines(refreshed: list[Region]) -> None:
    app = Bench(rows(5))
    async with app.run_test(size=(50, 10)) as pilot:
        refreshed.clear()
        await pressed(pilot, "j")
        width = app.table.size.width - 1
        assert refreshed == [Region(0, 1, width, 1), Region(0, 2, width, 1)]


async def test_what_has_scrolled_under_the_first_column_is_not_painted(refreshed: list[Region]) -> None:
    app = Bench(rows(1))
    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, "l", "l")
        refreshed.clear()
        app.table.set_rows([replace(app.rows[0], name="other")], NOON)
        assert refreshed == []


async def test_rows_are_sorted_by_the_next_column_then_reversed_then_as_given() -> None:
    app = Bench([Row(2, "a"), Row(1, "b"), Row(3, "c")])

    def shown() -> list[object]:
        return [*app.table.keys]

    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, "j", "k", "s")
        assert shown() == [1, 2, 3]
        assert app.table.cursor_key == 2
        assert "Number ▲" in app.lines[0]
        await pressed(pilot, "S")
        assert shown() == [3, 2, 1]
        assert "Number ▼" in app.lines[0]
        await pressed(pilot, "s", "s")
        assert shown() == [2, 1, 3]
        assert app.table.sorted_by == (None, False)


async def test_by_which_column_is_sorted_is_always_seen() -> None:
    app = Bench(rows(2))
    async with app.run_test(size=(28, 10)) as pilot:
        assert "Name" not in app.lines[0]
        await pressed(pilot, "s")
        assert "Number ▲" in app.lines[0]
        await pressed(pilot, "s")
        assert "Name ▲" in app.lines[0]
        await pressed(pilot, "s")
        assert app.lines[0].split() == ["Left", "Number", "›"]

        narrow = replace(COLUMNS[1], label="Payment number", short="Payment")
        app.table.show_columns([COLUMNS[0], narrow])
        await pressed(pilot, "s")
        assert "Payment▲" in app.lines[0]


async def test_a_column_without_an_order_cannot_be_sorted_by() -> None:
    app = Bench(rows(1))
    async with app.run_test(size=(50, 10)):
        with pytest.raises(KeyError):
            app.table.sort_by("far")


async def test_a_wider_window_shows_more_columns_to_its_edge() -> None:
    app = Bench(rows(1))
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.resize_terminal(100, 10)
        await pilot.pause()
        assert app.lines[0].split() == ["Left", "Number", "Name", "State", "Far"]
        assert {len(app.table.render_line(y).text) for y in range(10)} == {app.table.size.width}


async def test_a_hundred_thousand_rows_are_moved_through_to_the_last() -> None:
    app = Bench(rows(100_000))
    async with app.run_test(size=(50, 10)) as pilot:
        await pressed(pilot, "G")
        assert app.table.cursor_key == 100_000
        assert app.lines[-1].split()[:3] == ["▌", "-", "P-100000"]


async def test_a_column_that_is_not_whole_is_not_shown_but_told() -> None:
    app = Bench(rows(1))
    async with app.run_test(size=(62, 10)) as pilot:
        assert app.lines[0].split() == ["Left", "Number", "Name", "State", "›"]
        assert "far" not in app.lines[1]
        await pressed(pilot, "l", "l", "l")
        assert app.lines[1].split()[-2:] == ["far", "1"]


async def test_a_column_wider_than_the_window_is_shown_as_far_as_it_goes() -> None:
    app = Bench(rows(1))
    async with app.run_test(size=(30, 10)) as pilot:
        await pressed(pilot, "l", "l", "l", "l")
        assert "far 1" in app.lines[1]
