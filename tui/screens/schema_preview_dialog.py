"""The settings form that a JSON Schema makes, over the whole screen; for terminals without room beside the form."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from store.settings_schema import SettingsSchema
from tui import look
from tui.widgets.dialog import Dialog
from tui.widgets.schema_preview import SchemaPreview


class SchemaPreviewDialog(Dialog[None]):
    """The drawing, to scroll through. `schema` None: the text is wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f9,q,enter", "close", "Back", id="preview.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="preview.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="preview.up"),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False, id="preview.page_down"),
        Binding("pageup", "scroll(-10)", "Page up", show=False, id="preview.page_up"),
    ]

    def __init__(self, schema: SettingsSchema | None) -> None:
        super().__init__()
        self._schema = schema

    def compose_dialog(self) -> ComposeResult:
        """Compose the drawing above its keys."""
        with Vertical(classes="dialog preview-dialog"):
            yield SchemaPreview()
            yield Static(look.dim("j k scroll   F9 Esc back to the form"))

    def on_mount(self) -> None:
        """Draw the schema."""
        self.query_one(SchemaPreview).show(self._schema)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(SchemaPreview).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
