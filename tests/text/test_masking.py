"""Masking of Aadhaar and telephone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text import mask
from nlu.text.checksums import verhoeff
from nlu.text.masking import last_four


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("499118665246", "XXXXXXXX5246"),
        ("my aadhaar 4991 1866 5246.", "my aadhaar XXXXXXXX5246."),
        ("4991-1866-5246", "XXXXXXXX5246"),
        ("ఆధార్ ౪౯౯౧౧౮౬౬౫౨౪౬ ఇది", "ఆధార్ XXXXXXXX5246 ఇది"),
        ("आधार ४९९१ १८६६ ५२४६", "आधार XXXXXXXX5246"),
        ("499118665246 9848012345", "XXXXXXXX5246 9848012345"),
        ("9848012345 4991 1866 5246", "9848012345 XXXXXXXX5246"),
        ("499118665247", "XXXXXXXX5247"),  # a wrong check digit is a slip
        ("6123401005678", "6123401005678"),  # 13 digits
        ("14991186652461", "XXXXXXXXXX2461"),  # nothing that must be seen again is so long
        ("", ""),
    ],
)
def test_mask_aadhaar(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 9848012345", "call XXXXXX2345"),
        ("+91 98480 12345", "+XXXXXXXX2345"),
        ("౯౮౪౮౦౧౨౩౪౫", "XXXXXX2345"),
        ("1020304050", "1020304050"),
    ],
)
def test_mask_phones_for_logs(text: str, masked: str) -> None:
    assert mask(text, phones=True) == masked


def test_last_four_hides_short_values_whole() -> None:
    assert last_four("499118665246") == "XXXXXXXX5246"
    assert last_four("123") == "XXX"


@settings(deadline=None)
@given(st.integers(2, 9), st.text("0123456789", min_size=10, max_size=10))
def test_every_number_with_a_right_check_digit_is_masked(first: int, middle: str) -> None:
    body = f"{first}{middle}"
    assert "X" * 8 in mask(next(body + digit for digit in "0123456789" if verhoeff(body + digit)))
