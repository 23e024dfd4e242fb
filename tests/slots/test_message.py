"""Values in free messages: the table in messages.yml, and slots of real services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.catalogue import Catalogue, Slot, shared_catalogue
from nlu.fast_yaml import load_yaml
from nlu.slots import Found, extract, extract_for_service

HERE = Path(__file__).parent
CASES = load_yaml((HERE / "messages.yml").read_text("utf-8"))


def shown(found: Found) -> str:
    role = f" ({found.role})" if found.role else ""
    return f"{found.slot_type}: {found.value} @{found.raw}{role}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_extract_table(case: dict[str, object], catalogue: Catalogue, today: date) -> None:
    text = str(case["text"])
    types = [catalogue.slot_types[name] for name in case["types"]]  # type: ignore[attr-defined]
    found = extract(text, types, today=today, catalogue=catalogue)
    assert [shown(f) for f in found] == case["found"]
    assert all(text[f.start : f.end] == f.raw for f in found)
    assert all(0 < f.confidence <= 1 for f in found)


PERIODS = [
    "02-06-2025 నుంచి 28-02-2026 దాకా ఇల్లు ఖాళీ",
    "02-06-2025 nunchi 28-02-2026 varaku illu khaali",
    "02-06-2025 से 28-02-2026 तक मकान खाली था",
    "02-06-2025 se 28-02-2026 tak makan khali tha",
    "house empty from 02-06-2025 to 28-02-2026",
    "మా house 28-02-2026 వరకు empty, 02-06-2025 నుంచి",
]
SINCE = [
    "02-06-2025 నుంచి ఇల్లు ఖాళీ",
    "02-06-2025 nunchi illu khaali",
    "02-06-2025 से मकान खाली है",
    "02-06-2025 se makan khali hai",
    "house empty since 02-06-2025",
    "house empty 02-06-2025",
]


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_has_its_two_days_the_right_way_round(
    text: str, catalogue: Catalogue, today: date
) -> None:
    expected = {"from_date": "2025-06-02", "to_date": "2026-02-28"}
    assert slots(text, "vacancy_remission", catalogue, today) == expected


@pytest.mark.parametrize("text", SINCE)
def test_a_day_since_when_is_not_the_day_until_when(
    text: str, catalogue: Catalogue, today: date
) -> None:
    found = slots(text, "vacancy_remission", catalogue, today)
    assert found == {"from_date": "2025-06-02"}


def slots(text: str, service: str, catalogue: Catalogue, today: date) -> dict[str | None, str]:
    found = extract_for_service(text, catalogue.services[service], today=today, catalogue=catalogue)
    return {f.slot: f.value for f in found}


@pytest.mark.parametrize(
    ("service", "text", "expected"),
    [
        (
            "rtc_ticket_booking",
            "కర్నూలు బస్సులో ఎల్లుండికి సీటు",
            {"to_stop": "kurnool", "travel_date": "2026-11-27"},
        ),
        (
            "rtc_ticket_booking",
            "gunturu nundi vizag ki repu, 3 tickets, 98480 12345",
            {
                "from_stop": "guntur",
                "to_stop": "visakhapatnam",
                "travel_date": "2026-11-26",
                "passenger_count": "3",
                "mobile_number": "9848012345",
            },
        ),
        (
            "property_tax_payment",
            "assessment 1020304050 का टैक्स भरना है",
            {"assessment_number": "1020304050"},
        ),
        (
            "temple_ehundi_offering",
            "శ్రీశైలం మల్లన్న హుండీకి 1116 రూపాయలు",
            {"temple_name": "srisailam", "amount": "1116"},
        ),
        (
            "temple_ehundi_offering",
            "vijayawada nunchi srisailam hundi ki 500",
            {"temple_name": "srisailam", "amount": "500"},
        ),
        ("anna_canteen_timings", "repu 5 ki open aa", {}),
    ],
)
def test_extract_for_service(
    service: str, text: str, expected: dict[str, str], catalogue: Catalogue, today: date
) -> None:
    assert slots(text, service, catalogue, today) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SUP261100041 ఎంతవరకు వచ్చింది", "SUP261100041"),
        ("SUP261100041లో ఏముంది", "SUP261100041"),
        ("naa number sup261100041 emaindi", "SUP261100041"),
        ("SUP261100041 का क्या हुआ", "SUP261100041"),
        ("light ka SUP261100041 ho gaya kya", "SUP261100041"),
        ("what about SUP261100041, please", "SUP261100041"),
        ("call mob9848012345", None),
        ("rs150000 kattanu", None),
        ("2611000041 emaindi", None),  # any office may have written it
        ("SUP-2611-00041 emaindi", None),
    ],
)
def test_code_in_one_piece_needs_no_cue_in_one_service(
    text: str, found: str | None, catalogue: Catalogue, today: date
) -> None:
    code = catalogue.slot_types["complaint_number"]
    slot = Slot("complaint", code, required=True, role=None, ask={}, label={})
    service = replace(catalogue.services["cmrf_application_status"], slots=(slot,))
    values = extract_for_service(text, service, today=today, catalogue=catalogue)
    assert [value.value for value in values] == ([found] if found else [])
    assert extract(text, [code], today=today, catalogue=catalogue) == []  # other services have such


CATALOGUE = shared_catalogue(HERE.parents[1] / "data")
PIECES = ["విజయవాడ", "కి", "nunchi", "tirupati", "5/12", "రేపు", "9848012345", "रुपये", "500", "\u200c"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=8).map(" ".join))
def test_extract_places_are_true(text: str) -> None:
    found = extract(
        text, CATALOGUE.slot_types.values(), today=date(2026, 11, 25), catalogue=CATALOGUE
    )
    for value in found:
        assert text[value.start : value.end] == value.raw
        assert value.raw.strip() == value.raw != ""
