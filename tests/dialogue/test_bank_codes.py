"""A bank's OTP, PIN or CVV is neither taken nor kept, and the citizen is warned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue import bank_codes
from actions.dialogue.form import Form
from actions.dialogue.state import CODE, State
from nlu.speech.transcript import Reading
from tests.dialogue.talk import Talk, heard

INCOME = {"kind": "route", "intent": "income_certificate"}
CODES = [
    ("te", "నా బ్యాంకు ఓటీపీ 445566"),
    ("te", "ఓటీపీ ౪౪౫౫౬౬ వచ్చింది"),
    ("te", "ఏటీఎం పిన్ 4455"),
    ("te-Latn", "bank otp 445566 vachindi cheppala"),
    ("te-Latn", "atm pin 4455"),
    ("hi", "बैंक का ओटीपी 445566 आया है"),
    ("hi", "एटीएम का पिन 4455 है"),
    ("hi-Latn", "bank ka otp 445566 aaya hai bata du kya"),
    ("hi-Latn", "upi pin 445566"),
    ("en", "my bank otp is 445566"),
    ("en", "445 566 is the OTP"),
    ("en", "the otp is four four five five six six"),
    ("en", "card cvv 445"),
]


def warned(talk: Talk) -> bool:
    """Whether the warning stands in front."""
    said = talk.form.catalogue.phrases["bank_code"][talk.state.language]
    return talk.said[0].text == said


@pytest.mark.parametrize(("key", "words"), CODES)
async def test_a_code_is_warned_about_and_not_kept(talk: Talk, key: str, words: str) -> None:
    """At any question: it comes again, and the state has nothing of the digits."""
    await talk.say("income certificate", key=key, **INCOME)
    assert talk.state.asked == "applicant_name"
    await talk.say(words, key=key)
    assert warned(talk)
    assert talk.state.asked == "applicant_name" and not talk.state.values
    assert "445" not in talk.text and (not talk.state.heard or "445" not in talk.state.heard.text)


@pytest.mark.parametrize(("key", "words"), CODES)
async def test_outside_a_form(talk: Talk, key: str, words: str) -> None:
    await talk.say(words, key=key)
    assert warned(talk) and not talk.open and "445" not in talk.text


async def test_the_number_beside_it_is_taken(talk: Talk) -> None:
    await talk.say("income certificate", **INCOME)
    await talk.say("Ravi Teja")
    await talk.say("my aadhaar number is 499118665246 and my bank otp is 445566")
    assert warned(talk)
    assert talk.state.values["aadhaar_number"] == "499118665246"
    assert "445566" not in talk.state.values.values()


@pytest.mark.parametrize(
    "words",
    [
        "Guntur pin 522001",
        "పిన్ కోడ్ 522001",
        "the otp did not come",
        "6123401005678 otp",
        "OTP raledu, 9848012345",
        "welcome 4455",
        "my aadhaar is 4991 1866 5246, otp did not come",
        "I paid 4500 rupees but the OTP did not come",
        "INC445566 otp",
        "otp on 12-05-2026",
    ],
)
def test_other_numbers_are_no_codes(form: Form, words: str) -> None:
    """A postal code, a service number, a mobile number."""
    assert bank_codes.hidden(State("en"), heard(words), form.settings.bank_codes) is None


def test_a_departments_code_is_one(form: Form) -> None:
    """At its question the digits are the answer."""
    asked = replace(State("en"), service="income_certificate", asked=CODE)
    said = heard("otp 445566")
    assert bank_codes.hidden(asked, said, form.settings.bank_codes) is None


def test_nothing_that_was_understood_has_the_digits(form: Form) -> None:
    """Neither values, nor entities, nor sentences, nor what was heard."""
    part = heard("bank otp 445566", spoken="en")
    said = replace(
        heard("land record, my bank otp is 445566", spoken="en", parts=[part]),
        found={"land_record_1b": {"khata_number": "445566", "village": "X"}},
        entities=({"entity": "khata_number", "value": "445566"},),
    )
    hidden = bank_codes.hidden(State("en"), said, form.settings.bank_codes)
    assert hidden is not None and "445566" not in str(hidden)
    assert hidden.found == {"land_record_1b": {"village": "X"}}


def test_a_sentence_without_the_word_loses_the_digits_too(form: Form) -> None:
    """The word stands in one sentence, the digits in the next or in another reading."""
    parts = [heard("bank otp came"), heard("445566"), heard("my bus ticket 445566")]
    said = replace(
        heard("bank otp came. 445566. my bus ticket", spoken="en", parts=parts),
        found={"grievance_register": {"grievance_text": "it is 445566, they said", "n": "4455667"}},
    )
    readings = (*said.message.readings, Reading("tank of tea came 445566", "hi"))
    said = replace(said, message=replace(said.message, readings=readings))
    hidden = bank_codes.hidden(State("en"), said, form.settings.bank_codes)
    assert hidden is not None
    assert "445566" not in str(hidden).replace("4455667", "")
    assert hidden.found == {"grievance_register": {"n": "4455667"}}


async def test_nothing_of_it_is_kept_between_two_turns(talk: Talk) -> None:
    """Not in the state: neither as words kept for later nor in a request that waits."""
    await talk.say("my bank otp is 445566, money was cut and nobody answers me since Monday")
    assert warned(talk) and "445566" not in str(talk.state)
