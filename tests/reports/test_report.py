"""A month's report from both engines: the numbers, what is hidden, and how often is asked."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from actions.reports.period import Period, asked_for, month
from actions.reports.report import Report
from actions.reports.table import Table, words
from api.turn import _VOICE_PHRASES
from nlu.daily_counts import COUNTS, Key, day_number
from tests.processes import ROOT
from tests.reports.conftest import BILL, FAULT, INCOME, LANGUAGES, TODAY, Town, statements

VOICE_NOTES = {
    "en": "voice note without words that could be heard",
    "te": "మాటలు వినిపించని వాయిస్ మెసేజ్",
    "hi": "वॉइस संदेश में शब्द सुनाई नहीं दिए",
}
LANGUAGE_NAMES = {"te": "తెలుగు", "en": "English", "hi": "हिन्दी"}


def of(report: Report, name: str) -> Table:
    return next(one for one in report.tables if one.name == name)


def shown(table: Table) -> dict[str, list[str]]:
    return {name: [one.text for one in places] for name, places in table.rows}


@pytest.fixture()
def full(town: Town) -> Report:
    town.month()
    return town.reporter.report({"period": "2026-11", "language": "en"})


def test_languages_are_counted_by_the_five_keys(full: Report) -> None:
    told = shown(of(full, "languages"))
    assert len(told) == len(LANGUAGES)
    assert told["తెలుగు"][0] == "72"  # 60 written, 12 spoken
    assert told["Telugu in English letters"] == ["40", "23.4 %"]
    assert of(full, "languages").total[1][0].text == "171"


def test_voice_is_a_share_of_all_messages(full: Report) -> None:
    assert shown(of(full, "ways")) == {
        "written": ["159", "63.3 %"],
        "buttons tapped": ["80", "31.9 %"],
        "by voice": ["12", "4.8 %"],
    }


def test_departments_and_services(full: Report) -> None:
    assert shown(of(full, "departments"))["Electricity"] == ["107", "75", "14", "9"]
    told = shown(of(full, "services"))
    bill = next(row for row in told.values() if row[0] == "76")
    assert bill == ["76", "60", "7", "9", "5 min", "5 min"]


def test_days_and_districts(full: Report) -> None:
    days = shown(of(full, "days"))
    assert len(days) == 30 and days["20.11.2026"] == ["0", "18", "0", "0", "0"]
    assert days["30.11.2026"][:3] == ["251", "125", "95"]
    assert shown(of(full, "districts")) == {
        "Guntur": ["125", "95"],
        "Sri Potti Sriramulu Nellore": ["18", "0"],
    }


def test_handovers_and_waits(full: Report) -> None:
    table = of(full, "handovers")
    assert shown(table) == {"the citizen asked for a person": ["9"]}
    assert table.notes[0] == "Waiting now, in all departments: <5."
    assert shown(of(full, "waits")) == {"up to 1 h": ["8"]}


def test_departments_that_fail(full: Report) -> None:
    assert shown(of(full, "answers")) == {"Electricity": ["90", "11", "<5"]}


def test_payments_as_they_stand(full: Report) -> None:
    assert shown(of(full, "payments")) == {
        "paid and booked": ["8", "8,004"],
        "given back": ["6", "1,200"],
        "under way": ["0", "0"],
        "not paid": ["0", "0"],
    }


def test_a_few_dead_letters_hide_another_number_too(full: Report) -> None:
    """24 turns in all: 21 asked back, 3 given up."""
    told = shown(of(full, "unhappy_kinds"))
    assert {row[0] for row in told.values()} == {"<5", "–"}


def test_messages_that_could_not_be_used_are_told_by_reason(town: Town) -> None:
    for kind, times in {"not_understood_voice": 12, "picture": 8, "message_too_long": 5}.items():
        town.add("unread", times, kind=kind)
    for language, voice in VOICE_NOTES.items():
        report = town.reporter.report({"period": "today", "language": language})
        table = of(report, "unread")
        assert shown(table)[voice] == ["12", "48.0 %"]
        assert not any(name in ("picture", "message_too_long") for name, _ in table.rows)
    one = town.reporter.report({"period": "today", "language": "en", "department": "energy"})
    assert "unread" not in [table.name for table in one.tables]  # they are of no department


def test_every_reason_of_a_message_that_cannot_be_used_has_words() -> None:
    """The phrases that a message reader may answer with."""
    source = (ROOT / "api" / "turn.py").read_text("utf-8")
    named = set(re.findall(r'Unclear\(\s*"([a-z_]+)"', source)) | set(_VOICE_PHRASES.values())
    assert "old_button" in named and "voice_too_long" in named
    assert named | {"picture", "not_understood_voice"} <= set(words())


def test_what_citizens_said_of_being_understood(town: Town) -> None:
    told = {BILL: (40, 10), FAULT: (30, 0), INCOME: (12, 8)}
    for (department, service), (yes, no) in told.items():
        where = {"department": department, "service": service}
        town.add("judged", yes + no + 20, kind="asked", **where)
        town.add("judged", yes, kind="right", **where)
        town.add("judged", no, kind="wrong", **where)
    table = of(town.reporter.report({"period": "today", "language": "en"}), "judged")
    rows = shown(table)
    assert rows["See your electricity bill"] == ["50", "80.0 %", "67.0 % – 88.8 %"]
    assert table.total is not None
    assert [one.text for one in table.total[1]] == ["100", "82.0 %", "73.3 % – 88.3 %"]
    assert "160 were asked" in table.notes[0]
    alone = town.reporter.report({"period": "today", "language": "en", "department": "revenue"})
    assert [one.text for one in of(alone, "judged").total[1]][:2] == ["20", "60.0 %"]
    assert len(of(alone, "judged").rows) == 1


def test_few_who_said_no_are_told_of_no_service_and_not_in_all(town: Town) -> None:
    """3 of 50 said no: neither the number nor the share tells it, and no other row either."""
    for (department, service), (yes, no) in {BILL: (47, 3), FAULT: (30, 6)}.items():
        where = {"department": department, "service": service}
        town.add("judged", yes, kind="right", **where)
        town.add("judged", no, kind="wrong", **where)
    table = of(town.reporter.report({"period": "today", "language": "en"}), "judged")
    assert [row[0] for row in shown(table).values()] == ["–", "–"]
    assert [one.text for one in table.total[1]][:2] == ["86", "89.5 %"]


def test_fewer_than_five_answers_are_not_told(town: Town) -> None:
    where = {"department": BILL[0], "service": BILL[1]}
    town.add("judged", 3, kind="right", **where)
    town.add("judged", 3, kind="asked", **where)
    table = of(town.reporter.report({"period": "today", "language": "en"}), "judged")
    assert [row[0] for row in shown(table).values()] == ["<5"]
    assert table.total[1][0].text == "<5" and "<5 were asked" in table.notes[0]


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_every_table_speaks_the_language(town: Town, language: str) -> None:
    town.month()
    report = town.reporter.report({"period": "2026-11", "language": language})
    asciis = [table.title for table in report.tables if table.title.isascii()]
    assert asciis == ([] if language != "en" else [table.title for table in report.tables])


def test_a_department_alone(town: Town) -> None:
    town.month()
    report = town.reporter.report({"period": "28days", "language": "en", "department": "revenue"})
    assert report.subtitle.startswith("Revenue")
    [row] = shown(of(report, "services")).values()
    assert row[0] == "36"
    assert not [one for one in report.tables if one.name == "departments"]


def test_a_department_that_is_hidden_among_all_is_hidden_alone(town: Town) -> None:
    """Else its own report would tell the small one: 9 of the two are known to be 7 and 2."""
    town.add("begun", 100, department="energy", service="electricity_bill_view")
    town.add("begun", 7, department="revenue", service="income_certificate")
    town.add("begun", 2, department="ttd", service="ttd_room_booking")
    everything = town.reporter.report({"period": "today", "language": "en"})
    alone = town.reporter.report({"period": "today", "language": "en", "department": "revenue"})
    told = shown(of(everything, "departments"))
    assert [row[0] for row in told.values()].count("–") == 1
    assert "7" not in {cell.text for one in alone.tables for _, row in one.rows for cell in row}
    assert of(alone, "services").total[1][0].text == "–"


def test_the_week_before(town: Town) -> None:
    for day, times in ((TODAY, (80, 20)), (date(2026, 11, 22), (40, 60))):
        for service, count in zip(("electricity_bill_view", "electricity_outage_schedule"), times):
            town.add("begun", count, day, department="energy", service=service)
    report = town.reporter.report({"period": "7days", "language": "en"})
    table = of(report, "drift_services")
    assert "40.0 %" in table.notes[0]
    assert {row[2] for row in shown(table).values()} == {"+40.0", "−40.0"}


@pytest.mark.slow
def test_a_report_over_200_000_rows_asks_as_often_as_over_none(town: Town) -> None:
    """Sums are made by the databases: the number of queries does not grow, and no row is fetched
    that is not shown."""
    asked = statements(town.sources)
    town.reporter.report({"period": "today", "language": "en"})
    few = len([sql for sql in asked if sql.lstrip().upper().startswith("SELECT")])
    day = day_number(TODAY)
    services = [(one.department, name) for name, one in town.catalogue.services.items()]
    whats = ("messages", "begun", "done", "unhappy")
    rows = []
    for number in range(200_000):
        department, service = services[number % len(services)]
        key = Key(whats[number % 4], day - number % 28, department, service, "te", f"d{number}")
        rows.append({**asdict(key), "kind": "60", "times": 1, "seconds": 60})
    with town.sources.counts.engine.begin() as db:
        db.execute(COUNTS.insert(), rows)
    asked.clear()
    town.reporter.report({"period": "28days", "language": "en"})
    many = [sql for sql in asked if sql.lstrip().upper().startswith("SELECT")]
    assert len(many) == few < 40
    assert all("sum(" in sql or "count(" in sql for sql in many)


def test_figures_are_kept_for_a_minute(town: Town) -> None:
    asked = statements(town.sources)
    query = {"period": "today", "language": "en"}
    town.reporter.report(query)
    first = len(asked)
    town.reporter.report({**query, "language": "te"})
    assert len(asked) == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"period": "2026-13"},
        {"period": "1"},
        {"period": "own"},
        {"period": "own", "first": "2026-11-30", "last": "2026-11-01"},
        {"period": "own", "first": "2020-01-01", "last": "2026-11-01"},
        {"language": "fr"},
        {"department": "nowhere"},
    ],
)
def test_what_cannot_be_shown_is_refused(town: Town, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        town.reporter.report(wrong)


def test_periods() -> None:
    assert asked_for({}, TODAY) == Period(date(2026, 11, 24), TODAY)
    assert asked_for({"period": "28days"}, TODAY).first == date(2026, 11, 3)
    assert month("2028-02").last == date(2028, 2, 29)
    now, before = Period(TODAY, TODAY).weeks
    assert (now.first, before.first, before.last) == (
        date(2026, 11, 24),
        date(2026, 11, 17),
        date(2026, 11, 23),
    )
