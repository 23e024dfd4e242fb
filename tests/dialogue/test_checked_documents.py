"""A photo or PDF of a document whose code was read: the chat says what it is, in a form too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue.state import State
from actions.documents import checker
from actions.documents.checker import Checked
from nlu.turn import Media
from tests.dialogue.talk import Talk, heard

CLIP = "\U0001f4ce"
URL = "https://verify.example.gov.in/c/x#y"
WORDS = {"te": "జనన ధ్రువపత్రం", "hi": "जन्म प्रमाण पत्र", "en": "Birth certificate"}
FOUND = (checker.REAL, checker.ALTERED, checker.NOT_OURS, checker.UNKNOWN, checker.VOID)
BILL = {"intent": "electricity_bill_view", "kind": "route"}


async def send(talk: Talk, found: str, text: str = CLIP, **understood: object) -> None:
    values = ((WORDS, "సాయి తేజ"),) if found == checker.REAL else ()
    document = Checked(found, URL, "k7m2-9x4q", WORDS, WORDS, values)
    carries = {"media": Media("m", "image/jpeg")}
    message = heard(text, key=None, sure=0.0, carries=carries, **understood)  # type: ignore[arg-type]
    await talk._turn(replace(message, checked=document))


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("found", [*FOUND, checker.REPLACED, checker.RUN_OUT])
async def test_what_a_document_is_is_said_with_the_checker(
    talk: Talk, language: str, found: str
) -> None:
    """Each in its own words."""
    talk.state = State(language=language)
    await send(talk, found)
    start = talk.form.catalogue.phrases[f"document_{found}"][language].split("{")[0]
    assert talk.text.startswith(start) and URL in talk.text and "{" not in talk.text
    assert ("సాయి తేజ" in talk.text) is (found == checker.REAL)


async def test_a_form_goes_on_after_it(talk: Talk) -> None:
    """The question comes again, and nothing was wrong."""
    talk.state = State(language="en")
    await talk.say("my bill", key="en", **BILL)
    question = talk.text.rpartition("\n")[2]
    await send(talk, checker.REAL)
    assert "This is real" in talk.text and talk.text.endswith(question)
    assert talk.state.attempts == 0 and talk.open


async def test_words_beside_another_code_are_heard(talk: Talk) -> None:
    """A poster in a photo of garbage has a code, too."""
    talk.state = State(language="en")
    await send(talk, checker.NOT_OURS, "my bill please", **BILL)
    assert talk.state.service == BILL["intent"]
    talk.state = State(language="en")
    await send(talk, checker.REAL, "is this real", **BILL)
    assert "This is real" in talk.text and talk.state.service is None
