"""The filter of `/`: `status:processing connector:stripe total>100 older:5m -number:P-0001 "oak & barley"`.

What stands side by side must all fit. `field:value` compares, with `=`, `>`, `<`, `>=`, `<=`, `!=` where the field has
them; `a,b` is either of two; a minus turns a part around; quotes keep spaces and signs together; a word without a field
is looked for in every text of a row. Which fields there are is given by each list. The panel and the command line share
this; nothing of a screen is in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from tui.filter_kinds import EXAMPLES, Field, Kind, NotReadable, Test, test_of

__all__ = ["EXAMPLES", "Completion", "Field", "Filter", "FilterProblem", "Kind", "completions", "parse"]

Row = TypeVar("Row")

LONGEST = 400
"""The longest filter, in characters."""
_START_OF_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(>=|<=|!=|:|=|>|<)")
_NOT_COMPARED = "!="


class FilterProblem(ValueError):
    """A filter that cannot be read. `start` and `end` say where in its text; `reason` says what is wrong.

    `fields` are the names of the fields that there are.
    """

    def __init__(self, reason: str, start: int, end: int, fields: Sequence[str]) -> None:
        self.reason = reason
        self.start = start
        self.end = end
        self.fields = tuple(fields)
        super().__init__(f"{reason} (at character {start + 1}; fields: {', '.join(fields)})")


@dataclass(frozen=True, slots=True)
class _Part(Generic[Row]):
    """One part: a field's value must fit one of the tests, or, without a field, a word is somewhere in the row."""

    negated: bool
    field: Field[Row] | None
    tests: tuple[Test, ...] = ()
    word: str = ""

    def fits(self, row: Row, now: datetime, fields: Sequence[Field[Row]]) -> bool:
        if self.field is None:
            fits = any(each.holds(row, self.word) for each in fields)
        else:
            value = self.field.value(row)
            fits = value is not None and any(test(value, now) for test in self.tests)
        return fits is not self.negated


@dataclass(frozen=True, slots=True)
class Filter(Generic[Row]):
    """A filter that was read; `text` is how it was written. An empty one lets every row through."""

    text: str
    fields: tuple[Field[Row], ...] = ()
    parts: tuple[_Part[Row], ...] = ()

    def __bool__(self) -> bool:
        """Whether it keeps anything back at all."""
        return bool(self.parts)

    def fits(self, row: Row, now: datetime) -> bool:
        """Say whether a row, given as it is at `now`, fits."""
        return all(each.fits(row, now, self.fields) for each in self.parts)


@dataclass(frozen=True, slots=True)
class Completion:
    """What could stand from `start` to `end` of a filter's text."""

    start: int
    end: int
    text: str


def parse(text: str, fields: Sequence[Field[Row]]) -> Filter[Row]:
    """Read a filter for rows that have these fields. Raises FilterProblem."""
    names = [each.name for each in fields]
    if len(text) > LONGEST:
        raise FilterProblem(f"The filter is longer than {LONGEST} characters.", LONGEST, len(text), names)
    parts = []
    at = _after_spaces(text, 0)
    while at < len(text):
        part, at = _part(text, at, {each.name: each for each in fields})
        parts.append(part)
        at = _after_spaces(text, at)
    return Filter(text.strip(), tuple(fields), tuple(parts))


def completions(text: str, at: int, fields: Sequence[Field[Any]]) -> tuple[Completion, ...]:
    """Return what the word that ends at `at` could become: names of fields, or the words that a field has."""
    start = at
    while start and not text[start - 1].isspace():
        start -= 1
    start += text[start:at].startswith("-")
    begun = text[start:at].casefold()
    opened = _START_OF_FIELD.match(begun)
    if opened is None:
        names = [each.name + ":" for each in fields if begun and each.name.startswith(begun)]
        return tuple(Completion(start, at, each) for each in names)
    field = next((each for each in fields if each.name == opened[1]), None)
    if field is None:
        return ()
    words = ("yes", "no") if field.kind is Kind.FLAG else tuple(field.choices)
    value_start = start + max(opened.end(), begun.rfind(",") + 1)
    value = text[value_start:at].casefold()
    return tuple(
        Completion(value_start, at, each) for each in words if each.startswith(value) and each.casefold() != value
    )


def _part(text: str, at: int, fields: dict[str, Field[Row]]) -> tuple[_Part[Row], int]:
    names = list(fields)
    start = at
    negated = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
    at += negated
    opened = _START_OF_FIELD.match(text, at)
    if opened is None:
        (word, *_), end = _values(text, at, names, split=False)
        if not word:
            raise FilterProblem("There is nothing between the quotes.", start, end, names)
        return _Part(negated, None, word=word.casefold()), end
    field = fields.get(opened[1].casefold())
    if field is None:
        says = f"There is no field {opened[1]}; to look for the text itself, put it in quotes."
        raise FilterProblem(says, at, opened.end(1), names)
    comparison = opened[2]
    # Nobody who writes total:1,000 means either 1 or 0.
    either = comparison in (":", "=", _NOT_COMPARED) and field.kind is not Kind.AMOUNT
    values, end = _values(text, opened.end(), names, split=either)
    if end == opened.end():
        says = f"After {opened[0]} a value is missing; write {EXAMPLES[field.kind]}."
        raise FilterProblem(says, start, end, names)
    negated ^= comparison == _NOT_COMPARED
    try:
        tests = tuple(test_of(field, comparison.removeprefix("!"), each) for each in values)
    except NotReadable as error:
        raise FilterProblem(str(error), opened.end(), end, names) from error
    return _Part(negated, field, tests), end


def _values(text: str, at: int, names: Sequence[str], *, split: bool) -> tuple[list[str], int]:
    """Read up to the next space outside quotes; commas outside quotes part the values if `split`."""
    values, start = [""], at
    while at < len(text) and not text[at].isspace():
        if text[at] == '"':
            quoted, at = _quoted(text, at, names)
            values[-1] += quoted
        elif split and text[at] == ",":
            if at == start or at + 1 == len(text) or text[at + 1].isspace() or text[at + 1] == ",":
                raise FilterProblem("Beside a comma a value is missing.", at, at + 1, names)
            values.append("")
            at += 1
        else:
            values[-1] += text[at]
            at += 1
    return values, at


def _quoted(text: str, at: int, names: Sequence[str]) -> tuple[str, int]:
    """Read from an opening quote to its end; a backslash keeps the sign after it."""
    start, found = at, ""
    at += 1
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\" and at + 1 < len(text)
        found += text[at]
        at += 1
    if at == len(text):
        raise FilterProblem("This quote is not closed.", start, len(text), names)
    return found, at + 1


def _after_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
