"""Shares of scripts."""

from __future__ import annotations

import pytest

from nlu.text.script import counts, dominant, shares


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("కరెంటు bill", "Telu"),
        ("बिजली", "Deva"),
        ("current bill", "Latn"),
        ("మా house", "Latn"),
        ("மின்சாரம்", "other"),
        ("9848 😀 !", None),
    ],
)
def test_dominant_script(text: str, script: str | None) -> None:
    assert dominant(text) == script


def test_shares_sum_to_one_over_letters_only() -> None:
    found = shares("బిల్లు 500 pay")
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["Telu"] == pytest.approx(6 / 9)
    assert found["Latn"] == pytest.approx(3 / 9)
    assert set(shares("123").values()) == {0.0}


def test_counts_names_every_script() -> None:
    assert counts("") == {"Telu": 0, "Deva": 0, "Latn": 0, "other": 0}
