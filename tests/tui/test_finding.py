"""What `:` and the palette find, and what they do not show to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.actors import Actor
from store.store import View
from tests.tui.cast import ANNA_EMAIL, TOMAS_EMAIL, copy_of
from tui.finding import find
from tui.targets import PAGE, Target

ANNA = Actor(ANNA_EMAIL)
TOMAS = Actor(TOMAS_EMAIL, reseller_id=2)


@pytest.fixture(scope="module")
def view(played: Path, tmp_path_factory: pytest.TempPathFactory) -> View:
    """Return the played store as it is at NOW."""
    return copy_of(played, tmp_path_factory.mktemp("found") / "store").view()


def first(view: View, text: str, by: Actor = ANNA) -> Target | None:
    """Return the kind and id of what is found first."""
    found = find(view, by, text)
    return found[0].target if found else None


@pytest.mark.parametrize(
    ("text", "kind", "identity"),
    [
        ("accounts", PAGE, "accounts"),
        ("Pay", PAGE, "payments"),
        ("action", PAGE, "action_log"),
        ("payment gateway", PAGE, "connectors"),
        ("payment methods", PAGE, "methods"),
        ("payment 7", "payment", 7),
        ("pay P-000007", "payment", 7),
        ("p-7", "payment", 7),
        ("connector nord", "connector", 1),
        ("con 2", "connector", 2),
        ("iberia", "connector", 2),
        ("method wallet", "method", 2),
        ("oak", "account", 4),
        ("account 3", "account", 3),
        ("  ACCOUNT   oak & barley ", "account", 4),
        ("porto", "reseller", 3),
        ("tomas@", "manager", 2),
        ("answer A6", "answer", 6),
    ],
)
def test_what_is_found_first(view: View, text: str, kind: str, identity: int | str) -> None:
    found = first(view, text)
    assert found is not None
    assert (found.kind, found.identity) == (kind, identity)


@pytest.mark.parametrize("text", ["payment 99", "connector 99999999999999999999", "zzz", "payment ²", "xx 1"])
def test_what_is_not_there_is_not_found(view: View, text: str) -> None:
    assert find(view, ANNA, text) == []


def test_an_id_alone_is_found_in_every_kind_but_only_whole(view: View) -> None:
    found = {each.target.kind for each in find(view, ANNA, "2")}
    assert {"payment", "account", "connector", "method", "reseller", "manager"} <= found
    assert Target("payment", 12, "P-000012") not in {each.target for each in find(view, ANNA, "2")}


def test_nobody_finds_what_they_may_not_see(view: View) -> None:
    assert first(view, "connector nord", TOMAS) is None
    assert first(view, "account 1", TOMAS) is None
    assert first(view, "payment 1", TOMAS) is None
    assert [each.target.identity for each in find(view, TOMAS, "payment gateway")] == []


def test_without_a_text_the_pages_are_offered(view: View) -> None:
    assert [each.target.kind for each in find(view, ANNA, " ")] == [PAGE] * 8
