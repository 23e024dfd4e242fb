"""Any words can be a name, so what is none is told by what it looks like."""

from __future__ import annotations

import pytest

from actions.dialogue.state import READ_BACK
from tests.dialogue.talk import Talk

INCOME = {"intent": "income_certificate", "kind": "route"}
NO_NAMES = {
    "te": "నా పేరా మా నాన్న పేరా",
    "te-Latn": "vaddu le",
    "hi": "कौन सा नाम",
    "hi-Latn": "ye voice nahi hai",
    "en": "whose name do you want",
}
NAMES = {
    "te": "లక్ష్మి ప్రసన్న",
    "te-Latn": "Lakshmi Prasanna",
    "hi": "सीता देवी",
    "hi-Latn": "Sita Devi",
    "en": "John Victor",
}


@pytest.mark.parametrize("key", NO_NAMES)
async def test_what_is_no_name_is_not_taken(talk: Talk, key: str) -> None:
    await talk.say("income certificate", key=key, **INCOME)
    question = talk.said[-1].text
    await talk.say(NO_NAMES[key], key=key, answer={"question": 0.95, "person_name": 0.03})
    assert talk.state.values == {} and talk.state.asked == "applicant_name"
    assert question in talk.text
    assert talk.form.catalogue.phrases["answer_wanted"][key.partition("-")[0]] in talk.text


@pytest.mark.parametrize("key", NAMES)
async def test_a_name_is_taken(talk: Talk, key: str) -> None:
    await talk.say("income certificate", key=key, **INCOME)
    await talk.say(NAMES[key], key=key, answer={"person_name": 0.9, "question": 0.05})
    assert talk.state.values == {"applicant_name": NAMES[key]}
    assert talk.state.asked == "aadhaar_number"


@pytest.mark.parametrize("key", NAMES)
async def test_in_doubt_it_is_asked(talk: Talk, key: str) -> None:
    await talk.say("income certificate", key=key, **INCOME)
    await talk.say(NAMES[key], key=key, answer={"person_name": 0.3, "trouble": 0.6})
    assert talk.state.asked == f"{READ_BACK}applicant_name" and NAMES[key] in talk.text
    await talk.tap("wrong")
    assert talk.state.asked == "applicant_name" and "applicant_name" not in talk.state.values


async def test_who_writes_it_twice_means_it(talk: Talk) -> None:
    await talk.say("income certificate", **INCOME)
    for _ in range(2):
        await talk.say("Sunday", answer={"person_name": 0.05, "trouble": 0.9})
    assert talk.state.values == {"applicant_name": "Sunday"}


async def test_where_any_words_will_do_nothing_is_judged(talk: Talk) -> None:
    """A village has whatever name it has."""
    assert "place_text" not in talk.form.settings.answers.labels
