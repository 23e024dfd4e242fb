"""What a turn, an answer and a wait add to the counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from actions.citizens import counted
from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.commands.handover import app
from actions.departments import OperationResult
from actions.dialogue.form import Form
from actions.dialogue.settings import load_settings
from actions.dialogue.state import State
from actions.dialogue.steps import Handover
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.daily_counts import DailyCounts, Tally
from nlu.storage.tables import file_url
from nlu.turn import Media
from tests.dialogue.talk import TODAY, Talk

DATA = Path(__file__).resolve().parents[2] / "data"
BILL = {"intent": "electricity_bill_view", "kind": "route"}
INCOME = {"intent": "income_certificate", "kind": "route"}
FIVE_KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
ALL = (0, 99_999)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEVA_SEALING_KEY", raising=False)
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return shared_catalogue(DATA)


@pytest.fixture()
def counts(tmp_path: Path) -> Iterator[DailyCounts]:
    found = DailyCounts(file_url(tmp_path / "counts.sqlite"))
    yield found
    found.close()


@pytest.fixture()
def talk(catalogue: Catalogue, counts: DailyCounts, tmp_path: Path) -> Talk:
    stores = Stores(
        Profiles(file_url(tmp_path / "profile.sqlite"), 2),
        Handovers(file_url(tmp_path / "handover.sqlite")),
    )
    form = Form(catalogue, load_settings(DATA), TODAY)
    tally = Tally(lambda: counts, ZoneInfo("Asia/Kolkata"))
    return Talk(form, stores=stores, state=State(language="en"), tally=tally)


def told(talk: Talk, counts: DailyCounts, what: str, *by: str) -> dict[tuple[str, ...], int]:
    assert talk.tally is not None
    talk.tally.flush()
    return {key: times for key, (times, _) in counts.sums(what, ALL, by).items()}


@pytest.mark.parametrize("key", FIVE_KEYS)
async def test_a_message_is_counted_in_its_language_key(
    talk: Talk, counts: DailyCounts, key: str
) -> None:
    await talk.say("current bill", key=key, **BILL)
    about = ("language", "kind", "department", "service")
    assert told(talk, counts, "messages", *about) == {(key, "written", "energy", ""): 1}
    assert told(talk, counts, "begun", *about) == {("", "", "energy", "electricity_bill_view"): 1}


async def test_a_request_is_done_in_the_time_since_its_first_message(
    talk: Talk, counts: DailyCounts
) -> None:
    await talk.say("current bill", at=1000.0, spoken="en", **BILL)
    await talk.say("1234567890123", at=1040.0)
    assert talk.department.calls, talk.text
    assert told(talk, counts, "done", "service", "kind") == {("electricity_bill_view", "60"): 1}
    assert counts.sums("done", ALL, ["service"])[("electricity_bill_view",)][1] <= 60
    assert told(talk, counts, "messages", "kind")[("spoken",)] == 1
    assert told(talk, counts, "begun", "service") == {("electricity_bill_view",): 1}


async def test_a_draft_that_waited_counts_its_time_from_the_beginning(
    talk: Talk, counts: DailyCounts
) -> None:
    """Left for another service and gone on with: the first message of the request still counts."""
    bus = {"intent": "rtc_ticket_booking", "kind": "route", "confidence": 0.97}
    await talk.say("my bill", at=1000.0, **BILL)
    assert talk.state.began == 1000.0
    await talk.say("tomorrow I need a bus ticket to Tirupati", at=1100.0, **bus)
    assert talk.state.service == "rtc_ticket_booking" and talk.state.began == 1100.0
    assert [one.began for one in talk.state.kept] == [1000.0]
    await talk.say("no no go back to electricity", at=1200.0)
    assert talk.state.service == "electricity_bill_view" and talk.state.began == 1000.0
    assert told(talk, counts, "begun", "service") == {
        ("rtc_ticket_booking",): 1,
        ("electricity_bill_view",): 1,
    }
    assert told(talk, counts, "unhappy", "kind") == {("corrected",): 1}


async def test_unhappy_turns_are_told_apart(talk: Talk, counts: DailyCounts) -> None:
    await talk.say("weather on mars", key="en", kind="out_of_scope")
    await talk.say("bill", kind="clarify", options=("electricity_bill_view", "income_certificate"))
    await talk.say("income", **INCOME)
    await talk.say("Ravi Kumar", key=None)
    await talk.say("hmm", key=None, sure=0.0)  # the Aadhaar number is asked for
    assert told(talk, counts, "unhappy", "kind") == {
        ("refused",): 1,
        ("clarified",): 1,
        ("asked_again",): 1,
    }


async def test_a_corrected_value_is_an_unhappy_turn(talk: Talk, counts: DailyCounts) -> None:
    await talk.say("income", **INCOME)
    await talk.say("Ravi Kumar", key=None)
    await talk.say("no, the name is Sita Devi", key="en")
    assert "Sita Devi" in talk.state.values.values()
    assert told(talk, counts, "unhappy", "kind", "service") == {
        ("corrected", "income_certificate"): 1
    }


async def test_a_request_for_a_person_is_counted_with_its_reason(
    talk: Talk, counts: DailyCounts
) -> None:
    await talk.say("income", **INCOME)
    await talk.say("talk to a person")
    about = ("department", "service", "kind")
    department = talk.form.catalogue.services["income_certificate"].department
    assert told(talk, counts, "handed_over", *about) == {
        (department, "income_certificate", "asked_for"): 1
    }


async def test_turns_are_counted_for_the_model_that_answered(
    talk: Talk, counts: DailyCounts
) -> None:
    """By key and kind of decision; what answers a question has none."""
    talk.model = "m-1"
    for key in FIVE_KEYS:
        await talk.say("weather on mars", key=key, kind="out_of_scope")
    await talk.say("bill", kind="clarify", options=("electricity_bill_view", "income_certificate"))
    await talk.tap("menu")
    talk.model = "m-2"
    await talk.say("income", **INCOME)
    await talk.say("Ravi Kumar", key=None)
    await talk.say("talk to a person")
    talk.model = ""
    await talk.say("hello")  # of an engine that names none
    assert talk.tally is not None
    talk.tally.flush()
    assert counts.of_models(["m-1"], ALL) == {
        **{("m-1", "turns", key, "out_of_scope"): 1 for key in FIVE_KEYS},
        ("m-1", "turns", "en", "clarify"): 1,
        ("m-1", "turns", "", ""): 1,
        ("m-1", "objected", "", "not_this"): 1,
    }
    assert counts.of_models(["m-2"], ALL) == {
        ("m-2", "turns", "en", "route"): 1,
        ("m-2", "turns", "", ""): 1,
        ("m-2", "turns", "en", ""): 1,
        ("m-2", "to_person", "en", "asked_for"): 1,
    }
    assert counts.of_models(["", "m-3"], ALL) == {}


async def test_the_district_is_that_of_the_request(talk: Talk, catalogue: Catalogue) -> None:
    service = next(
        one
        for one in catalogue.services.values()
        if any(slot.type.name == "district" for slot in one.slots)
    )
    slot = next(slot for slot in service.slots if slot.type.name == "district")
    state = State(language="te", service=service.name, values={slot.name: "guntur"})
    assert counted.district_of(catalogue, State(language="te"), state) == "guntur"
    said = State(language="te", said={"district": ("nellore", "guntur")})
    assert counted.district_of(catalogue, said) == "nellore"
    assert counted.district_of(catalogue, State(language="te")) == ""


def test_answers_of_departments_and_waits(catalogue: Catalogue, counts: DailyCounts) -> None:
    tally = Tally(lambda: counts, ZoneInfo("Asia/Kolkata"))
    counted.count_answer(tally, "energy", "electricity_bill_view", OperationResult("ok"))
    counted.count_answer(tally, "energy", "", OperationResult("unavailable", reason="timeout"))
    counted.count_wait(tally, catalogue, "electricity_bill_view", 0.0)
    tally.flush()
    assert counts.sums("answers", ALL, ["department", "kind"]) == {
        ("energy", "ok"): (1, 0),
        ("energy", "unavailable"): (1, 0),
    }
    [((department, kind), (times, seconds))] = counts.sums(
        "waited", ALL, ["department", "kind"]
    ).items()
    assert (department, kind, times) == ("energy", "", 1)
    assert seconds > (date(2026, 1, 1) - date(1970, 1, 1)).days * 86_400


@pytest.mark.parametrize(
    ("seconds", "kind"), [(0, "60"), (60, "60"), (61, "300"), (86_400, "86400"), (10**6, "")]
)
def test_waits_are_of_one_kind_up_to_a_bound(seconds: float, kind: str) -> None:
    assert counted.bucket(seconds) == kind


def test_staff_who_close_a_request_count_its_wait_once(
    tmp_path: Path, counts: DailyCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_DATA_DIR", str(DATA))
    told = Handover("r", "income_certificate", {}, "", 0, "asked_for", "", "te", time.time() - 120)
    number = Handovers(file_url(tmp_path / "handover.sqlite")).open("109:IN.1", told)
    for _ in range(2):
        assert CliRunner().invoke(app, ["close", number]).exit_code == 0
    assert counts.sums("waited", ALL, ["service", "kind"]) == {
        ("income_certificate", "300"): (1, pytest.approx(120, abs=60))
    }


@pytest.mark.parametrize("key", FIVE_KEYS)
async def test_whether_citizens_were_understood(talk: Talk, counts: DailyCounts, key: str) -> None:
    talk.asked_if_right = 100
    talk.stores = None  # a citizen who wants nothing remembered
    await talk.say("bill 6123401005678", key=key, **BILL)
    await talk.tap('"wrong"')
    about = ("kind", "department", "service", "language")
    assert told(talk, counts, "judged", *about) == {
        ("asked", "energy", BILL["intent"], ""): 1,
        ("wrong", "energy", BILL["intent"], ""): 1,
    }


async def test_a_picture_that_nothing_asked_for(talk: Talk, counts: DailyCounts) -> None:
    photo = {"media": Media("1", "image/jpeg")}
    await talk.say("\U0001f4ce", key=None, carries=photo)
    await talk.say("my bill", key="en", **BILL)
    await talk.say("\U0001f4ce", key=None, carries=photo)
    await talk.say("6123401005678", key=None, carries=photo)  # its caption is the answer
    assert told(talk, counts, "unread", "kind", "department") == {("picture", ""): 2}
