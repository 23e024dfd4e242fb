"""A citizen talks with an officer: the bot is silent, and every word goes to the officer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa

from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.handover_tables import HANDOVERS
from actions.citizens.handover_talk import CITIZEN as OF_CITIZEN
from actions.citizens.handover_talk import Entry
from actions.citizens.profile import Profiles
from actions.desk import conversation
from actions.desk.place import Desk
from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from nlu.storage.tables import IN_MEMORY
from nlu.turn import SILENT, Media, payload
from tests.desk.outbox import ENERGY, HELP, OTHER, Outbox
from tests.dialogue.talk import CITIZEN, Talk, heard, tapped

WORDS = {
    "te": "కరెంటు ఇంకా రాలేదు, నా నంబరు 9848012345",
    "te-Latn": "current inka raledu, naa number 9848012345",
    "hi": "बिजली अभी तक नहीं आई, मेरा नंबर 9848012345",
    "hi-Latn": "bijli abhi tak nahi aayi, mera number 9848012345",
    "en": "no power yet, my number is 9848012345",
}
STOP = {"te": "ఆపు", "te-Latn": "aapandi", "hi": "रद्द करो", "hi-Latn": "band karo", "en": "STOP"}
MENU = {
    "te": "మెనూ",
    "te-Latn": "menu kavali andi",
    "hi": "मेन्यू",
    "hi-Latn": "menu dikhao",
    "en": "menu",
}
KEYS = list(WORDS)
BILL = {"intent": "electricity_bill_view", "kind": "route"}


@dataclass
class AtTheDesk(Talk):
    """The same conversation, with the desk before the dialogue as in `actions.actions`."""

    desk: Desk | None = None

    async def _turn(self, message: Heard) -> Talk:
        assert self.desk is not None
        state = self._known(self.state)
        found = conversation.met(
            self.form, state, message, self.desk.handovers, self.desk.cases, self.desk.words
        )
        if found is None:
            return await super()._turn(message)
        if found.step is None:
            await super()._turn(message)
            self.said = [*found.said, *self.said]
            return self
        assert found.step.state == state
        self.said = list(found.step.replies)
        return self

    @property
    def silent(self) -> bool:
        """Whether nothing was said."""
        return [one.act for one in self.said] == [SILENT]


@pytest.fixture
def talk(form: Form, desk: Desk) -> AtTheDesk:
    stores = Stores(Profiles(IN_MEMORY, 2), desk.handovers)
    return AtTheDesk(form, state=State(language="en"), stores=stores, desk=desk)


async def in_a_form(talk: AtTheDesk, key: str = "en") -> str:
    """The bill's number is asked for, and the citizen wants a person: the request's number."""
    talk.state = State(language=key.split("-")[0])
    await talk.say("please show my bill", key=None, **BILL)
    await talk.say("person", key=None, intent="talk_to_person", kind="conversation")
    assert talk.desk is not None
    [case] = talk.desk.handovers.cases(everything=False)
    return case.number


def told(desk: Desk, number: str) -> list[Entry]:
    return [one for one in desk.handovers.talk.last(number) if one.kind == OF_CITIZEN]


@pytest.mark.parametrize("key", KEYS)
async def test_words_go_to_the_officer_and_nothing_is_answered(
    talk: AtTheDesk, desk: Desk, key: str
) -> None:
    """Numbers masked; the form waits where it was."""
    number = await in_a_form(talk, key)
    desk.cases.claim(number, ENERGY)
    before = talk.state
    await talk.say(WORDS[key], key=key, about=["fee"])
    assert talk.silent and talk.state == before
    [entry] = told(desk, number)
    assert entry.said["text"] == WORDS[key].replace("9848012345", "XXXXXX2345")
    assert entry.said["about"] == ["fee"]
    assert desk.handovers.case(number).wrote is not None


@pytest.mark.parametrize("key", KEYS)
async def test_stop_leads_back_and_the_form_goes_on(talk: AtTheDesk, desk: Desk, key: str) -> None:
    """The request stays with the officer, who is told."""
    number = await in_a_form(talk, key)
    desk.cases.claim(number, ENERGY)
    await talk.say(STOP[key], key=key)
    language = key.split("-")[0]
    back = desk.words.say("back_to_bot", language, {"number": number})
    question = talk.form.question(talk.state).text
    assert [one.text for one in talk.said] == [back, question] and talk.open
    case = desk.handovers.case(number)
    assert (case.state, case.talking, case.officer) == ("claimed", False, ENERGY.id)
    assert desk.handovers.talk.last(number)[-1].said["phrase"] == "left/cancel"
    await talk.say("6123401005678", key=None)
    assert not talk.silent and talk.department.calls, "the answer to the question that was open"


@pytest.mark.parametrize("key", KEYS)
async def test_menu_leads_back_and_is_shown(talk: AtTheDesk, desk: Desk, key: str) -> None:
    number = await in_a_form(talk, key)
    desk.cases.claim(number, ENERGY)
    await talk.say(MENU[key], key=key)
    language = key.split("-")[0]
    assert talk.said[0].text == desk.words.say("back_to_bot", language, {"number": number})
    assert talk.buttons and not desk.handovers.case(number).talking


async def test_the_button_under_the_first_words_leads_back(talk: AtTheDesk, desk: Desk) -> None:
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    await talk._turn(tapped(payload("menu"), "m9"))
    assert talk.said[0].text == desk.words.say("back_to_bot", "en", {"number": number})


async def test_an_old_button_is_answered_and_changes_nothing(talk: AtTheDesk, desk: Desk) -> None:
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    await talk._turn(tapped(payload("choose", service="electricity_bill_view"), "m9"))
    assert talk.text == desk.words.say("talk_goes_on", "en")
    assert desk.handovers.case(number).talking and told(desk, number) == []


async def test_a_number_is_an_answer_to_the_officer(talk: AtTheDesk, desk: Desk) -> None:
    """Though it stands for an option of a list above, as the worker reads it."""
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    option = tapped(payload("choose", service="electricity_bill_view"), "m9")
    await talk._turn(replace(option, message=replace(option.message, typed="2")))
    assert talk.silent and told(desk, number)[0].said["text"] == "2"


async def test_a_turn_that_runs_again_records_once(talk: AtTheDesk, desk: Desk) -> None:
    """After a crash; also where the officer closed the request in between."""
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    message = heard("please help", inbox="m7")
    for _ in range(2):
        await talk._turn(message)
        assert talk.silent
    desk.cases.close(number, ENERGY, "done")
    await talk._turn(message)
    assert talk.silent and len(told(desk, number)) == 1
    await talk._turn(replace(message, message=replace(message.message, id="m8")))
    assert not talk.silent, "the bot speaks again"


async def test_a_way_back_that_runs_again_says_the_same(talk: AtTheDesk, desk: Desk) -> None:
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    message, said = heard("stop", inbox="m7"), list[str]()
    for _ in range(2):
        await talk._turn(message)
        said.append(talk.text)
    assert said[0] == said[1] and said[0].startswith("You are back")
    left = [one for one in desk.handovers.talk.last(number) if "left" in str(one.said)]
    assert len(left) == 1


@pytest.mark.parametrize("key", KEYS)
async def test_danger_is_answered_all_the_same(talk: AtTheDesk, desk: Desk, key: str) -> None:
    """No officer is as quick as 112; the officer has the words too."""
    number = await in_a_form(talk, key)
    desk.cases.claim(number, ENERGY)
    danger = next(iter(talk.form.catalogue.traits["danger"].labels))
    for in_doubt in (True, False):
        await talk.say(WORDS[key], key=key, danger=danger, in_doubt=in_doubt)
        assert talk.silent is in_doubt
    assert talk.text == talk.form.whom_to_call(talk.state, danger).text
    assert len(told(desk, number)) == 2


@pytest.mark.parametrize(("key", "spoken"), [("te", "te"), ("hi", "hi"), ("en", "en")])
async def test_a_voice_note_goes_as_its_words(
    talk: AtTheDesk, desk: Desk, key: str, spoken: str
) -> None:
    number = await in_a_form(talk, key)
    desk.cases.claim(number, ENERGY)
    await talk.say(WORDS[key], key=key, spoken=spoken)
    [entry] = told(desk, number)
    assert talk.silent and entry.said["spoken"] is True and "XXXXXX2345" in entry.said["text"]


async def test_a_photo_is_told_of(talk: AtTheDesk, desk: Desk) -> None:
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    await talk.say("\U0001f4ce", carries={"media": Media("1", "image/jpeg")})
    assert talk.silent and told(desk, number)[0].said["sent"] == "image"


async def test_after_the_end_the_conversation_goes_on_where_it_was(
    talk: AtTheDesk, desk: Desk
) -> None:
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    await talk.say("hello?")
    desk.cases.close(number, ENERGY, "answered")
    await talk.say("6123401005678", key=None)
    assert talk.department.calls[-1][1]["service_number"] == "6123401005678"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_the_rating_is_kept_and_thanked_for(
    talk: AtTheDesk, desk: Desk, outbox: Outbox, language: str
) -> None:
    """The buttons are those of the notice; the open form goes on."""
    number = await in_a_form(talk, language)
    outbox.language = language
    desk.cases.claim(number, ENERGY)
    desk.cases.close(number, ENERGY, "done")
    await desk.delivery.deliver()
    last = list(outbox.taken.values())[-1]
    assert [one.title for one in last.buttons] == [r.title[language] for r in desk.words.ratings]
    await talk._turn(tapped(last.buttons[0].payload, "m9"))
    assert talk.said[0].text == desk.words.say("rated", language) and talk.open
    assert desk.handovers.case(number).rating == 3


async def test_a_rating_of_others_and_a_false_one_count_nothing(
    talk: AtTheDesk, desk: Desk
) -> None:
    theirs = desk.handovers.open("109:IN.other", _record_of(desk, await in_a_form(talk)))
    for value, number in (("3", theirs), ("9", theirs), ("x", theirs)):
        await talk._turn(tapped(payload("answer", value=value, nonce=f"desk/{number}"), "m9"))
        assert desk.handovers.case(number).rating is None


def _record_of(desk: Desk, number: str) -> Any:
    return replace(desk.handovers.case(number).record, request="of another")


async def test_an_officer_who_says_nothing_for_hours_has_left(talk: AtTheDesk, desk: Desk) -> None:
    """The bot speaks again, and anybody may claim the request."""
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    long_ago = time.time() - desk.words.idle_hours * 3600 - 60
    with desk.handovers.engine.begin() as db:
        db.execute(sa.update(HANDOVERS).values(claimed=long_ago))
    await talk.say("6123401005678", key=None)
    assert talk.department.calls, "the answer to the question that was open"
    case = desk.handovers.case(number)
    assert (case.state, case.talking) == ("waiting", False)
    waiting = [one.said["phrase"] for one in desk.handovers.talk.unsent()]
    assert waiting == ["taken_over", "nobody_there"]
    desk.cases.claim(number, OTHER)


async def test_delete_my_data_ends_the_talk(talk: AtTheDesk, desk: Desk) -> None:
    """It is asked about first, as always; then nothing is left of the talk."""
    number = await in_a_form(talk)
    desk.cases.claim(number, ENERGY)
    await talk.say("hello")
    await talk.say("delete my data", intent="x")
    await talk.tap("yes") if any("yes" in b.payload for b in talk.buttons) else await talk.tap(
        talk.buttons[0].payload
    )
    assert desk.handovers.cases(everything=True) == []
    assert desk.handovers.talk.last(number) == []


@pytest.mark.parametrize("key", KEYS)
async def test_outside_a_form_a_person_is_asked_for_at_the_help_desk(
    talk: AtTheDesk, desk: Desk, key: str
) -> None:
    """One request a day, with a number; what was spoken of last names the department."""
    talk.state = State(language=key.split("-")[0])
    for _ in range(2):
        await talk.say("a person please", key=key, intent="talk_to_person", kind="conversation")
    [case] = desk.cases.list(HELP, "waiting").cases
    assert case.number in talk.text and case.record.service == ""
    talk.state = replace(talk.state, spoken_of="electricity_bill_view")
    await talk.say("a person please", key=key, intent="talk_to_person", kind="conversation")
    [about] = desk.cases.list(ENERGY, "waiting").cases
    assert about.record.service == "electricity_bill_view"


async def test_without_a_talk_nothing_changes(talk: AtTheDesk, handovers: Handovers) -> None:
    await talk.say("please show my bill", key=None, **BILL)
    assert talk.open and handovers.talk.of_message(CITIZEN, "m1") is None
