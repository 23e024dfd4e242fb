"""Checksums by name."""

from __future__ import annotations

import pytest

from nlu.slots.checksums import consistent


def test_consistent_by_name() -> None:
    assert consistent("verhoeff", "499118665246")
    assert not consistent("verhoeff", "499118665247")
    assert consistent(None, "1")


def test_consistent_knows_no_other_checksum() -> None:
    with pytest.raises(KeyError):
        consistent("luhn", "1")
