"""How what is typed or chosen is read from a control of a form and put into it, the same for every form.

What is read is plain JSON, so that it can be compared, kept as a draft and put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.widget import Widget
from textual.widgets import Input, Select, TextArea

from tui.widgets.json_area import JsonArea
from tui.widgets.toggles import Toggle


@dataclass(frozen=True, slots=True)
class Access:
    """How one control is read and filled."""

    read: Callable[[Any], object]
    write: Callable[[Any, Any], None]


def access_to(control: Widget) -> Access | None:
    """Return how a control is read and filled, None for one that only shows something."""
    return next((access for kind, access in _ACCESS if isinstance(control, kind)), None)


def _write_value(control: Input | Toggle, value: str | bool) -> None:  # noqa: FBT001 - one control's value
    control.value = value


def _read_choice(control: Select[Any]) -> object:
    return None if control.is_blank() else control.value


def _write_choice(control: Select[Any], value: object) -> None:
    """Choose a value if it is still offered."""
    offered = {each for _, each in control._options}  # noqa: SLF001 - Textual has no public way to ask for them
    control.value = value if value is not None and value in offered else Select.NULL


def _write_text(control: TextArea, value: str) -> None:
    control.text = value


def _write_json(control: JsonArea, value: str) -> None:
    control.text = value


_ACCESS: tuple[tuple[type[Widget], Access], ...] = (
    (Input, Access(lambda control: control.value, _write_value)),
    (Toggle, Access(lambda control: control.value, _write_value)),
    (Select, Access(_read_choice, _write_choice)),
    (TextArea, Access(lambda control: control.text, _write_text)),
    (JsonArea, Access(lambda control: control.text, _write_json)),
)
