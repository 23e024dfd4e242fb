"""Handed over to a person: the record, its number, and words that come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from actions.citizens.effects import Stores
from actions.citizens.handover import FILE, Handovers
from actions.citizens.profile import Profiles
from actions.dialogue.form import Form
from actions.dialogue.state import State
from actions.dialogue.steps import Handover
from actions.news.notices import NoticeRefused
from nlu.turn import Notice
from tests.dialogue.talk import Talk
from tests.handover_numbers import numbers_of

INCOME = {"intent": "income_certificate", "kind": "route"}
BILL = {"intent": "electricity_bill_view", "kind": "route"}
PERSON = [
    ("te", "మనిషితో మాట్లాడాలి"),
    ("te-Latn", "manishi tho matladali"),
    ("hi", "किसी से बात करनी है"),
    ("hi-Latn", "kisi se baat karni hai"),
    ("en", "talk to a person"),
]
AADHAAR = "499118665246"
RECORD = Handover("n", "s", {"a": AADHAAR}, "x", 3, "asked_for", "my secret", "en", 1.0)


@pytest.fixture()
def stores(tmp_path: Path, url_of: Callable[[Path], str]) -> Stores:
    return Stores(
        Profiles(url_of(tmp_path / "profile.sqlite"), 2), Handovers(url_of(tmp_path / FILE))
    )


async def in_an_application(form: Form, stores: Stores, language: str) -> Talk:
    """Name and Aadhaar told, the income is asked for."""
    talk = Talk(form, state=State(language=language), stores=stores)
    await talk.say("income", key=None, **INCOME)
    for answer in ("Ravi Kumar", AADHAAR):
        await talk.say(answer, key=None, sure=0.0)
    return talk


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_too_many_attempts_leave_a_record(form: Form, stores: Stores, language: str) -> None:
    """Two retries, then a person: with everything told, and the number said."""
    talk = await in_an_application(form, stores, language)
    for _ in range(3):
        await talk.say("hmm hmm", key=None, sure=0.0, at=5.0)
    [number] = numbers_of(stores.handovers)
    told = form.catalogue.phrases["handed_over"][language].format(number=number)
    assert talk.said[-1].text == told and not talk.open
    case = stores.handovers.case(number)
    assert case.citizen == talk.citizen
    record = case.record
    assert (record.service, record.asked) == ("income_certificate", "annual_income")
    assert record.values == {"applicant_name": "Ravi Kumar", "aadhaar_number": AADHAAR}
    assert (record.why, record.attempts, record.last) == ("too_many_attempts", 3, "hmm hmm")
    assert (record.language, record.at) == (language, 5.0)


@pytest.mark.parametrize(("key", "words"), PERSON)
async def test_asking_for_a_person_leaves_a_record_and_the_form_open(
    form: Form, stores: Stores, key: str, words: str
) -> None:
    """The helpline, the number, and the question again."""
    talk = await in_an_application(form, stores, key.split("-")[0])
    await talk.say(words, key=key, intent="talk_to_person", kind="conversation")
    [number] = numbers_of(stores.handovers)
    assert number in talk.said[1].text and talk.open
    assert [one.text for one in talk.said].index(talk.form.question(talk.state).text) == 2
    assert stores.handovers.case(number).record.why == "asked_for"


async def test_a_person_asked_for_on_the_card(form: Form, stores: Stores) -> None:
    """The look-up before the card once swallowed the record."""
    talk = Talk(form, state=State(language="en"), stores=stores)
    pay = {"intent": "electricity_bill_payment", "kind": "route"}
    await talk.say("pay 6123401005678", key=None, **pay)
    await talk.say("talk to a person", key="en", intent="talk_to_person", kind="conversation")
    [number] = numbers_of(stores.handovers)
    assert number in talk.text and len(talk.buttons) == 3


async def test_what_was_left_is_offered_after_the_number(form: Form, stores: Stores) -> None:
    """The buttons stand under the last message."""
    talk = Talk(form, state=State(language="en"), stores=stores)
    await talk.say("bus ticket", key=None, intent="rtc_ticket_booking", kind="route")
    await talk.say("and now please this one", key=None, **BILL)
    for _ in range(3):
        await talk.say("12", key=None, sure=0.0)
    [number] = numbers_of(stores.handovers)
    assert number in talk.said[-2].text and talk.said[-1].buttons


async def test_one_request_has_one_number(form: Form, stores: Stores) -> None:
    """Asked for twice, and told more in between: the record has it."""
    talk = await in_an_application(form, stores, "en")
    person = {"intent": "talk_to_person", "kind": "conversation"}
    await talk.say("talk to a person", key="en", **person)
    [first] = numbers_of(stores.handovers)
    await talk.say("200000", key=None, sure=0.0)
    await talk.say("talk to a person", key="en", **person)
    assert numbers_of(stores.handovers) == [first]
    assert stores.handovers.case(first).record.values["annual_income"] == "200000"


async def test_two_requests_have_two_numbers(form: Form, stores: Stores) -> None:
    """Also of one citizen."""
    talk = Talk(form, state=State(language="en"), stores=stores)
    for service in (BILL, INCOME):
        await talk.say("please start this one", key=None, **service)
        await talk.say("person", key="en", intent="talk_to_person", kind="conversation")
    numbers = numbers_of(stores.handovers)
    assert len(set(numbers)) == 2 and all(len(n) == 6 and n.isdigit() for n in numbers)


def test_the_file_tells_nothing(form: Form, stores: Stores, tmp_path: Path) -> None:
    """Neither who it is nor what they told."""
    number = stores.handovers.open("109:919848012345", RECORD)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for private in (AADHAAR, "9848012345", "my secret"):
        assert private.encode() not in stored
    assert stores.handovers.case(number).record == RECORD


@dataclass
class Outbox:
    """Takes notices, or refuses."""

    broken: bool = False
    taken: list[Notice] = field(default_factory=list)

    async def __call__(self, notice: Notice) -> None:
        if self.broken:
            raise NoticeRefused
        self.taken.append(notice)


async def test_words_of_a_person_reach_the_citizen(form: Form, stores: Stores) -> None:
    """Once they were taken the record is closed; until then it waits."""
    talk = await in_an_application(form, stores, "te")
    await talk.say("x", key=None, intent="talk_to_person", kind="conversation")
    [number] = numbers_of(stores.handovers)
    words = ("మీ పని అయింది", "te", "ఆదాయం సర్టిఫికెట్")
    with pytest.raises(NoticeRefused):
        await stores.handovers.answer(number, *words, Outbox(broken=True))
    assert numbers_of(stores.handovers) == [number]
    outbox = Outbox()
    for _ in range(2):
        await stores.handovers.answer(number, *words, outbox)
    first, again = outbox.taken
    assert (first.citizen, first.text, first.language, first.about) == (talk.citizen, *words)
    assert first.id == again.id, "the outbox takes the same words once"
    assert numbers_of(stores.handovers) == []
    assert numbers_of(stores.handovers, everything=True) == [number]


async def test_other_words_are_other_news(form: Form, stores: Stores) -> None:
    """Two answers of a person are not taken for one."""
    talk = await in_an_application(form, stores, "te")
    await talk.say("x", key=None, intent="talk_to_person", kind="conversation")
    [number] = numbers_of(stores.handovers)
    outbox = Outbox()
    for text in ("first", "second"):
        await stores.handovers.answer(number, text, "te", "a", outbox)
    assert len({notice.id for notice in outbox.taken}) == 2


async def test_an_unknown_number_is_refused(stores: Stores) -> None:
    """Nothing is sent to anybody."""
    outbox = Outbox()
    with pytest.raises(KeyError):
        await stores.handovers.answer("000000", "hello", "en", "a", outbox)
    assert outbox.taken == []


def test_old_records_are_forgotten(stores: Stores, tmp_path: Path) -> None:
    """Those of before a moment, except who still waits: it is told how many."""
    numbers = {
        at: stores.handovers.open("109:IN.1", replace(RECORD, request=f"n{at}", at=at))
        for at in (1.0, 2.0, 3.0)
    }
    stores.handovers.set_closed(numbers[1.0], closed=True)
    assert stores.handovers.forget(3.0) == (1, 1)
    assert numbers_of(stores.handovers, everything=True) == [numbers[2.0], numbers[3.0]]
