"""No number by which somebody is known is kept, in any language or script."""

from __future__ import annotations

import pytest

from api.review.masks import is_masked, marks_in, masked

HIDDEN = {
    "నా కరెంటు బిల్లు 6123401005678 ఎంత": "నా కరెంటు బిల్లు XXXXXXXXX5678 ఎంత",
    "naa bill 6123401005678 entha": "naa bill XXXXXXXXX5678 entha",
    "मेरा नंबर ९८४८०१२३४५ है": "मेरा नंबर XXXXXX२३४५ है",
    "mera aadhaar 2341 2341 2346 hai": "mera aadhaar XXXXXXXX2346 hai",
    "my car AP16AB1234, application PGRS261000005": "my car XXXXXX1234, application XXXXXXXXX0005",
    "pin 522001, no. 6123 4010 05678.": "pin XXXX01, no. XXXXXXXXX5678.",
    "call 98480 12345": "call XXXXXX2345",
}


@pytest.mark.parametrize("text", HIDDEN)
def test_numbers_go(text: str) -> None:
    found = masked(text)
    assert found.translate(str.maketrans("२३४५", "2345")) == HIDDEN[text].translate(
        str.maketrans("२३४५", "2345")
    )
    assert is_masked(found)
    assert masked(found) == found


@pytest.mark.parametrize(
    "text", ["రెండు టికెట్లు 500", "2 tickets for 500 rupees", "kal 5 baje", "दो टिकट", "10th class"]
)
def test_words_and_small_numbers_stay(text: str) -> None:
    assert masked(text) == text and not is_masked(text)


def test_half_a_surrogate_pair_is_no_hindrance() -> None:
    assert masked("bill \ud83d 6123401005678") == "bill ? XXXXXXXXX5678"


def test_values_are_found_again_in_the_masked_text() -> None:
    raw = "బిల్లు 6123401005678 విజయవాడ"
    text = masked(raw)
    places = marks_in(text, raw, [(7, 20, "service_number"), (21, 28, "city")])
    assert [(text[a:b], slot) for a, b, slot in places] == [
        ("XXXXXXXXX5678", "service_number"),
        ("విజయవాడ", "city"),
    ]
