"""Numbers in words of five keys become digits in place; how numbers are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nlu.text import find_numbers, normalise, spoken_to_digits
from nlu.text.numbers import indian_grouping, plain

ONE_NUMBER = [
    # dictated digits
    ("తొమ్మిది ఎనిమిది", "98"),
    ("తొంభై ఎనిమిది", "98"),
    ("double seven", "77"),
    ("డబుల్ ఏడు", "77"),
    ("nine eight four eight zero one two three four five", "9848012345"),
    ("ninety eight forty eight", "9848"),
    ("nau aath char", "984"),
    ("नौ आठ चार आठ शून्य", "98480"),
    ("tommidi enimidi nalugu", "984"),
    # quantities
    ("साढ़े तीन सौ", "350"),
    ("dedh sau", "150"),
    ("डेढ़ लाख", "150000"),
    ("sava lakh", "125000"),
    ("पौने दो सौ", "175"),
    ("ढाई हज़ार", "2500"),
    ("ek lakh bees hazar", "120000"),
    ("1 lakh 20 hazar", "120000"),
    ("రెండు వేలు", "2000"),
    ("పదివేలు", "10000"),
    ("వెయ్యి నూట పదహారు", "1116"),
    ("నూటపదహారు", "116"),
    ("రెండు వందల పది", "210"),
    ("లక్షన్నర", "150000"),
    ("muppai velu", "30000"),
    ("padi vela", "10000"),
    ("2.5 lakh", "250000"),
    ("5k", "5000"),
    ("one hundred and one", "101"),
    ("one and a half lakh", "150000"),
    ("two thousand twenty six", "2026"),
    ("three lakh fifty thousand five hundred and six", "350506"),
    # as written
    ("1,20,000", "120000"),
    ("rs.500", "500"),
    ("ఐదుగురికి", "5"),
    ("पच्चीस", "25"),
    ("pachees", "25"),
]


@pytest.mark.parametrize(("text", "digits"), ONE_NUMBER)
def test_find_numbers_reads_one_number(text: str, digits: str) -> None:
    assert [span.digits for span in find_numbers(normalise(text).text)] == [digits]


@pytest.mark.parametrize(
    "text",
    [
        "book kar do",  # do is "give"
        "मेरे साथ चलो",  # साथ (with) sounds like सात (seven)
        "बिल दे दीजिए",  # दे (give) sounds like ढाई
        "oka bus",
        "so no ten",
        "25.12.2026",
    ],
)
def test_find_numbers_does_not_see_numbers_in_everyday_words(text: str) -> None:
    assert [span for span in find_numbers(text) if not span.weak] == []


def test_find_numbers_places() -> None:
    text = "మాకు రెండు వేలు కావాలి, ఇద్దరికి 3"
    found = [(text[s.start : s.end], s.digits, s.quantity) for s in find_numbers(text)]
    assert found == [("రెండు వేలు", "2000", True), ("ఇద్దరి", "2", False), ("3", "3", False)]


def test_spoken_to_digits_keeps_raw_places() -> None:
    raw = "నంబరు  తొమ్మిది ఎనిమిది\u200b రాయండి"
    view = spoken_to_digits(raw)
    assert view.text == "నంబరు 98 రాయండి"
    start, end = view.raw_span(*(lambda at: (at, at + 2))(view.text.index("98")))
    assert raw[start:end] == "తొమ్మిది ఎనిమిది"


@pytest.mark.parametrize(("text", "_"), ONE_NUMBER)
def test_spoken_to_digits_is_idempotent(text: str, _: str) -> None:
    once = spoken_to_digits(text).text
    assert spoken_to_digits(once).text == once


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("845", "845"),
        ("3420", "3,420"),
        ("100000", "1,00,000"),
        ("12345678.9", "1,23,45,678.90"),
        ("-1500", "-1,500"),
        ("0.005", "0"),
    ],
)
def test_money_is_grouped_the_indian_way(amount: str, text: str) -> None:
    assert indian_grouping(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("845", "845"), ("845.50", "845.5"), ("2E+5", "200000")]
)
def test_numbers_are_written_plainly(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text
