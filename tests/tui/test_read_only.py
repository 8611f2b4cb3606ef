"""A Read Only manager sees everything and no action that they cannot use."""

from __future__ import annotations

from store.store import Store
from tests.tui.cast import INES_EMAIL, panel
from tests.tui.conftest import Picture


def test_picture_read_only_connectors(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, INES_EMAIL), press=["6"])


def test_picture_read_only_connector(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, INES_EMAIL), press=["6", "enter"])


def test_picture_read_only_payment(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, INES_EMAIL), press=["3", "enter"])


def test_picture_read_only_answer(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, INES_EMAIL), press=["4", "enter"])
