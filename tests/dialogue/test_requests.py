"""What this phone was given is read from the journal of writes, and from nowhere else."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from actions.citizens import requests
from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.departments import OperationResult, Origin
from actions.departments.journal import Entry, Journal, Write
from actions.departments.request import Context
from actions.dialogue.form import Form
from actions.dialogue.state import Given, Memory, State
from nlu.storage.tables import IN_MEMORY, file_url
from tests.dialogue.talk import CITIZEN, Department, Talk

ZONE = ZoneInfo("Asia/Kolkata")
OTHER = "109:IN.2"
NOON = 1764050400.0  # 2025-11-25 in India


@pytest.fixture()
def journal() -> Journal:
    return Journal(IN_MEMORY)


def put(
    journal: Journal, citizen: str, at: float, department: str, service: str, **fields: str
) -> None:
    """A write that was answered."""
    context = Context(citizen, f"{citizen}-{at}", "te", Origin(service))
    values = {"ulb_name": "vijayawada"}
    write = Write(department, "anything", values, context)
    journal.open(Entry(write, "settled", at, result=OperationResult("ok", fields)))


def memory(form: Form, journal: Journal, citizen: str = CITIZEN, phone: str = "") -> Memory:
    return requests.memory(journal, form.catalogue, citizen, phone, ZONE, 9)


def test_numbers_are_found_with_their_kind_the_latest_first(form: Form, journal: Journal) -> None:
    put(journal, CITIZEN, NOON, "municipal", "garbage_complaint", complaint_number="SAN251100042")
    put(journal, CITIZEN, NOON + 9, "apsrtc", "rtc_ticket_booking", ticket_number="RTC25111001")
    put(journal, CITIZEN, NOON + 5, "energy", "electricity_bill_payment", order_id="ORD-1")
    town = {"ulb_name": "vijayawada"}
    assert memory(form, journal).given == (
        Given("RTC25111001", "apsrtc", "ticket", "rtc_ticket_booking", "2025-11-25", town),
        Given("SAN251100042", "municipal", "complaint", "garbage_complaint", "2025-11-25", town),
    )


def test_nobody_finds_the_numbers_of_another(form: Form, journal: Journal) -> None:
    put(journal, OTHER, NOON, "apsrtc", "rtc_ticket_booking", ticket_number="RTC25111001")
    assert memory(form, journal).given == ()


def test_the_journal_is_read_only_where_numbers_are_needed(form: Form) -> None:
    """Most turns need none."""
    read: list[int] = []

    def load() -> tuple[Given, ...]:
        read.append(1)
        return ()

    known = Memory("", load)
    assert known.mobile == "" and not read
    assert known.given == known.given == () and read == [1]


@pytest.mark.parametrize(
    ("lane", "phone", "own"),
    [
        ("109:919848012345", "", "9848012345"),
        ("109:IN.1", "919848012345", "9848012345"),
        ("109:IN.1", "", ""),
        ("109:9607771234567", "", ""),
    ],
)
def test_own_number_is_the_verified_one_of_india(
    form: Form, journal: Journal, lane: str, phone: str, own: str
) -> None:
    assert memory(form, journal, lane, phone).mobile == own


@pytest.mark.parametrize("words", ["నా వివరాలు మర్చిపో", "मेरी जानकारी भूल जाओ", "forget me"])
async def test_who_is_forgotten_is_offered_nothing_again(
    form: Form, journal: Journal, tmp_path: Path, words: str
) -> None:
    put(journal, CITIZEN, NOON, "apsrtc", "rtc_ticket_booking", ticket_number="RTC25111001")
    stores = Stores(
        Profiles(file_url(tmp_path / "profile.sqlite"), 2),
        Handovers(file_url(tmp_path / "handover.sqlite")),
        journal=journal,
    )
    talk = Talk(form, Department(), State("en"), stores=stores, memory=memory(form, journal))
    await talk.say(words, key="en")
    assert memory(form, journal).given == () and talk.state.said == {}


def test_journal_of_before_gets_the_column_and_its_index(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    url = f"sqlite:///{file}"
    Journal(url).close()
    with sqlite3.connect(file) as db:
        db.execute("DROP INDEX department_writes_citizen")
        db.execute("ALTER TABLE department_writes DROP COLUMN citizen")
        db.execute("DROP TABLE alembic_version_journal")  # that Seva had no migrations
    journal = Journal(url)
    put(journal, CITIZEN, NOON, "apsrtc", "rtc_ticket_booking", ticket_number="RTC25111001")
    assert len(journal.answered(CITIZEN, 5)) == 1
    with sqlite3.connect(file) as db:
        names = {row[1] for row in db.execute("PRAGMA index_list(department_writes)")}
    assert "department_writes_citizen" in names


def test_nothing_of_who_asked_lies_open_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    journal = Journal(f"sqlite:///{file}")
    put(journal, "109:919848012345", NOON, "apsrtc", "rtc_ticket_booking", ticket_number="RTC1")
    journal.close()
    assert b"9848012345" not in file.read_bytes()


async def test_state_keeps_what_was_said_sealed(form: Form) -> None:
    state = replace(State("en"), said={"district": ("guntur",)})
    assert "guntur" not in str(state.as_json())
