"""How the simulated gateway chooses what it does."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.behaviours import BEHAVIOURS, CHOICE_SETTING, UnknownBehaviour, chosen_behaviour, listing


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_amounts_decimals_choose_from_the_table(name: str) -> None:
    decimals = BEHAVIOURS[name].decimals
    for amount in (f"129.{decimals}", f"0.{decimals}0", f"7.{decimals}00"):
        assert chosen_behaviour({}, amount, "0b5c", 0).name == name


def test_one_decimal_is_read_as_tenths() -> None:
    assert chosen_behaviour({}, "5.1", "0b5c", 0).decimals == "10"


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_setting_goes_before_the_amount(name: str) -> None:
    assert chosen_behaviour({CHOICE_SETTING: name}, "129.01", "0b5c", 0).name == name


def test_an_empty_setting_chooses_nothing() -> None:
    assert chosen_behaviour({CHOICE_SETTING: ""}, "129.01", "0b5c", 0).name == "decline"


@pytest.mark.parametrize("setting", ["explode", {"name": "decline"}])
def test_another_setting_is_refused_with_the_names_that_are_known(setting: str) -> None:
    with pytest.raises(UnknownBehaviour, match="success, decline"):
        chosen_behaviour({CHOICE_SETTING: setting}, "129.01", "0b5c", 0)


@given(amount=st.sampled_from(["129", "129.50", "129.001", "0.0005"]), attempt=st.text(), seed=st.integers())
def test_otherwise_the_seed_chooses_always_the_same(amount: str, attempt: str, seed: int) -> None:
    behaviour = chosen_behaviour({}, amount, attempt, seed)
    assert behaviour is chosen_behaviour({}, amount, attempt, seed)
    assert behaviour.share > 0


def test_the_seed_chooses_everything_that_has_a_share() -> None:
    chosen = Counter(chosen_behaviour({}, "129", str(number), 7).name for number in range(3000))
    assert set(chosen) == {row.name for row in BEHAVIOURS.values() if row.share}
    assert chosen.most_common(1)[0][0] == "success"


def test_every_behaviour_has_decimals_of_its_own_and_a_line_in_the_list() -> None:
    assert len({row.decimals for row in BEHAVIOURS.values()}) == len(BEHAVIOURS)
    for row in BEHAVIOURS.values():
        assert f".{row.decimals}  {row.name}" in listing()
        assert row.explanation in listing()
