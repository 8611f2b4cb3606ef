"""What every list has: a toolbar, a table, a count, and the keys that open a row or make a new one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.types import CSSPathType
from textual.widgets import Button, Static

from store.store import View
from tui import look
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty, RecordTable

Row = TypeVar("Row")


class ListPage(Page, Generic[Row]):
    """A page with one table. A subclass says its columns and rows, and what opens and makes one.

    `NOUN` counts the rows ("account"), `OPENS` says whether Enter opens them, `CREATES` how the button is called that
    makes one (as key `n` does), empty if nothing is made here.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = "list_page.tcss"
    NOUN: ClassVar[str]
    PLURAL: ClassVar[str | None] = None
    OPENS: ClassVar[bool] = True
    CREATES: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "new", "Create")]

    def __init__(self) -> None:
        super().__init__()
        self._select: int | None = None

    @abstractmethod
    def columns(self) -> Sequence[Column[Row]]:
        """Return the columns, the important ones first."""

    @abstractmethod
    def rows(self, view: View) -> Sequence[Row]:
        """Return the rows that the person may see."""

    @abstractmethod
    def key_of(self, row: Row) -> Hashable:
        """Return which record a row is of."""

    @property
    @abstractmethod
    def empty(self) -> Empty:
        """What is said where there are no rows."""

    def open(self, key: Hashable) -> None:
        """Open a row's record; a list whose rows say everything opens nothing."""

    def new_page(self) -> Page | None:
        """Return the form that makes a record, None if there is none."""
        return None

    def compose_toolbar(self) -> ComposeResult:
        """Compose what stands right of the Create button."""
        yield Static(id="count", markup=False)

    def compose_workspace(self) -> ComposeResult:
        """Compose the toolbar and the table."""
        with Horizontal(classes="toolbar"):
            if self.CREATES and self.session.by.full_control:
                yield Button(self.CREATES, id="create", variant="primary", compact=True)
            yield from self.compose_toolbar()
        yield self.make_table()
        yield Static(id="about")

    def make_table(self) -> RecordTable[Row]:
        """Make the table."""
        return RecordTable(self.columns(), self.key_of, empty=self.empty, opens=self.OPENS)

    def about(self, row: Row) -> Text | None:
        """Return what is said below the table of the row under the cursor, None if its cells say it all."""
        del row
        return None

    def on_mount(self) -> None:
        """Put the cursor into the table; Create is one Tab away."""
        self.table.focus()

    @property
    def table(self) -> RecordTable[Row]:
        """The table."""
        return cast("RecordTable[Row]", self.query_one(RecordTable))

    def show(self, view: View) -> None:
        """Show the rows; the cursor stays, or goes to the record that was just made."""
        rows = self.rows(view)
        self.query_one("#count", Static).update(look.counted(len(rows), self.NOUN, self.PLURAL))
        self.table.set_rows(rows, self.now())
        self.select_made()

    def select_made(self) -> None:
        """Put the cursor on the record that was made or opened last, once it is in the table."""
        if self._select is not None and self.table.move_to(self._select):
            self._select = None
        self._tell_about()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Create only where there is something to make and the person may."""
        if action == "new":
            return bool(self.CREATES) and self.session.by.full_control
        return super().check_action(action, parameters)

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
        self.app.push_screen(page, self._come_back)

    def _tell_about(self) -> None:
        row = self.table.cursor_row
        text = None if row is None else self.about(row)
        said = self.query_one("#about", Static)
        said.display = text is not None
        said.update(text or "")

    def _come_back(self, record_id: int | None) -> None:
        self._select = record_id
        self.table.focus()
        self.reload()
