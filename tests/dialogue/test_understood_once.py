"""What the pipeline found in the words that begin a service is what the form begins with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue.state import read_state
from actions.dialogue.turns import turn
from tests.dialogue.talk import Department, Talk, heard, tapped

SERVICE, OTHER = "income_certificate", "ews_certificate"
SAID = {
    "te": "నా పేరు రవి కుమార్ ఆదాయ ధ్రువపత్రం కావాలి",
    "te-Latn": "naa peru ravi kumar income certificate kavali",
    "hi": "मेरा नाम रवि कुमार है आय प्रमाण पत्र चाहिए",
    "hi-Latn": "mera naam ravi kumar hai income certificate chahiye",
    "en": "I am Ravi Kumar and want an income certificate",
}
NAME = {"applicant_name": "Ravi Kumar"}
"""No rule finds a name in a message: only the tagger of profile `full` can."""


@pytest.mark.parametrize("key", SAID)
async def test_what_the_tagger_found_is_not_asked_again(talk: Talk, key: str) -> None:
    message = replace(
        heard(SAID[key], key=key, intent=SERVICE, kind="route"), found={SERVICE: NAME}
    )
    step = await turn(talk.form, talk.state, message, Department().execute)
    assert step.state.values["applicant_name"] == "Ravi Kumar"
    assert step.state.asked and step.state.asked != "applicant_name"


@pytest.mark.parametrize("key", SAID)
async def test_it_waits_with_the_words_until_the_service_is_chosen(talk: Talk, key: str) -> None:
    """For each of the services that are offered, and through the tracker."""
    message = replace(
        heard(SAID[key], key=key, kind="clarify"),
        options=(SERVICE, OTHER),
        found={SERVICE: NAME, OTHER: {}},
    )
    step = await turn(talk.form, talk.state, message, Department().execute)
    for service, asked_for_name in ((SERVICE, False), (OTHER, True)):
        state = read_state(step.state.as_json(), default_language="te", saved=None)
        assert "Ravi" not in str(step.state.as_json())
        button = next(b for b in step.replies[-1].buttons if f'"{service}"' in b.payload)
        chosen = await turn(talk.form, state, tapped(button.payload, "m2"), Department().execute)
        assert chosen.state.service == service
        assert (chosen.state.asked == "applicant_name") == asked_for_name
