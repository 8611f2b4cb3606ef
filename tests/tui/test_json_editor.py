"""The colours of JSON, which are found line by line, and what is marked as wrong."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tui.widgets.json_editor import (
    LARGEST_SEARCHED_TEXT,
    LONGEST_COLOURED_LINE,
    LONGEST_WRAPPED_LINE,
    JsonEditor,
    tokens,
)


class Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield JsonEditor('{"key": "a\\"b", "n": -1.5e3}\n' + " " * LONGEST_COLOURED_LINE + '"long"')


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"a b" : "c"}', [("{", "sign"), ('"a b"', "key"), (":", "sign"), ('"c"', "text"), ("}", "sign")]),
        ("  true, -1.5e3]", [("true", "word"), (",", "sign"), ("-1.5e3", "word"), ("]", "sign")]),
        ('"a\\"b": "no end', [('"a\\"b"', "key"), (":", "sign"), ('"no end', "text")]),
        ('"back\\\\"', [('"back\\\\"', "text")]),
        ("", []),
    ],
)
def test_each_token_of_a_line_has_its_kind(line: str, found: list[tuple[str, str]]) -> None:
    assert [(line[start:end], kind) for start, end, kind in tokens(line)] == found


async def test_lines_are_coloured_as_they_are_drawn_and_what_is_wrong_is_marked() -> None:
    app = Bench()
    async with app.run_test():
        editor = app.query_one(JsonEditor)
        styled = {line.plain[span.start : span.end] for line in [editor.get_line(0)] for span in line.spans}
        assert {'"key"', '"a\\"b"', "-1.5e3", "{"} <= styled
        assert not editor.get_line(1).spans

        before = len(editor.get_line(0).spans)
        editor.mark([(1, 9)])
        marked = editor.get_line(0).spans
        assert len(marked) == before + 1
        assert (marked[-1].start, marked[-1].end) == (8, 14)
        editor.mark([])
        assert len(editor.get_line(0).spans) == before


async def test_a_text_with_a_very_long_line_is_not_wrapped_and_one_with_shorter_ones_is() -> None:
    app = Bench()
    async with app.run_test() as pilot:
        editor = app.query_one(JsonEditor)
        editor.focus()
        editor.text = '["' + "x" * 60_000 + '"]\n[]'
        await pilot.pause()
        assert editor.wrapped_document.height == 2
        editor.move_cursor((0, 30_000))
        await pilot.press("y")
        assert editor.text[30_000] == "y"

        editor.text = '["' + "x" * (LONGEST_WRAPPED_LINE - 4) + '"]'
        await pilot.pause()
        assert editor.wrapped_document.height > 2


async def test_the_other_bracket_is_looked_for_in_a_text_that_is_not_too_large() -> None:
    app = Bench()
    async with app.run_test() as pilot:
        editor = app.query_one(JsonEditor)
        for size, found in ((LARGEST_SEARCHED_TEXT - 2, (0, LARGEST_SEARCHED_TEXT - 1)), (LARGEST_SEARCHED_TEXT, None)):
            editor.text = "[" + " " * size + "]"
            await pilot.pause()
            assert editor.find_matching_bracket("[", (0, 0)) == found
