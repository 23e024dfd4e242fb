"""Who may apply, papers, fee, days: told before a form and in the middle of it."""

from __future__ import annotations

import pytest

from actions.dialogue.facts import told
from actions.dialogue.state import CONFIRM, State
from tests.dialogue.talk import Talk

SERVICE = "income_certificate"
INCOME = {"intent": SERVICE, "kind": "route", "confidence": 0.97}
ASKED = {
    "te": "ఆదాయం సర్టిఫికెట్‌కి ఏం కాగితాలు కావాలి",
    "te-Latn": "income certificate ki em papers kavali",
    "hi": "आय प्रमाण पत्र के लिए क्या काग़ज़ लगेंगे",
    "hi-Latn": "income certificate ke liye kya kagaz lagenge",
    "en": "which papers for the income certificate",
}
LATER = {
    "te": "ఎన్ని రోజులు పడుతుంది",
    "te-Latn": "enni rojulu padutundi",
    "hi": "कितने दिन लगेंगे",
    "hi-Latn": "kitne din lagenge",
    "en": "how many days will it take",
}


def said(talk: Talk, fact: str, key: str, service: str = SERVICE) -> str:
    facts = talk.form.catalogue.services[service].facts
    assert facts is not None
    return facts.said[fact][key.partition("-")[0]]


@pytest.mark.parametrize("key", ASKED)
async def test_a_question_is_answered_and_nothing_is_begun(talk: Talk, key: str) -> None:
    await talk.say(ASKED[key], key=key, about=["papers", "fee"], **INCOME)
    assert said(talk, "papers", key) in talk.text and said(talk, "fee", key) in talk.text
    assert not talk.open and talk.state.service is None
    await talk.tap(SERVICE)
    assert talk.open and talk.state.service == SERVICE


@pytest.mark.parametrize("key", LATER)
async def test_the_next_question_is_about_the_same_service(talk: Talk, key: str) -> None:
    await talk.say(ASKED[key], key=key, about=["papers"], **INCOME)
    await talk.say(LATER[key], key=key, about=["days"], kind="out_of_scope")
    assert said(talk, "days", key) in talk.text


@pytest.mark.parametrize("key", LATER)
async def test_a_form_answers_and_goes_on_where_it_was(talk: Talk, key: str) -> None:
    """A name was asked for, and any words can be one."""
    await talk.say("I want an income certificate", key=key, **INCOME)
    asked, question = talk.state.asked, talk.said[-1].text
    await talk.say(LATER[key], key=key, about=["days"], kind="out_of_scope")
    assert said(talk, "days", key) in talk.text and question in talk.text
    assert talk.state.asked == asked == "applicant_name" and talk.state.values == {}


async def test_another_service_that_is_named_is_answered_for(talk: Talk) -> None:
    await talk.say("income certificate", **INCOME)
    bill = {"intent": "residence_certificate", "kind": "route", "confidence": 0.97}
    await talk.say("and the fee of a residence certificate?", about=["fee"], **bill)
    assert said(talk, "fee", "en", "residence_certificate") in talk.text
    assert talk.state.service == SERVICE


async def test_a_number_that_was_asked_for_is_no_question(talk: Talk) -> None:
    await talk.say("my bill", intent="electricity_bill_view", kind="route")
    await talk.say("6123401005678", about=["fee"])
    assert "845" in talk.text or talk.department.calls


async def test_at_the_confirmation_too(talk: Talk) -> None:
    await talk.say("pay 6123401005678", intent="electricity_bill_payment", kind="route")
    assert talk.state.asked == CONFIRM
    await talk.say("is there a fee", about=["fee"])
    assert said(talk, "fee", "en", "electricity_bill_payment") in talk.text
    assert talk.state.asked == CONFIRM and talk.department.calls[-1][0] != "payBill"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_who_knows_what_is_not_known_is_named(talk: Talk, language: str) -> None:
    service = talk.form.catalogue.services[SERVICE]
    office = talk.form.catalogue.departments["revenue"].office
    assert office is not None
    assert service.facts and "papers" in service.facts.said
    missing = next(
        one
        for one in talk.form.catalogue.services.values()
        if one.facts and "validity" not in one.facts.said and one.department == "revenue"
    )
    words = told(talk.form, missing, ("validity",), language)
    assert office[language] in words and missing.title[language] in words


async def test_nobody_knows_of_which_service(talk: Talk) -> None:
    talk.state = State(language="en")
    await talk.say("how many days", about=["days"], kind="out_of_scope")
    refused = talk.form.say("out_of_scope", talk.state, {"helpline": "1100"})
    assert talk.text.startswith(refused.text)


@pytest.mark.parametrize("key", ASKED)
async def test_every_fact_of_every_service_is_told(talk: Talk, key: str) -> None:
    """Each from its own file; but for those that doing it tells."""
    for name, service in talk.form.catalogue.services.items():
        assert service.facts, name
        for fact in (one for one in service.facts.said if one not in service.tells):
            talk.state = State(language=key.partition("-")[0])
            await talk.say(ASKED[key], key=key, about=[fact], intent=name, kind="route")
            assert said(talk, fact, key, name) in talk.text, (name, fact)
