"""Register, follow, reopen, rate: through the real connector, and back by signed callback."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.departments import OperationResult
from actions.departments.journal import Entry
from actions.departments.settlement import Settlement
from actions.news.late_answers import LateAnswers
from actions.news.notices import NoticeRefused
from actions.sandbox.grievance_book import STATES
from nlu.catalogue import Catalogue
from nlu.turn import Notice

from .world import TOLD, Desk, opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("grievances")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[Desk]:
    with opened(folder) as one:
        yield one


def test_grievance_is_registered_and_waited_for(desk: Desk) -> None:
    result = desk.ask("registerGrievance", "new", **TOLD)
    assert (result.outcome, result.pending) == ("ok", True)
    assert result.fields["grievance_number"].startswith("PGRS")
    assert result.fields["office"] == "పంచాయతీ శాఖ"


def test_same_key_is_one_grievance(desk: Desk) -> None:
    first, again = (desk.register("same-key") for _ in range(2))
    assert first == again


def test_same_words_of_the_same_citizen_are_open_already(desk: Desk) -> None:
    told = {**TOLD, "grievance_text": "రోడ్డు లేదు"}
    first = desk.ask("registerGrievance", "once", "c-twice", **told)
    again = desk.ask("registerGrievance", "twice", "c-twice", **told)
    assert again.outcome == "already_open"
    assert again.fields["grievance_number"] == first.fields["grievance_number"]


def test_office_that_nobody_knows_is_the_collectors(desk: Desk) -> None:
    told = {**TOLD, "grievance_text": "వేరే", "office": "ministry"}
    assert desk.ask("registerGrievance", "unknown-office", **told).fields["office"].startswith("కలె")


@pytest.mark.parametrize("language, title", [("te", "పంచాయతీ శాఖ"), ("hi", "पंचायती राज")])
def test_office_is_named_in_the_citizens_language(desk: Desk, language: str, title: str) -> None:
    result = desk.ask("getGrievance", f"t-{language}", language=language, grievance_number=SEEDED)
    assert result.fields["office"] == title


SEEDED = "PGRS261000001"
FIRST_DAY = {
    "PGRS261000001": "registered",
    "PGRS261000002": "with_officer",
    "PGRS261000003": "waiting_budget",
    "PGRS261000004": "wrong_office",
    "PGRS261000005": "sub_judice",
    "PGRS261000006": "resolved",
    "PGRS261000007": "closed_without_action",
    "PGRS261000008": "reopened",
    "PGRS261000009": "with_officer_overdue",
    "PGRS261000011": "registered_overdue",
    "PGRS261000012": "waiting_budget_overdue",
    "PGRS261000013": "wrong_office_overdue",
    "PGRS261000014": "reopened_overdue",
    "PGRS261099999": "not_found",
}


@pytest.mark.parametrize("number, outcome", FIRST_DAY.items())
def test_each_state_is_an_outcome_of_its_own(desk: Desk, number: str, outcome: str) -> None:
    assert desk.ask("getGrievance", f"s-{number}", grievance_number=number).outcome == outcome


def test_every_outcome_of_the_status_is_seen(desk: Desk) -> None:
    rows = desk.departments.connector("grievances").department.operations["getGrievance"].outcomes
    assert {row.outcome for row in rows} == set(FIRST_DAY.values())


def test_court_case_has_no_due_date(desk: Desk) -> None:
    fields = desk.ask("getGrievance", "court", grievance_number="PGRS261000005").fields
    assert "due_on" not in fields


@pytest.mark.parametrize("state", [s for s in STATES if s not in ("registered", "wrong_office")])
def test_officer_moves_a_grievance(desk: Desk, state: str) -> None:
    number = desk.register(f"moved-{state}")
    assert desk.move(number, state, note="చూశాం").status_code == 200
    assert desk.ask("getGrievance", f"m-{state}", grievance_number=number).outcome == state


def test_wrong_office_names_both_offices(desk: Desk) -> None:
    number = desk.register("wrong")
    desk.move(number, "wrong_office", office="revenue")
    fields = desk.ask("getGrievance", "wrong-status", grievance_number=number).fields
    assert (fields["from_office"], fields["office"]) == ("పంచాయతీ శాఖ", "రెవెన్యూ (తహసీల్దార్)")


def test_wrong_office_needs_another_office(desk: Desk) -> None:
    number = desk.register("nowhere")
    assert desk.move(number, "wrong_office").status_code == 422


def test_citizen_finds_only_their_own(desk: Desk) -> None:
    mine = [desk.register(f"mine-{serial}", "c-mine") for serial in range(2)]
    desk.register("others", "c-others")
    found = desk.ask("listGrievances", "list", "c-mine").fields["values"].split("\n")
    assert found == mine[::-1]


def test_only_closed_ones_are_offered_to_reopen(desk: Desk) -> None:
    closed, _ = desk.register("shut", "c-shut"), desk.register("open", "c-shut")
    desk.move(closed, "resolved", note="అయింది")
    assert desk.ask("listClosedGrievances", "list-shut", "c-shut").fields["values"] == closed


def test_citizen_without_any_finds_none(desk: Desk) -> None:
    result = desk.ask("listGrievances", "list-none", "c-nobody")
    assert (result.outcome, result.fields["values"]) == ("ok", "")


def test_open_grievance_is_not_reopened(desk: Desk) -> None:
    number = desk.register("still-open")
    result = desk.ask("reopenGrievance", "too-early", grievance_number=number, reason="x")
    assert result.outcome == "not_closed"


def test_old_grievance_is_not_reopened(desk: Desk) -> None:
    result = desk.ask("reopenGrievance", "late", grievance_number="PGRS261000010", reason="x")
    assert result.outcome == "too_late"
    assert result.fields["reopen_by"]


def test_grievance_of_another_is_not_reopened(desk: Desk) -> None:
    number = desk.register("somebodys", "c-somebody")
    desk.move(number, "resolved")
    result = desk.ask("reopenGrievance", "theft", "c-other", grievance_number=number, reason="x")
    assert result.outcome == "not_found"


def test_low_rating_is_told_apart_and_counts_once(desk: Desk) -> None:
    number = desk.register("rated")
    desk.move(number, "resolved")
    low = desk.ask("rateGrievance", "low", grievance_number=number, rating="bad", comment="లేదు")
    again = desk.ask("rateGrievance", "again", grievance_number=number, rating="very_good")
    assert (low.outcome, again.outcome) == ("unhappy", "already_rated")


def test_intermediate_change_does_not_end_the_waiting(desk: Desk) -> None:
    number = desk.register("on-its-way")
    desk.move(number, "with_officer", officer="EE")
    desk.move(number, "resolved", note="అయింది")
    entry = desk.settled("on-its-way")
    assert entry.result is not None
    assert entry.result.outcome == "resolved"


def told(
    desk: Desk,
    catalogue: Catalogue,
    key: str,
    *,
    refused: bool = False,
    language: str | None = None,
) -> list[Notice]:
    """What the citizen is told of the write with this key; `refused`: the worker takes nothing.
    `language` is the one that they write in by now."""
    notices: list[Notice] = []

    async def notify(notice: Notice) -> None:
        if refused:
            raise NoticeRefused
        notices.append(notice)

    async def language_of(citizen: str) -> str | None:
        return language

    async def settle() -> None:
        late = LateAnswers(catalogue, notify, language_of, desk.departments.said_in)

        async def tell(entry: Entry, result: OperationResult) -> None:
            if entry.write.context.request_id == key:
                await late(entry, result)

        await Settlement(desk.departments, tell).step()

    desk.loop.run_until_complete(settle())
    return notices


def test_citizen_is_told_once_what_was_done_with_buttons(desk: Desk, catalogue: Catalogue) -> None:
    number = desk.register("solved")
    desk.move(number, "resolved", note="మోటారు మార్చాం")
    desk.settled("solved")
    (notice,) = told(desk, catalogue, "solved")
    assert number in notice.text
    assert "మోటారు మార్చాం" in notice.text
    titles = [button.title for button in notice.buttons]
    assert titles == ["రేటింగ్ ఇవ్వండి", "మళ్ళీ విచారించమనండి"]
    assert all(number in button.payload for button in notice.buttons)
    assert told(desk, catalogue, "solved") == []


IN_BETWEEN = {
    "wrong_office": {"te": "వేరే ఆఫీసుకి", "hi": "दूसरे दफ़्तर", "en": "another office"},
    "waiting_budget": {"te": "డబ్బు మంజూరు", "hi": "पैसे की मंज़ूरी", "en": "waiting for money"},
    "sub_judice": {"te": "కోర్టులో", "hi": "कोर्ट में", "en": "court case"},
}


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("state", IN_BETWEEN)
def test_what_holds_it_up_is_told_once_and_its_end_after_it(
    desk: Desk, catalogue: Catalogue, state: str, language: str
) -> None:
    key = f"{state}-{language}"
    number = desk.register(key, language=language)
    desk.move(number, state, office="revenue", note="చూశాం")
    desk.hinted(key)
    (notice,) = told(desk, catalogue, key)
    assert IN_BETWEEN[state][language] in notice.text
    assert number in notice.text
    assert "{" not in notice.text
    assert told(desk, catalogue, key) == []
    desk.move(number, "resolved", note="అయింది")
    desk.settled(key)
    (end,) = told(desk, catalogue, key)
    assert "అయింది" in end.text
    assert end.id != notice.id


def test_what_is_no_news_is_not_told_and_what_comes_back_is(
    desk: Desk, catalogue: Catalogue
) -> None:
    """Money is missing, an officer goes on, and money is missing again."""
    number = desk.register("on-and-off")
    texts = []
    for state in ("waiting_budget", "with_officer", "waiting_budget"):
        desk.move(number, state, officer="EE", note=state)
        if state == "waiting_budget":
            desk.hinted("on-and-off")
        else:
            desk.ask_now("on-and-off")
        texts.append([n.text for n in told(desk, catalogue, "on-and-off")])
    assert [len(found) for found in texts] == [1, 0, 1]


def test_callback_of_before_is_not_believed(desk: Desk, catalogue: Catalogue) -> None:
    """One that was delayed on its way says what is no longer so: the department is asked."""
    number = desk.register("delayed")
    desk.move(number, "wrong_office", office="revenue")
    desk.hinted("delayed")
    assert len(told(desk, catalogue, "delayed")) == 1
    desk.move(number, "with_officer", officer="EE")
    assert desk.call_back(number, state="sub_judice") == 204
    desk.hinted("delayed")
    assert told(desk, catalogue, "delayed") == []


def test_news_in_between_that_nobody_took_is_told_later(desk: Desk, catalogue: Catalogue) -> None:
    number = desk.register("deaf")
    desk.move(number, "sub_judice")
    desk.hinted("deaf")
    assert told(desk, catalogue, "deaf", refused=True) == []
    entry = desk.journal.find("grievances", "deaf")
    assert entry is not None
    assert (entry.state, entry.news) == ("pending", True)
    desk.ask_now("deaf")
    assert len(told(desk, catalogue, "deaf")) == 1


def test_poll_without_an_answer_is_repeated_soon(desk: Desk, catalogue: Catalogue) -> None:
    number = desk.register("down")
    desk.move(number, "sub_judice")
    desk.hinted("down")
    desk.fault("down")
    assert told(desk, catalogue, "down") == []
    desk.fault("none")
    entry = desk.journal.find("grievances", "down")
    assert entry is not None
    assert entry.due_at is not None
    assert entry.due_at <= time.time() + desk.settle_every
    desk.ask_now("down")
    assert len(told(desk, catalogue, "down")) == 1


def test_end_that_comes_before_the_news_was_told_is_told_alone(
    desk: Desk, catalogue: Catalogue
) -> None:
    number = desk.register("quick")
    desk.move(number, "sub_judice")
    desk.hinted("quick")
    assert told(desk, catalogue, "quick", refused=True) == []
    desk.move(number, "resolved", note="అయింది")
    desk.settled("quick")
    (end,) = told(desk, catalogue, "quick")
    assert "అయింది" in end.text
    assert end.id.count("-") == 1
    assert told(desk, catalogue, "quick") == []


@pytest.mark.parametrize("gone", [False, True])
def test_names_are_in_the_language_of_today(desk: Desk, catalogue: Catalogue, gone: bool) -> None:
    """Registered in Telugu; the citizen has gone on in Hindi. As it was, if nobody can be asked."""
    key = f"switched-{gone}"
    number = desk.register(key)
    desk.move(number, "resolved", note="OK")
    desk.settled(key)
    desk.fault("down" if gone else "none")
    (notice,) = told(desk, catalogue, key, language="hi")
    desk.fault("none")
    assert "हल हो गई" in notice.text
    assert ("पंचायती राज" in notice.text, "పంచాయతీ" in notice.text) == (not gone, gone)


def test_closed_without_action_is_said_as_such(desk: Desk, catalogue: Catalogue) -> None:
    number = desk.register("ignored")
    desk.move(number, "closed_without_action", note="ఇంట్లో లేరు")
    desk.settled("ignored")
    (notice,) = told(desk, catalogue, "ignored")
    assert "ఏ పనీ చేయకుండానే" in notice.text


def test_reopened_grievance_is_told_again(desk: Desk, catalogue: Catalogue) -> None:
    number = desk.register("twice-solved")
    desk.move(number, "resolved", note="ఒకటి")
    desk.settled("twice-solved")
    reopened = desk.ask("reopenGrievance", "reopened", grievance_number=number, reason="కాలేదు")
    assert (reopened.outcome, reopened.pending) == ("ok", True)
    desk.move(number, "resolved", note="రెండు")
    desk.settled("reopened")
    (notice,) = told(desk, catalogue, "reopened")
    assert "రెండు" in notice.text


def test_citizens_words_are_nowhere_in_the_books(desk: Desk, folder: Path) -> None:
    secret = "రహస్యమైన మాట"
    number = desk.register("private", location=secret, photo="image/jpeg;998877")
    desk.move(number, "resolved")
    desk.ask("reopenGrievance", "private-2", grievance_number=number, reason=secret)
    for name in ("sandbox.sqlite", "journal.sqlite"):
        with sqlite3.connect(folder / name) as db:
            dump = "\n".join(db.iterdump())
        assert secret not in dump
        assert "998877" not in dump


def test_page_lists_grievances_and_changes_one(desk: Desk) -> None:
    number = desk.register("on-the-page")
    assert number in desk.http.get("/__page/grievances").text
    answer = desk.http.post(
        f"/__page/grievances/{number}/state", data={"state": "sub_judice", "officer": "RDO"}
    )
    assert answer.status_code == 303
    result = desk.ask("getGrievance", "page-status", grievance_number=number)
    assert result.outcome == "sub_judice"
