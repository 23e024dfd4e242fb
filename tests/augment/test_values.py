"""Other values in place of marked ones, and numbers said the other way."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from nlu.augment.augmenter import load_tables
from nlu.augment.segments import Writing, cut, join
from nlu.augment.values import Counted, Values
from nlu.catalogue import Catalogue
from nlu.catalogue.model import Utterance
from nlu.slots import parse
from nlu.slots.kind import Parsed
from nlu.text import find_numbers
from nlu.text.script import dominant
from tests.augment.conftest import DATA, KEYS, texts, utterance

TABLES = load_tables(DATA)
Rows = dict[str, list[tuple[str, Utterance]]]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "digits", ["3", "15", "25", "70", "100", "200", "1000", "5000", "100000", "61234", "9848012345"]
)
def test_numbers_in_words_are_read_back(key: str, digits: str) -> None:
    words = Counted(TABLES["numbers"]).in_words(digits, key)
    assert words != digits or (key.startswith("hi") and len(digits) == 2)
    read = find_numbers(f"x {words} x")
    assert [span.digits for span in read] == [digits]


@pytest.mark.parametrize(
    ("key", "source", "seen"),
    [
        ("te", "[2](passenger_count) టికెట్లు కావాలి", "రెండు టికెట్లు కావాలి"),
        ("te", "[రెండు వేలు](amount) ఇస్తాను", "2000 ఇస్తాను"),
        ("te-Latn", "[3](passenger_count) tickets teeyandi", "moodu tickets teeyandi"),
        ("hi", "[चार](passenger_count) लोग", "4 लोग"),
        ("hi-Latn", "[paanch sau](amount) rupees", "500 rupees"),
        ("en", "[two](passenger_count) seats", "2 seats"),
    ],
)
def test_numbers_are_written_the_other_way(key: str, source: str, seen: str) -> None:
    assert seen in texts(Counted(TABLES["numbers"]), source, key, 50)


@pytest.mark.parametrize("text", ["RTC26110001", "14-05-2019", "25th", "1,20,000", "4/12", "1B"])
@pytest.mark.parametrize("key", KEYS)
def test_codes_and_dates_are_not_spelled_out(key: str, text: str) -> None:
    assert texts(Counted(TABLES["numbers"]), text, key, 20) == {text}


@pytest.mark.parametrize("key", KEYS)
def test_other_values_are_of_the_slots_type_and_script(
    catalogue: Catalogue, utterances: Rows, key: str
) -> None:
    """Every value put in is one that the form would accept as an answer."""
    values = Values(catalogue, TABLES["values"])
    changed = 0
    for name, row in utterances[key]:
        types = {slot.name: slot.type for slot in catalogue.services[name].slots}
        text, marks = join(values.vary(cut(row), Writing(key, types), Random(row.text)))
        for mark, before in zip(marks, row.marks):
            value = text[mark.start : mark.end]
            kind = types[mark.slot]
            if value == row.text[before.start : before.end]:
                continue
            changed += 1
            assert dominant(value) in (dominant(row.text[before.start : before.end]), None)
            if kind.kind in ("place", "number", "code", "mobile"):
                read = parse(kind, value, today=date(2026, 11, 25), catalogue=catalogue)
                assert isinstance(read, Parsed), (kind.name, value)
    assert changed > 20


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("te", "[రేపు](travel_date) బస్సు"),
        ("te-Latn", "[repu](travel_date) bus"),
        ("hi", "[कल](travel_date) बस"),
        ("hi-Latn", "[kal](travel_date) bus"),
        ("en", "[tomorrow](travel_date) bus"),
    ],
)
def test_dates_of_the_grammar_are_read_as_dates(
    catalogue: Catalogue, key: str, source: str
) -> None:
    values = Values(catalogue, TABLES["values"])
    types = {slot.name: slot.type for slot in catalogue.services["rtc_ticket_booking"].slots}
    drawn = set()
    for seed in range(100):
        text, marks = join(values.vary(cut(utterance(source)), Writing(key, types), Random(seed)))
        drawn.add(text[marks[0].start : marks[0].end])
    assert len(drawn) > 8
    for value in drawn:
        read = parse(types["travel_date"], value, today=date(2026, 1, 1), catalogue=catalogue)
        assert isinstance(read, Parsed), value


def test_a_checksum_is_kept(catalogue: Catalogue) -> None:
    values = Values(catalogue, TABLES["values"])
    types = {"aadhaar": catalogue.slot_types["aadhaar_number"]}
    drawn = set()
    for seed in range(60):
        pieces = cut(utterance("aadhaar [4991 1866 5246](aadhaar)"))
        text, marks = join(values.vary(pieces, Writing("en", types), Random(seed)))
        value = text[marks[0].start : marks[0].end]
        drawn.add(value)
        read = parse(types["aadhaar"], value, today=date(2026, 1, 1), catalogue=catalogue)
        assert isinstance(read, Parsed)
    assert len(drawn) > 10
