"""Check digits: Verhoeff's, and checksums by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text.checksums import consistent, verhoeff


def test_consistent_by_name() -> None:
    assert consistent("verhoeff", "499118665246")
    assert not consistent("verhoeff", "499118665247")
    assert consistent(None, "1")


def test_consistent_knows_no_other_checksum() -> None:
    with pytest.raises(KeyError):
        consistent("luhn", "1")


@settings(deadline=None)
@given(st.integers(2, 9), st.text("0123456789", min_size=10, max_size=10), st.integers(0, 9))
def test_verhoeff_finds_a_wrong_digit(first: int, middle: str, wrong: int) -> None:
    body = f"{first}{middle}"
    good = next(body + str(d) for d in range(10) if verhoeff(body + str(d)))
    broken = good[:5] + str(wrong) + good[6:]
    assert verhoeff(broken) is (broken == good)


def test_verhoeff_known_numbers() -> None:
    assert verhoeff("2363")  # the worked example of the check digit 3 for 236
    assert verhoeff("234123412346")
    assert not verhoeff("234123412347")
    assert not verhoeff("")
