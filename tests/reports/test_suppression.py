"""Small numbers stay unknown, whatever is computed from what a table shows."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.reports.table import summed
from nlu.suppression import Cell, alone, nested, partition

NUMBERS = st.lists(st.integers(0, 14), min_size=1, max_size=5)


def possible(cells: list[Cell], total: int) -> list[set[int]]:
    """What each number may be for somebody who sees the cells, knows the sum, and knows the rule:
    `<5` is 1 to 4, a kept one is 5 or more and not above any that is shown."""
    shown = [int(cell.value) for cell in cells if not cell.hidden]
    most = min((one for one in shown if one >= 5), default=total)
    small = any(cell.hidden == "few" for cell in cells)
    choices = [
        {"": [int(cell.value)], "few": [1, 2, 3, 4], "kept": range(5 if small else 1, most + 1)}[
            cell.hidden
        ]
        for cell in cells
    ]
    if not small:  # nothing but zeros is shown: no order is known either
        choices = [[int(cell.value)] if not cell.hidden else range(1, total + 1) for cell in cells]
    found = [set() for _ in cells]
    for guess in product(*choices):
        if sum(guess) == total:
            for place, one in enumerate(guess):
                found[place].add(one)
    return found


@given(NUMBERS)
@settings(max_examples=150, deadline=None)
def test_each_small_number_may_be_anything_below_five(numbers: list[int]) -> None:
    cells = list(partition(dict(enumerate(numbers))).values())
    total = sum(numbers)
    for cell, ways in zip(cells, possible(cells, total)):
        if cell.hidden == "few":
            assert ways >= {1, 2, 3, 4}
        elif 0 < cell.value < 5:
            assert cell.hidden == "kept"
            assert len(ways) > 1 or total < 5  # a sum below five is not shown either


@given(NUMBERS)
def test_what_is_shown_is_right_and_never_small(numbers: list[int]) -> None:
    for number, cell in zip(numbers, partition(dict(enumerate(numbers))).values()):
        assert cell.value == number
        assert cell.hidden or not 0 < number < 5


def test_one_small_number_takes_another_with_it() -> None:
    cells = partition({"te": 100, "hi": 3, "en": 40})
    assert cells == {"te": Cell(100), "hi": Cell(3, "few"), "en": Cell(40, "kept")}
    assert summed(cells.values()) == Cell(143)


def test_enough_small_numbers_hide_each_other() -> None:
    cells = partition({"a": 2, "b": 3, "c": 4, "d": 50})
    assert [cell.hidden for cell in cells.values()] == ["few", "few", "few", ""]


def test_where_nothing_is_enough_nothing_is_shown() -> None:
    """1 and 5: the sum tells that the small one is 1 where the other is said to be five or more."""
    cells = partition({"a": 1, "b": 5, "c": 0})
    assert cells == {"a": Cell(1, "kept"), "b": Cell(5, "kept"), "c": Cell(0)}
    assert summed(cells.values()).hidden == "kept"


def test_a_small_sum_is_not_shown_either() -> None:
    assert summed(partition({"a": 1, "b": 2}).values()) == Cell(3, "few")
    assert summed(partition({}).values()) == Cell(0)


@pytest.mark.parametrize(("value", "hidden"), [(0, ""), (1, "few"), (4, "few"), (5, "")])
def test_numbers_from_five_on_are_shown(value: int, hidden: str) -> None:
    assert alone(value).hidden == hidden


def test_services_of_a_hidden_department_are_hidden() -> None:
    """Else its services would tell what the table of departments hides."""
    sums, inside = nested(
        {
            "energy": {("energy", "bill"): 60, ("energy", "fault"): 40},
            "ttd": {("ttd", "room"): 3},
            "police": {("police", "noc"): 5, ("police", "lost"): 4},
        }
    )
    assert sums["ttd"].hidden == "few" and sums["police"].hidden == "kept"
    assert not sums["energy"].hidden and not inside[("energy", "bill")].hidden
    assert inside[("police", "noc")].hidden == "kept"
    assert inside[("police", "lost")].hidden == "few"
