"""Answers: every example of every slot type, and the table in answers.yml."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.catalogue import Catalogue, shared_catalogue
from nlu.fast_yaml import load_yaml
from nlu.slots import Parsed, Rejected, parse

HERE = Path(__file__).parent
TABLE = load_yaml((HERE / "answers.yml").read_text("utf-8"))
CASES = [(kind, text, value) for kind, rows in TABLE.items() for text, value in rows.items()]
TYPES = load_yaml((HERE.parents[1] / "data" / "slot_types.yml").read_text("utf-8"))["types"]
EXAMPLES = [(name, text) for name, row in TYPES.items() for text in row["examples"]]


@pytest.mark.parametrize(("kind", "text", "value"), CASES)
def test_parse_table(
    kind: str, text: str, value: str | list[str], catalogue: Catalogue, today: date
) -> None:
    found = parse(catalogue.slot_types[kind], str(text), today=today, catalogue=catalogue)
    if isinstance(value, list):
        assert found == Rejected(value[0])  # type: ignore[arg-type]
    else:
        assert isinstance(found, Parsed), found
        assert found.value == value


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_parse_understands_every_example(
    name: str, text: str, catalogue: Catalogue, today: date
) -> None:
    found = parse(catalogue.slot_types[name], text, today=today, catalogue=catalogue)
    assert isinstance(found, Parsed), found


def test_parse_shows_places_and_choices_in_every_language(
    catalogue: Catalogue, today: date
) -> None:
    types = catalogue.slot_types
    place = parse(types["bus_station"], "vizag", today=today, catalogue=catalogue)
    choice = parse(types["darshan_type"], "muft", today=today, catalogue=catalogue)
    assert isinstance(place, Parsed) and isinstance(choice, Parsed)
    assert place.display is not None and place.display["te"] == "విశాఖపట్నం"
    assert choice.display is not None and set(choice.display) == {"te", "hi", "en"}


@pytest.mark.parametrize("name", sorted(n for n, row in TYPES.items() if row["kind"] == "place"))
def test_parse_reads_every_name_of_every_place(
    name: str, catalogue: Catalogue, today: date
) -> None:
    slot_type = catalogue.slot_types[name]
    places = catalogue.gazetteers[slot_type.gazetteer or ""].places
    wrong = [
        (text, place.value, found)
        for place in places
        for text in (place.value, *place.title.values(), *place.forms)
        for found in [parse(slot_type, text, today=today, catalogue=catalogue)]
        if not isinstance(found, Parsed) or found.value != place.value
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(n for n, row in TYPES.items() if row["kind"] == "choice"))
def test_parse_reads_every_choice(name: str, catalogue: Catalogue, today: date) -> None:
    slot_type = catalogue.slot_types[name]
    for choice in slot_type.choices:
        for text in (choice.value, *choice.title.values(), *choice.forms):
            found = parse(slot_type, text, today=today, catalogue=catalogue)
            assert isinstance(found, Parsed) and found.value == choice.value, text


@pytest.mark.parametrize(
    "sentence",
    [
        "మా వీధిలో వారం రోజులుగా నీళ్ళు రావడం లేదు, ఎవరూ పట్టించుకోవడం లేదు. ",
        "maa veedhilo varam rojuluga neellu ravatledu, evaru pattinchukovatledu. ",
        "हमारी गली में एक हफ़्ते से पानी नहीं आ रहा, कोई सुनता नहीं। ",
        "hamari gali mein ek hafte se paani nahi aa raha, koi sunta nahi. ",
        "There has been no water in our street for a week and nobody listens. ",
    ],
)
def test_parse_text_may_be_as_long_as_its_type_says(
    sentence: str, catalogue: Catalogue, today: date
) -> None:
    def read(name: str, length: int) -> Parsed | Rejected:
        said = (sentence * 20)[:length].strip(" .,")
        return parse(catalogue.slot_types[name], said, today=today, catalogue=catalogue)

    assert catalogue.slot_types["grievance_text"].longest == 1000
    assert isinstance(read("grievance_text", 900), Parsed)
    assert read("grievance_text", 1100) == Rejected("length")
    assert isinstance(read("place_text", 240), Parsed)
    assert read("place_text", 300) == Rejected("length")


CATALOGUE = shared_catalogue(HERE.parents[1] / "data")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(TYPES)), st.text(max_size=30))
def test_parse_never_fails(name: str, text: str) -> None:
    found = parse(CATALOGUE.slot_types[name], text, today=date(2026, 11, 25), catalogue=CATALOGUE)
    assert isinstance(found, Parsed | Rejected)


@settings(deadline=None)
@given(st.dates(date(2026, 11, 25), date(2027, 11, 24)))
def test_parse_dates_round_trip(day: date) -> None:
    for text in (f"{day:%d-%m-%Y}", f"{day.day}/{day.month}", day.isoformat(), f"{day:%d %B %Y}"):
        found = parse(
            CATALOGUE.slot_types["future_date"],
            text,
            today=date(2026, 11, 25),
            catalogue=CATALOGUE,
        )
        assert found == Parsed(day.isoformat()), text
