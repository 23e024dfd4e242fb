"""A few citizens are asked, once a request is over, whether it was what they meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actions.departments import OperationResult
from actions.dialogue import was_right
from actions.dialogue.form import Form
from actions.dialogue.misunderstandings import told_along
from actions.dialogue.questions import MENU
from actions.dialogue.state import State
from actions.dialogue.steps import Judged, Step, Used
from nlu.turn import Misunderstood
from tests.dialogue.talk import Department, Talk, heard, tapped

BILL = {"intent": "electricity_bill_view", "kind": "route"}
NUMBER = "6123401005678"
DAY = 86_400.0
NOW = 1_790_000_000.0
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
REPLY = {"te": "te", "te-Latn": "te", "hi": "hi", "hi-Latn": "hi", "en": "en"}
WORDS = {
    "te": f"నా కరెంటు బిల్లు {NUMBER} ఎంత",
    "te-Latn": f"naa current bill {NUMBER} entha",
    "hi": f"मेरा बिजली बिल {NUMBER} कितना है",
    "hi-Latn": f"mera bijli bill {NUMBER} kitna hai",
    "en": f"how much is my electricity bill {NUMBER}",
}
YES = {"te": "అవును", "te-Latn": "avunu", "hi": "हाँ", "hi-Latn": "haan", "en": "yes"}
NO = {"te": "కాదు", "te-Latn": "kaadu", "hi": "नहीं", "hi-Latn": "nahin", "en": "no"}
QUESTION = {"te": "మీరు అడిగింది ఇదేనా?", "hi": "क्या आपने यही पूछा था?", "en": "Was this what you"}


@pytest.fixture()
def asking(form: Form) -> Talk:
    """A citizen of whom every request is asked about."""
    return Talk(form, state=State(language="en"), asked_if_right=100)


async def bill(talk: Talk, key: str = "en", at: float = NOW, **more: Any) -> Talk:
    """A request that is done in one message."""
    return await talk.say(WORDS[key], key=key, at=at, **{**BILL, **more})


def is_asked(talk: Talk) -> bool:
    return any(text in talk.text for text in QUESTION.values())


async def step_of(talk: Talk, message: Any) -> Step:
    from actions.dialogue import turns

    step = await turns.turn(talk.form, talk.state, message, Department().execute)
    told = replace(step, replies=told_along(talk.state, message, step))
    return was_right.noted(talk.form, talk.state, message, told, 100)


def told(step: Step) -> list[Misunderstood]:
    return [one.misunderstood for one in step.replies if one.misunderstood]


@pytest.mark.parametrize("key", KEYS)
async def test_the_question_comes_last_in_the_language_of_the_answer(
    asking: Talk, key: str
) -> None:
    await bill(asking, key)
    language = REPLY[key]
    assert QUESTION[language] in asking.said[-1].text
    assert [one.title for one in asking.said[-1].buttons] == [
        was_right.rules().right_button[language],
        was_right.rules().wrong_button[language],
    ]
    assert not asking.open


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("how", ["tap", "words", "title"])
async def test_yes_is_counted_and_nothing_more_is_asked(asking: Talk, key: str, how: str) -> None:
    await bill(asking, key)
    language = REPLY[key]
    yes = {
        "tap": tapped(asking.said[-1].buttons[0].payload),
        "words": heard(YES[key], key=key, intent="affirm", kind="conversation"),
        "title": heard(was_right.rules().right_button[language], key=key),
    }[how]
    step = await step_of(asking, yes)
    assert step.effects == (Judged(BILL["intent"], "right"),)
    assert [one.text for one in step.replies] == [was_right.rules().right[language]]
    assert not told(step) and step.state.opening is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("how", ["tap", "words", "title"])
async def test_no_goes_to_review_with_the_words_and_offers_what_else(
    asking: Talk, key: str, how: str
) -> None:
    await bill(asking, key)
    no = {
        "tap": tapped(asking.said[-1].buttons[1].payload),
        "words": heard(NO[key], key=key, intent="deny", kind="conversation"),
        "title": heard(was_right.rules().wrong_button[REPLY[key]], key=key),
    }[how]
    step = await step_of(asking, no)
    assert step.effects == (Judged(BILL["intent"], "wrong"),)
    assert told(step) == [Misunderstood("corrected", WORDS[key], key=key)]
    assert step.replies[0].text == was_right.rules().wrong[REPLY[key]]
    offered = [one.payload for one in step.replies[-1].buttons]
    near = asking.form.catalogue.services[BILL["intent"]].neighbours
    assert any(near[0] in one for one in offered) and offered[-1] == MENU


async def test_what_is_chosen_then_begins_with_the_words_and_is_told(asking: Talk) -> None:
    await bill(asking)
    await asking.tap('"wrong"')
    near = asking.form.catalogue.services[BILL["intent"]].neighbours[0]
    button = next(one for one in asking.buttons if near in one.payload)
    step = await step_of(asking, tapped(button.payload))
    assert told(step) == [Misunderstood("corrected", WORDS["en"], near)]
    assert step.state.service == near and step.state.opening is None
    menu = await step_of(asking, tapped(MENU))
    assert not told(menu)  # the no was told already


@pytest.mark.parametrize("key", KEYS)
async def test_who_does_not_answer_is_heard_as_ever(asking: Talk, key: str) -> None:
    await bill(asking, key)
    await asking.say(WORDS[key], key=key, at=NOW + 5, intent="property_tax_payment", kind="route")
    assert asking.state.service == "property_tax_payment"
    assert not is_asked(asking)


async def test_a_later_yes_in_words_is_no_answer_but_the_buttons_still_are(asking: Talk) -> None:
    await bill(asking)
    question = asking.said[-1].buttons
    await asking.say("thanks", intent="thanks", kind="conversation", at=NOW + 5)
    yes = await step_of(asking, heard("yes", intent="affirm", kind="conversation", at=NOW + 6))
    assert not yes.effects
    step = await step_of(asking, replace(tapped(question[0].payload), at=NOW + 7))
    assert step.effects == (Judged(BILL["intent"], "right"),)


async def test_the_buttons_are_old_after_a_day_and_after_an_answer(asking: Talk) -> None:
    await bill(asking)
    question = asking.said[-1].buttons
    await asking.tap('"right"', question, at=NOW + 5)
    assert asking.text == was_right.rules().right["en"]
    await asking.tap('"right"', question, at=NOW + 6)
    assert asking.text == asking.form.catalogue.phrases["old_button"]["en"]


async def test_an_answer_in_the_middle_of_another_form_leaves_it_open(asking: Talk) -> None:
    await bill(asking)
    question = asking.said[-1].buttons
    asking.asked_if_right = 0
    await asking.say("income certificate", key="en", intent="income_certificate", kind="route")
    await asking.tap('"wrong"', question)  # another request ends the question
    assert asking.open and asking.state.service == "income_certificate"
    assert asking.form.catalogue.phrases["old_button"]["en"] in asking.text


async def test_an_answer_in_a_form_that_was_tapped_counts_and_the_form_goes_on(
    asking: Talk,
) -> None:
    await bill(asking)
    question = asking.said[-1].buttons
    asking.turns += 1
    await asking._turn(tapped('/choose{"service": "income_certificate"}'))
    open_question = asking.said[-1].text
    step = await step_of(asking, tapped(question[1].payload))
    assert told(step) and step.effects == (Judged(BILL["intent"], "wrong"),)
    assert step.state.service == "income_certificate" and step.state.open
    assert step.replies[-1].text == open_question and step.state.opening is None


async def test_nobody_is_asked_twice_in_a_month(asking: Talk) -> None:
    await bill(asking)
    assert is_asked(asking)
    await bill(asking, at=NOW + 29 * DAY)
    assert not is_asked(asking)
    await bill(asking, at=NOW + 31 * DAY)
    assert is_asked(asking)


async def test_the_share_is_by_the_message_and_the_same_each_time(form: Form) -> None:
    asked = 0
    for number in range(200):
        talk = Talk(form, state=State(language="en"), asked_if_right=10)
        before = talk.state
        await bill(talk, inbox=f"wamid.{number}")
        again = Talk(form, state=before, asked_if_right=10)
        await bill(again, inbox=f"wamid.{number}")
        assert is_asked(talk) == is_asked(again)
        asked += is_asked(talk)
    assert 8 <= asked <= 35


async def test_nobody_is_asked_where_the_share_is_nothing(form: Form) -> None:
    talk = Talk(form, state=State(language="en"))
    await bill(talk)
    assert not is_asked(talk) and talk.state.opening is None


async def test_words_are_kept_for_a_form_of_several_questions(asking: Talk) -> None:
    """And sealed, like everything that was told."""
    await asking.say("what is my bill", key="en", at=NOW, **BILL)
    assert asking.open and asking.state.opening is not None
    assert "what is my bill" not in str(asking.state.as_json())
    await asking.say(NUMBER, at=NOW + 60)
    assert is_asked(asking)
    step = await step_of(asking, tapped(asking.said[-1].buttons[1].payload))
    assert told(step) == [Misunderstood("corrected", "what is my bill", key="en")]


async def test_a_request_that_was_given_up_is_not_asked_about(asking: Talk) -> None:
    await asking.say("what is my bill", key="en", at=NOW, **BILL)
    await asking.say("cancel", intent="cancel", kind="conversation", at=NOW + 5)
    assert not is_asked(asking) and asking.state.opening is None


async def test_a_service_that_was_tapped_is_not_asked_about(asking: Talk) -> None:
    button = '/choose{"service": "electricity_bill_view"}'
    asking.turns += 1
    await asking._turn(tapped(button))
    await asking.say(NUMBER, at=NOW)
    assert not is_asked(asking)


async def test_an_answer_from_the_file_is_asked_about(asking: Talk) -> None:
    await asking.say(
        "which papers for income certificate",
        key="en",
        at=NOW,
        intent="income_certificate",
        kind="route",
        about=("papers",),
    )
    assert is_asked(asking)
    step = await step_of(asking, tapped(asking.said[-1].buttons[1].payload))
    assert step.effects == (Judged("income_certificate", "wrong"),)


async def test_a_department_that_did_not_answer_is_not_asked_about(asking: Talk) -> None:
    operation = asking.form.catalogue.services[BILL["intent"]].operation
    asking.department.results[str(operation)] = [OperationResult("unavailable")]
    await bill(asking)
    assert not is_asked(asking)


async def test_a_department_that_said_no_is_not_asked_about(asking: Talk) -> None:
    message = heard(WORDS["en"], at=NOW, **BILL)
    over = Step(asking.state, "stop", (), (Used(BILL["intent"], done=False),))
    step = was_right.noted(asking.form, asking.state, message, over, 100)
    assert step == over
    done = Step(asking.state, "stop", (), (Used(BILL["intent"]),))
    assert was_right.noted(asking.form, asking.state, message, done, 100).replies


GRIEF = {
    "te": "మా నాన్న చనిపోయారు, కరెంటు బిల్లు ఎంత",
    "te-Latn": "maa nanna chanipoyaru, current bill entha",
    "hi": "मेरे पिता गुज़र गए, बिजली बिल कितना है",
    "hi-Latn": "mere pita guzar gaye, bijli bill kitna hai",
    "en": "my father died, how much is the electricity bill",
}


@pytest.mark.parametrize("key", KEYS)
async def test_who_is_in_grief_is_not_asked(asking: Talk, key: str) -> None:
    await asking.say(f"{GRIEF[key]} {NUMBER}", key=key, at=NOW, **BILL)
    assert not is_asked(asking)


@pytest.mark.parametrize("in_doubt", [False, True])
async def test_nobody_is_asked_who_told_of_an_emergency(asking: Talk, in_doubt: bool) -> None:
    await asking.say("what is my bill", key="en", at=NOW, **BILL)
    await asking.say("help, wire down", danger="live_wire", in_doubt=in_doubt, at=NOW + 5)
    await asking.say(NUMBER, at=NOW + 60)
    assert not is_asked(asking)
    await bill(asking, at=NOW + 3 * DAY)
    assert not is_asked(asking)


async def test_a_service_about_danger_is_not_asked_about(asking: Talk) -> None:
    of_danger = asking.form.catalogue.traits["danger"].others.but
    assert of_danger
    for service in of_danger:
        talk = Talk(asking.form, state=State(language="en"), asked_if_right=100)
        await talk.say("somebody beats me", key="en", at=NOW, intent=service, kind="route")
        assert talk.state.opening is None


async def test_who_asked_for_a_person_is_not_asked(asking: Talk) -> None:
    await asking.say("person please", intent="talk_to_person", kind="conversation", at=NOW)
    await bill(asking, at=NOW + DAY)
    assert not is_asked(asking)


async def test_who_talked_with_a_person_or_rated_it_is_not_asked(form: Form) -> None:
    state = State(language="en")
    step = was_right.quiet(Step(state, "stop"), heard("5", at=NOW))
    talk = Talk(form, state=step.state, asked_if_right=100)
    await bill(talk, at=NOW + DAY)
    assert not is_asked(talk)
