"""Finding 6: no spelling of an Aadhaar number gets past the mask; other numbers stay."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text import mask, normalise, spoken_to_digits
from nlu.text.checksums import verhoeff
from nlu.text.masking import last_four
from tests.attacks.aadhaar_spellings import NUMBER, SCRIPTS, SEPARATORS, UNITS, spellings

OTHER = "700100200301"
WRONG = NUMBER[:5] + "9" + NUMBER[6:]
STAYS = {
    "mobile": "9848012345",
    "mobile in groups": "98480 12345",
    "mobile in fives and signs": "call 98480-12345, or 98480.12346",
    "mobile with code": "+91 98480 12345",
    "mobile with code in one piece": "+919848012345",
    "mobile with nought": "09848012345",
    "service number": "6123401005678",
    "service number in a sentence": "కరెంటు బిల్లు 6123401005678 ఎంత",
    "mobile said in Telugu": "తొమ్మిది ఎనిమిది నాలుగు ఎనిమిది సున్నా ఒకటి రెండు మూడు నాలుగు ఐదు",
    "mobile said in Hindi": "नौ आठ चार आठ शून्य एक दो तीन चार पाँच",
    "mobile said in English": "nine eight double four zero one two three four five",
    "mobile said in romanised Telugu": "tommidi enimidi naalugu enimidi sunna okati rendu mudu",
    "date": "05-12-2026",
    "dates": "from 05/12/2026 to 28/12/2026",
    "date and time": "28-11-2026 14:30",
    "price": "₹2,34,123.50",
    "prices": "between 25,00,000 and 30,00,000 rupees",
    "amount in words": "two lakh thirty four thousand one hundred",
    "amount in Telugu": "రెండు లక్షల ముప్పై నాలుగు వేలు",
    "amount in Hindi": "दो लाख चौंतीस हज़ार",
    "pin code": "522001",
    "passengers and a date": "2 tickets on 05-12-2026 at 6:30 am",
    "bus service": "RTC26110001",
    "survey number": "survey no 123/4A, khata 245",
    "little words": "do you have it? oh, I will ask a lot",
    "no digits": "నా బిల్లు ఎంత",
    "Hindi sentence": "मेरा बिजली का बिल कितना है",
    "romanised sentence": "naa bill entha, oka sari cheppandi",
    "empty": "",
}


@pytest.mark.parametrize(("name", "text"), spellings(NUMBER), ids=lambda value: ascii(value)[:40])
def test_no_spelling_survives(name: str, text: str) -> None:
    kept = mask(text)
    assert kept != text
    assert NUMBER[:8] not in _digits(kept)


@pytest.mark.parametrize(("name", "text"), spellings(OTHER), ids=lambda value: ascii(value)[:40])
def test_no_spelling_of_a_number_with_noughts_survives(name: str, text: str) -> None:
    assert OTHER[:8] not in _digits(mask(text))


def test_there_are_more_than_a_hundred_spellings() -> None:
    assert len({text for _, text in spellings(NUMBER)}) >= 200


@pytest.mark.parametrize("sign", SEPARATORS.values(), ids=list(SEPARATORS))
def test_a_slip_in_one_digit_is_masked_too(sign: str) -> None:
    assert not verhoeff(WRONG)
    for text in (WRONG, sign.join([WRONG[:4], WRONG[4:8], WRONG[8:]]), sign.join(WRONG)):
        assert WRONG[:8] not in _digits(mask(text))


@pytest.mark.parametrize("key", UNITS)
def test_a_slip_in_one_digit_is_masked_where_it_is_said(key: str) -> None:
    said = [UNITS[key].split()[int(digit)] for digit in WRONG]
    assert mask(" ".join(said)) == last_four(WRONG)


@pytest.mark.parametrize("sign", ["", " ", "-", "\n", "\u200b"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_a_virtual_id_is_masked(sign: str, script: str) -> None:
    digits = "9123456789012345"
    fours = [digits[at : at + 4] for at in range(0, 16, 4)]
    shown = sign.join("".join(script[int(digit)] for digit in four) for four in fours)
    assert digits[:12] not in _digits(mask(shown))


@pytest.mark.parametrize("text", STAYS.values(), ids=list(STAYS))
def test_other_numbers_and_words_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("నా ఆధార్ 2341\n2341\n2346, బిల్లు", "నా ఆధార్ XXXXXXXX2346, బిల్లు"),
        ("मेरा आधार दो तीन चार एक दो तीन चार एक दो तीन चार छह है", "मेरा आधार XXXXXXXX2346 है"),
        ("2️⃣3️⃣4️⃣1️⃣ 2341 2346 please", "XXXXXXXX2346 please"),
        ("\u200b 2341 — 2341 — 2346 \u200b", "\u200b XXXXXXXX2346 \u200b"),
        ("5 tickets, 2341 2341 2346, 2 days", "5 tickets, XXXXXXXX2346, 2 days"),
    ],
)
def test_only_the_number_itself_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@st.composite
def _numbers(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("23456789")) + draw(st.text("0123456789", min_size=10, max_size=10))
    return next(body + digit for digit in "0123456789" if verhoeff(body + digit))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    number=_numbers(),
    signs=st.lists(st.sampled_from(["", "", *SEPARATORS.values()]), min_size=11, max_size=11),
    script=st.sampled_from(["0123456789", *SCRIPTS.values()]),
    around=st.sampled_from(["{}", "నా ఆధార్ {}", "मेरा {} है", "aadhaar {} ki", "x{}y", "({})"]),
)
def test_a_number_never_survives(number: str, signs: list[str], script: str, around: str) -> None:
    figures = [script[int(digit)] for digit in number]
    text = "".join(part for pair in zip(figures, [*signs, ""], strict=True) for part in pair)
    assert number[:8] not in _digits(mask(around.format(text)))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["9848012345", "1 ", "- ", "రెండు ", "do ", "x", "2341 2341 2346 "])),
    st.booleans(),
)
def test_masking_twice_changes_nothing_more(parts: list[str], phones: bool) -> None:
    once = mask("".join(parts), phones=phones)
    assert mask(once, phones=phones) == once


def test_the_end_of_a_masked_number_begins_no_other() -> None:
    """By chance the check digit of both together was right."""
    masked = "XXXXXXXX2345- 9848012345రెండు 1"
    assert verhoeff("2345984801234521")
    assert mask(masked) == masked
    assert mask("XXXX2341 2341 2346") == "XXXXXXXXXXXX2346"  # but X before a whole number


def _digits(text: str) -> str:
    """All digits of a text, said ones as figures, whatever stands between them."""
    plain = spoken_to_digits(normalise(text)).text
    values = (unicodedata.numeric(character, -1) for character in plain)
    return "".join(str(int(value)) for value in values if value in range(100))
