"""The panel as somebody at a terminal starts it: on a pseudo-terminal, by the program itself."""

from __future__ import annotations

from store.engine_presence import held_by_this_engine
from tests.makers import Shop
from tests.tui.cli.terminal import PROGRAM, CommandLine
from tests.tui.pseudo_terminal import QUIT, PseudoTerminal


def test_the_panel_opens_on_a_new_store_and_is_left(gatewatch: CommandLine) -> None:
    with PseudoTerminal([*PROGRAM, "--calm"], gatewatch.environment) as at:
        at.wait_for("Email")
        at.press(QUIT)
        assert at.wait_for_end() == 0
        assert b"Traceback" not in at.written


def test_a_damaged_store_is_a_sentence_after_the_panel_has_left(at_shop: CommandLine, shop: Shop) -> None:
    shop.store.path.write_text("{", encoding="utf-8")
    with PseudoTerminal(PROGRAM, at_shop.environment) as at:
        assert at.wait_for_end() == 3
        said = at.written.rpartition(b"\x1b")[2].partition(str(shop.store.path).encode())[2]
        assert len(said.splitlines()) == 1
        assert not at.modes[1049]


def test_an_engine_that_runs_already_is_not_started_again(at_shop: CommandLine, shop: Shop) -> None:
    before = {each.name for each in shop.store.folder.iterdir()}
    with held_by_this_engine(shop.store.folder), PseudoTerminal([*PROGRAM, "--engine"], at_shop.environment) as at:
        at.wait_for("Email")
        at.press(QUIT)
        assert at.wait_for_end() == 0
    assert {each.name for each in shop.store.folder.iterdir()} - before == {"gatewatch.engine"}
