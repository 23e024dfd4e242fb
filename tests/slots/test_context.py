"""Which numbers need a word beside them in a free message."""

from __future__ import annotations

import pytest

from nlu.slots.context import Announced, is_short
from nlu.text import spoken_to_digits


@pytest.mark.parametrize(
    ("pattern", "short"),
    [
        (r"\d{1,6}", True),
        (r"1(?:3\d{2}|4[0-4]\d|450)", True),  # no number of it is made of twos
        (r"0\d{4}", True),
        (r"(?=(?:[A-Z]*\d){4})[A-Z]{0,5}\d{1,20}", True),
        (r"(?=(?:[A-Z]*\d){6})[A-Z]{0,5}\d{1,20}", False),
        (r"\d{13}|\d{16}", False),
        (None, True),
    ],
)
def test_short_patterns_accept_any_number_below_six_digits(
    pattern: str | None, short: bool
) -> None:
    assert is_short(pattern) is short


@pytest.mark.parametrize(
    ("text", "number", "cue"),
    [
        ("సర్వే నంబరు 123 ఖాతా నంబరు 245", "123", False),
        ("survey number 123 khata number 245", "123", False),
        ("सर्वे नंबर 123 खाता नंबर 245", "123", False),
        ("khasra 123 khata 245", "123", False),
        ("khata 245 and survey 123", "123", False),
        ("245 ఖాతా, 2 ఎకరాలు", "245", True),
        ("245 khata, 2 ekaralu", "245", True),
        ("245 खाता, 2 एकड़", "245", True),
        ("245 khata, 2 ekad", "245", True),
        ("245 is my khata, 500 rupees paid", "245", True),
        ("245 ఖాతా, నాలుగు వైపులా", "245", True),  # no number of a record is said so
        ("1b 245", "245", True),
        ("245 1b", "245", True),
    ],
)
def test_cues_announce_one_number(text: str, number: str, cue: bool) -> None:
    start = text.index(number)
    view = spoken_to_digits(text)
    assert Announced("khata_number", view).at(start, start + len(number)) is cue
