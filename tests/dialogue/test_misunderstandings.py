"""What a turn tells of words that were not understood, in five keys."""

from __future__ import annotations

import pytest

from actions.dialogue.misunderstandings import told_along
from actions.dialogue.state import State
from nlu.turn import Misunderstood
from tests.dialogue.talk import Department, Talk, heard, tapped
from tests.dialogue.test_undo import BACK, BILL, KEYS, MORE, switched

OPTIONS = ["electricity_bill_view", "electricity_bill_payment"]
CHOOSE = '/choose{"service": "electricity_bill_payment"}'


async def step_of(talk: Talk, message: object) -> Misunderstood | None:
    """What the next turn of a talk tells."""
    from actions.dialogue import turns

    before = talk.state
    step = await turns.turn(talk.form, before, message, Department().execute)  # type: ignore[arg-type]
    told = told_along(before, message, step)  # type: ignore[arg-type]
    assert not any(reply.misunderstood for reply in told[1:])
    return told[0].misunderstood if told else None


@pytest.mark.parametrize("key", KEYS)
async def test_none_of_these(talk: Talk, key: str) -> None:
    await talk.say(MORE[key], key=key, kind="clarify", options=OPTIONS)
    assert await step_of(talk, tapped("/menu")) == Misunderstood("not_this", MORE[key])


@pytest.mark.parametrize("key", KEYS)
async def test_one_of_these(talk: Talk, key: str) -> None:
    await talk.say(MORE[key], key=key, kind="clarify", options=OPTIONS)
    found = await step_of(talk, tapped(CHOOSE))
    assert found == Misunderstood("asked", MORE[key], "electricity_bill_payment")


async def test_a_voice_note_that_meant_something_else(talk: Talk) -> None:
    await talk.say("bill", key="te", spoken="te", confidence=0.3, **BILL)
    assert (talk.state.asked or "").startswith("meant/")
    no = heard("no", intent="deny", kind="conversation", key="te")
    assert await step_of(talk, no) == Misunderstood("not_this", "bill")
    yes = heard("yes", intent="affirm", kind="conversation", key="te")
    assert await step_of(talk, yes) == Misunderstood("asked", "bill", "electricity_bill_view")


@pytest.mark.parametrize("key", KEYS)
async def test_taken_back_at_once(talk: Talk, key: str) -> None:
    await switched(talk, key)
    found = await step_of(talk, heard(BACK[key], key=key))
    assert found == Misunderstood("corrected", MORE[key])


async def test_a_person_is_asked_for_in_the_middle_of_a_form(talk: Talk) -> None:
    await talk.say("my bill", key="en", **BILL)
    wish = heard("let me talk to a person", intent="talk_to_person", kind="conversation")
    found = await step_of(talk, wish)
    assert found == Misunderstood("handed_over", "let me talk to a person")


async def test_an_answer_tells_nothing(talk: Talk) -> None:
    await talk.say("my bill", key="en", **BILL)
    assert await step_of(talk, heard("6123401005678")) is None


async def test_what_is_understood_tells_nothing(talk: Talk) -> None:
    talk.state = State(language="en")
    assert await step_of(talk, heard("my bill", **BILL)) is None
    await talk.say("6123401005678", key="en", kind="out_of_scope")
    assert await step_of(talk, tapped("/menu")) is None  # a number alone is no sentence
