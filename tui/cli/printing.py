"""How commands write: JSON that any terminal and encoding takes, times, and aligned plain tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from tui.plain_text import cells, moment_text, safe

Align = Literal["left", "right"]


def json_text(value: object) -> str:
    """Return a value as indented JSON in ASCII, so that nothing stored can steer a terminal."""
    return json.dumps(value, indent=2)


def json_line(value: object) -> str:
    """Return a value as JSON on one line, in ASCII."""
    return json.dumps(value)


def shown_moment(at: datetime | None) -> str:
    """Return a moment for people, in UTC: `2026-03-14 09:26:53`; `-` for none."""
    return "-" if at is None else moment_text(at)


def shown(value: object) -> str:
    """Return a stored value for people, safe and on one line: `yes` or `no` for a flag, `-` for nothing."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return shown_moment(value)
    return safe(str(value))


def table(columns: Sequence[tuple[str, Align]], rows: Iterable[Sequence[object]], *, none: str) -> str:
    """Return rows under their headings, aligned in cells of the terminal; the sentence `none` where there is no row."""
    written = [[shown(each) for each in row] for row in rows]
    if not written:
        return none
    headings = [heading for heading, _ in columns]
    widths = [max(cells(row[index]) for row in [headings, *written]) for index in range(len(columns))]
    aligns = [align for _, align in columns]
    return "\n".join(_line(row, widths, aligns) for row in [headings, *written])


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values, a line each, the values in one column."""
    written = [(f"{name}:", shown(value)) for name, value in pairs]
    width = max(cells(name) for name, _ in written)
    return "\n".join(f"{name}{' ' * (width - cells(name))}  {value}" for name, value in written)


def _line(row: Sequence[str], widths: Sequence[int], aligns: Sequence[Align]) -> str:
    padded = [
        " " * (width - cells(text)) + text if align == "right" else text + " " * (width - cells(text))
        for text, width, align in zip(row, widths, aligns, strict=True)
    ]
    return "  ".join(padded).rstrip()
