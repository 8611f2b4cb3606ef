"""What every list has: a toolbar, a table, a count, and the keys that open a row or make a new one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.types import CSSPathType
from textual.widgets import Button, Static

from store.actors import Actor
from store.errors import NotFound, NotPermitted
from store.store import View
from tui import look
from tui.filters import Field
from tui.screens.copy_choice import Copied
from tui.screens.page import Page
from tui.targets import PAGE, Target
from tui.widgets.columns import Column
from tui.widgets.filter_bar import FilterBar
from tui.widgets.record_table import Empty, RecordTable

Row = TypeVar("Row")

NOT_READ_YET = Empty("Reading…")
"""What a table says before it knows whether there are rows."""
NOT_READABLE = Empty("The store could not be read yet; above stands why.", "It is tried again by itself.")


class ListPage(Page, Generic[Row]):
    """A page with one table. A subclass says its columns and rows, and what opens and makes one.

    `NOUN` counts the rows ("account"), `OPENS` says whether Enter opens them, `CREATES` how the button is called that
    makes one (as key `n` does), empty if nothing is made here. `LIST` is the list's name in the settings.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = "list_page.tcss"
    NOUN: ClassVar[str]
    PLURAL: ClassVar[str | None] = None
    OPENS: ClassVar[bool] = True
    CREATES: ClassVar[str] = ""
    LIST: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "Create", id="list.new"),
        # With priority, as the colon is: what is typed right after it goes into the filter
        Binding("slash", "filter", "Filter", priority=True, id="list.filter", key_display="/"),
        Binding("f", "saved_filters", "Saved filters", show=False, id="list.saved_filters"),
        Binding("c", "choose_columns", "Columns", show=False, id="list.columns"),
        Binding("y", "copy", "Copy", show=False, id="list.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._select: int | None = None
        self._all_rows: Sequence[Row] | None = None
        self._read_rows: tuple[View, Actor, Sequence[Row]] | None = None
        self._shown_on: date | None = None
        self._said_about: Text | None = Text()

    @abstractmethod
    def columns(self) -> Sequence[Column[Row]]:
        """Return the columns, the important ones first."""

    @abstractmethod
    def rows(self, view: View) -> Sequence[Row]:
        """Return the rows that the person may see; in a worker, where nothing of the screen may be touched."""

    @abstractmethod
    def key_of(self, row: Row) -> Hashable:
        """Return which record a row is of."""

    @property
    @abstractmethod
    def empty(self) -> Empty:
        """What is said where the store was read, and there are no rows."""

    def fields(self) -> Sequence[Field[Row]]:
        """Return the fields of the list's filter; none: it is not filtered."""
        return ()

    def copied(self, row: Row) -> list[Copied]:
        """Return what `y` offers of a row: by default what its cells show. Never a secret."""
        now = self.now()
        texts = [(each.label, _plain(each.cell(row, now))) for each in self.columns()]
        return [(label, text) for label, text in texts if text]

    def open(self, key: Hashable) -> None:
        """Open a row's record; a list whose rows say everything opens nothing."""

    def new_page(self) -> Page | None:
        """Return the form that makes a record, None if there is none."""
        return None

    def compose_create(self) -> ComposeResult:
        """Compose the Create button, for who may."""
        if self.CREATES and self.session.by.full_control:
            yield Button(self.CREATES, id="create", variant="primary", compact=True)

    def compose_toolbar(self) -> ComposeResult:
        """Compose what stands right of the Create button."""
        yield Static(id="count", markup=False)

    def compose_workspace(self) -> ComposeResult:
        """Compose the toolbar and the table."""
        with Horizontal(classes="toolbar"):
            yield from self.compose_create()
            yield from self.compose_toolbar()
        yield FilterBar(self.fields())
        yield self.make_table()
        yield Static(id="about")

    def make_table(self) -> RecordTable[Row]:
        """Make the table."""
        return RecordTable(self.columns(), self.key_of, empty=NOT_READ_YET, opens=self.OPENS)

    def about(self, row: Row) -> Text | None:
        """Return what is said below the table of the row under the cursor, None if its cells say it all."""
        del row
        return None

    def on_mount(self) -> None:
        """Put the cursor into the table, with the columns and the filter that were chosen for this list."""
        self.table.focus()
        chosen = self._chosen_columns()
        if chosen:
            self.table.show_columns(chosen)
        settings = self.gatewatch.settings
        opening = settings.filters.get(self.list_name, {}).get(settings.opening_filters.get(self.list_name, ""))
        if opening and self.fields():
            self.filter_bar.put(opening)

    @property
    def target(self) -> Target:
        """What the page is for back and forward: its line of the navigation bar."""
        return Target(PAGE, self.ENTRY)

    @property
    def list_name(self) -> str:
        """The list's name in the settings."""
        return self.LIST or self.ENTRY

    @property
    def filter_bar(self) -> FilterBar:
        """The line that holds the filter."""
        return self.query_one(FilterBar)

    @property
    def table(self) -> RecordTable[Row]:
        """The table."""
        return cast("RecordTable[Row]", self.query_one(RecordTable))

    def read(self) -> View:
        """Read the rows, too: there may be very many."""
        view, by = super().read(), self.session.by
        # What may not be seen any more is told where it is shown.
        with suppress(NotFound, NotPermitted):
            self._read_rows = (view, by, self.rows(view))
        return view

    def show(self, view: View) -> None:
        """Show the rows; the cursor stays, or goes to the record that was just made."""
        # A view holds the store of its time in memory: it must not stay for as long as the page does.
        read, self._read_rows = self._read_rows, None
        # What was read for somebody with other rights is not for who it is now.
        is_read = read is not None and read[0] is view and read[1] == self.session.by
        self._all_rows = read[2] if read is not None and is_read else self.rows(view)
        self.show_rows()
        self.select_made()

    def show_rows(self) -> None:
        """Show the rows that fit the filter, and how many of all they are, once they have been read."""
        all_rows = self._all_rows
        if all_rows is None:
            return
        now, wanted = self.now(), self.filter_bar.filter
        self._shown_on = now.date()
        rows = [each for each in all_rows if wanted.fits(each, now)] if wanted else all_rows
        self.table.empty = self.nothing_fits if wanted and all_rows else self.empty
        self.table.set_rows(rows, now)
        self.query_one("#count", Static).update(self.count_text(len(rows), len(all_rows)))

    @property
    def nothing_fits(self) -> Empty:
        """What is said where there are rows, but none that fits the filter."""
        key = self.gatewatch.written_key("list.filter", "slash")
        return Empty("Nothing fits the filter.", f"{key} changes it, Esc ends it")

    def if_may_create(self, helps: str) -> str:
        """Return what helps where there is no row, the key that makes one for `{key}`; nothing for who may not."""
        return helps.format(key=self.gatewatch.written_key("list.new", "n")) if self.session.by.full_control else ""

    def could_not_read(self) -> None:
        """Say so where no rows are; those that were read before stay."""
        if self.table.empty == NOT_READ_YET:
            self.table.empty = NOT_READABLE
            self.table.refresh()

    def count_text(self, shown: int, there: int) -> Text | str:
        """Return how many rows there are, and how many of them are shown."""
        all_of_them = look.counted(there, self.NOUN, self.PLURAL)
        return all_of_them if not self.filter_bar.filter else f"{shown:,} of {all_of_them}"

    def tick(self, now: datetime) -> None:
        """Let a filter by age, by time left or by the day go on."""
        wanted = self.filter_bar.filter
        if wanted.moves or (wanted and now.date() != self._shown_on):
            self.show_rows()
        self.table.tick(now)

    def select_made(self) -> None:
        """Put the cursor on the record that was made or opened last, once it is in the table."""
        if self._select is not None and self.table.move_to(self._select):
            self._select = None
        self._tell_about()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Create only where there is something to make and the person may, and what the rows allow."""
        if not self.is_ready:
            return False
        if action == "new":
            return bool(self.CREATES) and self.session.by.full_control
        if action in ("filter", "saved_filters"):
            return bool(self.fields()) and not self.filter_bar.has_class("-typing")
        if action == "copy":
            return self.table.row_count > 0
        if action == "leave" and self.filter_bar.filter:
            return True
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        """End filtering, else go back."""
        if self.filter_bar.filter and self.table.has_focus:
            self.filter_bar.put("")
        else:
            super().action_leave()

    def action_filter(self) -> None:
        """Let a filter be typed."""
        self.filter_bar.open()

    def action_saved_filters(self) -> None:
        """Offer the saved filters of this list."""
        from tui.screens.saved_filters import SavedFilters  # noqa: PLC0415 - opened on request

        app = self.gatewatch
        dialog = SavedFilters(self.list_name, lambda: app.settings, self.filter_bar.filter.text, app.save_setting)
        self.app.push_screen(dialog, self._use_filter)

    def action_choose_columns(self) -> None:
        """Ask which columns to show, and keep them."""
        from tui.screens.column_chooser import ColumnChooser  # noqa: PLC0415 - opened on request

        shown = [each.key for each in self._chosen_columns() or self.columns()]
        self.app.push_screen(ColumnChooser(self.columns(), shown), self._keep_columns)

    def action_copy(self) -> None:
        """Copy something of the row under the cursor; where there is a choice, ask."""
        from tui.screens.copy_choice import CopyChoice  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        offered = [] if row is None else self.copied(row)
        if len(offered) == 1:
            self._copy(offered[0])
        elif offered:
            self.app.push_screen(CopyChoice(offered), self._copy)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Show what fits now."""
        event.stop()
        self.show_rows()
        self._tell_about()
        self.refresh_bindings()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Go back to the table."""
        event.stop()
        self.table.focus()

    def on_record_table_moved(self, event: RecordTable.Moved) -> None:
        """Say more of the row under the cursor."""
        event.stop()
        self._tell_about()

    def on_record_table_opened(self, event: RecordTable.Opened) -> None:
        """Open the row's record."""
        event.stop()
        self.open(event.key)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Open the empty form."""
        event.stop()
        self.action_new()

    def action_new(self) -> None:
        """Open the empty form."""
        page = self.new_page()
        if page is not None:
            self.push(page)

    def push(self, page: Page) -> None:
        """Open a page; when it comes back with the id of a record, the cursor goes there."""
        self.app.push_screen(page, self.come_back)

    def come_back(self, record_id: int | None) -> None:
        """Go on in the table, on this record if one was made or changed."""
        self._select = record_id
        self.table.focus()
        self.reload()

    def _tell_about(self) -> None:
        row = self.table.cursor_row
        text = None if row is None else self.about(row)
        if text == self._said_about:
            return
        self._said_about = text
        said = self.query_one("#about", Static)
        said.display = text is not None
        said.update(text or "")

    def _use_filter(self, text: str | None) -> None:
        if text is not None:
            self.filter_bar.put(text)

    def _chosen_columns(self) -> list[Column[Row]]:
        """Return the columns that the settings name and this list has, none if the page's own are shown."""
        own = {each.key: each for each in self.columns()}
        return [own[key] for key in self.gatewatch.settings.columns.get(self.list_name, ()) if key in own]

    def _keep_columns(self, keys: tuple[str, ...] | None) -> None:
        if keys is None:
            return
        own = {each.key: each for each in self.columns()}
        self.table.show_columns([own[each] for each in keys] or self.columns())
        self.gatewatch.save_setting(("columns", self.list_name), keys or None)

    def _copy(self, chosen: Copied | None) -> None:
        if chosen is not None:
            self.app.copy_to_clipboard(chosen[1])


def _plain(cell: Text | str) -> str:
    """Return what a cell shows, as one could type it."""
    return (cell if isinstance(cell, str) else cell.plain).strip()
