"""The live model beside itself: whatever way its words take to the shadow, it decides alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.inbox.shadow import Candidate
from api.live_engine import Serving, load_release
from api.shadow.feed import Feed
from api.shadow.sample import Asked
from api.shadow.understander import Understander
from nlu.registry import live_release
from nlu.settings.settings import ShadowSettings
from nlu.speech.transcript import Reading
from nlu.turn import Message
from tests.processes import ROOT
from tests.shadow.conftest import FIVE, turned

pytestmark = pytest.mark.slow
SAID = [
    *((text, key.split("-")[0]) for key, text in FIVE.items()),
    *((f"{text} 6123401005678", None) for text in FIVE.values()),
    ("book a bus to Tirupati tomorrow, my number is 98480 12345", "en"),
    ("నా ఆధార్ 4321 8765 2109, రేషన్ కార్డు కావాలి", "te"),
    ("/menu please", "en"),
    ("नमस्ते", "hi"),
    ("who will win the election", None),
    ("AP09AB1234 challan kattali", "te"),
]


@pytest.fixture(scope="module")
def serving() -> Serving:
    settings = ShadowSettings.read()
    return load_release(live_release(ROOT / "models"), settings)


async def test_a_model_does_not_differ_from_itself(serving: Serving) -> None:
    from nlu.engine.rasa_engine import Question

    engine: Any = serving.engine
    feed = Feed(100, None)  # type: ignore[arg-type]
    feed.candidate = Candidate(1, engine.model_id, engine.model_id)
    heard = [Message(text, "1:2", f"m{n}", language) for n, (text, language) in enumerate(SAID)]
    readings = (Reading(FIVE["te"], "te", 0.7), Reading(FIVE["hi"], "hi", 0.2))
    heard.append(Message(FIVE["te"], "1:2", "voice", readings=readings))
    questions = [Question(one.text, one.language, one.readings, apart=True) for one in heard]
    found = await asyncio.to_thread(engine._understand, questions)
    asked = []
    for message, understood in zip(heard, found):
        [sample] = feed.samples(message, turned(engine._told(understood)))
        asked.append(Asked.of(sample.payload))
    understander = Understander(ShadowSettings.read())
    understander._live.loaded = serving
    did = await understander.understand(asked)
    apart = [
        (one.item.text, one.item.did, other.action)
        for one, other in zip(asked, did)
        if one.item.did != other.action
    ]
    assert apart == []
    assert {one.item.did.partition(":")[0] for one in asked} >= {"route", "conversation"}
