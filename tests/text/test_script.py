"""Shares of scripts, and cuts between written syllables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text.script import MARK, counts, cut_at, dominant, shares, shortened


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


CUTS = [
    ("ఆస్తి క్షేత్రం", 9, "ఆస్తి "),  # not inside the conjunct క్షే
    ("ఆస్తి క్షేత్రం", 10, "ఆస్తి క్షే"),
    ("శ్రీకాకుళం", 6, "శ్రీకా"),
    ("శ్రీకాకుళం", 7, "శ్రీకా"),  # not between a letter and its vowel sign
    ("जन्म प्रमाणपत्र", 7, "जन्म "),
    ("जन्म प्रमाणपत्र", 8, "जन्म प्र"),
    ("Na karentu billu", 9, "Na karent"),
    ("property tax", 10, "property t"),
    ("ok 👨‍👩‍👧‍👦", 7, "ok 👨‍👩‍👧‍👦"[:7]),  # an emoji that takes most of it all is cut
    ("thank you 👍🏽", 11, "thank you "),
    ("short", 24, "short"),
]


@pytest.mark.parametrize(("text", "longest", "expected"), CUTS)
def test_the_cut(text: str, longest: int, expected: str) -> None:
    assert text[: cut_at(text, longest)] == expected


def test_a_short_text_is_left_alone_and_a_long_one_is_marked() -> None:
    assert shortened("ఆస్తి", 5) == "ఆస్తి"
    assert shortened("ఆస్తి క్షేత్రం", 11) == "ఆస్తి క్షే" + MARK
    assert shortened("ఆస్తి క్షేత్రం", 10) == "ఆస్తి" + MARK


LETTERS = st.text(st.sampled_from("ab కగషత్ాిీుంक्षिात्र\u200d\u200c👍🏽é\u0301 \n"), max_size=60)


@settings(deadline=None)
@given(LETTERS, st.integers(2, 60))
def test_nothing_grows_and_nothing_is_cut_that_fits(text: str, longest: int) -> None:
    assert len(shortened(text, longest)) <= longest
    assert (shortened(text, longest) == text) == (len(text) <= longest) or text.endswith(MARK)
    assert longest // 2 < cut_at(text, longest) <= longest or cut_at(text, longest) == len(text)
