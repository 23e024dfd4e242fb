"""A village is no town: it is told whom to ask, and its district's name is not taken for one."""

from __future__ import annotations

import pytest

from tests.dialogue.talk import Talk

GARBAGE = {"kind": "route", "intent": "garbage_complaint"}
WHOM = {"te": "పంచాయతీ", "hi": "पंचायत", "en": "panchayat"}


async def at_the_town(talk: Talk, key: str) -> str:
    """The question for the municipality is open."""
    await talk.say("garbage complaint", key=key, **GARBAGE)
    assert talk.state.asked == "ulb_name"
    return talk.text


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "కొల్లిపర గ్రామం, గుంటూరు జిల్లా"),
        ("te", "మాది గ్రామం"),
        ("te", "పల్లెటూరు"),
        ("te-Latn", "kollipara gramam, guntur jilla"),
        ("te-Latn", "maadi palle"),
        ("te-Latn", "memu pallelo untam"),
        ("hi", "यह तो गाँव है"),
        ("hi", "कोल्लिपरा गाँव, गुंटूर ज़िला"),
        ("hi-Latn", "yeh to gaon hai"),
        ("en", "It is a village"),
        ("en", "Kollipara village, Guntur district"),
    ],
)
async def test_a_village_is_told_whom_to_ask(talk: Talk, key: str, words: str) -> None:
    """In one sentence; the question stays and no attempt is counted."""
    await at_the_town(talk, key)
    await talk.say(words, key=key)
    assert WHOM[key.split("-")[0]] in talk.said[0].text
    assert talk.state.asked == "ulb_name" and talk.state.attempts == 0
    assert "ulb_name" not in talk.state.values


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "గ్రామం కాదు, తెనాలి మున్సిపాలిటీ"),
        ("te-Latn", "gramam kaadu tenali"),
        ("hi", "गाँव नहीं, तेनाली शहर"),
        ("hi-Latn", "gaon nahi, tenali"),
        ("en", "not a village, Tenali"),
        ("en", "Tenali, Guntur district"),
        ("en", "Guntur jilla Tenali"),
    ],
)
async def test_a_town_is_taken(talk: Talk, key: str, words: str) -> None:
    """A village that is denied is none, and a district beside the town is not it."""
    await at_the_town(talk, key)
    await talk.say(words, key=key)
    assert talk.state.values["ulb_name"] == "tenali"


async def test_another_service_is_no_village(talk: Talk) -> None:
    """Who asks for something else in the village is not told about the town."""
    await at_the_town(talk, "en")
    power = {"kind": "route", "intent": "electricity_outage_schedule", "confidence": 0.97}
    await talk.say("there is no power in my village since morning", **power)
    assert "panchayat" not in talk.text
