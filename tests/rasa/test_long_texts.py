"""Long texts are understood beside the others: nobody with a sentence waits for who sends pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from benchmarks.longest_texts import kinds, ordinary
from nlu.catalogue import shared_catalogue
from tests.processes import ROOT
from tests.rasa.conftest import Town

PAGES = list(kinds(2000, "beside").values())
SHORT = {
    "te": "నా కరెంటు బిల్లు ఎంత",
    "te-Latn": "naa ration card status cheppandi",
    "hi": "मेरा बिजली का बिल दिखाओ",
    "hi-Latn": "aadhaar se pension kab aayegi",
    "en": "how much is my property tax",
}


@pytest.mark.parametrize("key", SHORT)
def test_sentence_is_understood_while_pages_are(
    town: Town, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages are held until the sentence is answered: in one line that would never be."""
    answered, run = threading.Event(), town.engine.path.run

    def held(messages: Sequence[Any]) -> list[Any]:
        if any(len(message.text) > 1000 for message in messages):
            assert answered.wait(30)
        return run(messages)

    async def both() -> tuple[Any, Any]:
        pages = asyncio.ensure_future(town.engine.parse(f"{key} " + PAGES[0]))
        await asyncio.sleep(0)
        sentence = await town.engine.parse(SHORT[key])
        answered.set()
        return sentence, await pages

    monkeypatch.setattr(town.engine.path, "run", held)
    sentence, pages = town.run(both())
    assert sentence["language"]["key"] == key
    assert pages["text"].startswith(key)


def test_both_at_once_are_understood_as_alone(town: Town) -> None:
    """The components of a model are shared by the two threads."""
    known = ordinary(shared_catalogue(ROOT / "data"), 40 * len(PAGES), "beside").split(" ")
    sentences = [" ".join(known[at : at + 6]) for at in range(0, len(known), 6)]

    async def at_once() -> list[Any]:
        asked = [town.engine.parse(text) for pair in zip(PAGES, sentences) for text in pair]
        return await asyncio.gather(*asked)

    for together in town.run(at_once()):
        alone = town.run(town.engine.parse(together["text"]))
        assert {**together, "elapsed_ms": 0} == {**alone, "elapsed_ms": 0}
