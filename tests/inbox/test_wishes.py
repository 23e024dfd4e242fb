"""STOP, START and "delete my data" as the store carries them out, with the answer to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from nlu.turn import ERASE, NEWS_OFF, NEWS_ON, Reply
from tests.inbox.test_notices import DAY, LANE, NEWS, TOLD, Town
from tests.inbox.worker_fakes import (
    Clock,
    rows,
)


@pytest_asyncio.fixture
async def town(tmp_path: Path, clock: Clock) -> AsyncIterator[Town]:
    """Somebody who has written once."""
    found = Town(tmp_path / "wishes.sqlite", clock)
    await found.write()
    await found.work()
    yield found
    await found.store.close()


async def wish(town: Town, act: str) -> None:
    """The citizen writes, and the dialogue's reply asks for an act."""
    await town.write(act)
    [claim] = await town.store.claim("w")
    await town.store.ack(claim, (), "en", "7", (act,))


async def test_no_news_until_they_are_wanted(town: Town) -> None:
    """They wait, whatever is written meanwhile, and come when they are wanted again."""
    await wish(town, NEWS_OFF)
    assert await town.tell(NEWS)
    assert await town.work() == []
    await town.write("a question")
    assert TOLD not in [text for _, text in await town.work()]
    await wish(town, NEWS_ON)
    assert TOLD in [text for _, text in await town.work()]


async def test_no_template_goes_after_a_day(town: Town, clock: Clock) -> None:
    """A template is a message of our own accord, too."""
    await wish(town, NEWS_OFF)
    clock.now += 2 * DAY
    assert await town.tell(NEWS)
    assert await town.work() == []


async def test_news_on_their_way_are_held_back(town: Town) -> None:
    """What has not gone yet does not go."""
    await town.tell(NEWS)
    await wish(town, NEWS_OFF)
    assert TOLD not in [text for _, text in await town.work()]


async def test_a_word_while_an_answer_is_made_still_comes(town: Town) -> None:
    """It is part of the answer: the citizen waits for it."""
    await wish(town, NEWS_OFF)
    await town.write("my bill")
    await town.tell(replace(NEWS, id="working-1"))
    assert TOLD in [text for _, text in await town.work()]


async def test_a_person_whom_they_talk_with_is_no_news(town: Town) -> None:
    """They asked for the person; and nothing stands above what is said in a talk."""
    await wish(town, NEWS_OFF)
    await town.tell(replace(NEWS, talk=True))
    assert NEWS.text in [text for _, text in await town.work()]


async def test_others_get_their_news(town: Town) -> None:
    """The wish is one citizen's; done twice it is the same."""
    await wish(town, NEWS_OFF)
    await wish(town, NEWS_OFF)
    await wish(town, NEWS_ON)
    await town.tell(NEWS)
    assert TOLD in [text for _, text in await town.work()]


async def test_what_is_kept_of_a_citizen_is_deleted(town: Town) -> None:
    """Tracker, buttons, language, words; the address stays, and what is owed."""
    await wish(town, NEWS_OFF)
    assert await town.store.tracker(LANE) == "7"
    await town.tell(NEWS)
    await wish(town, ERASE)
    assert await town.store.tracker(LANE) is None
    citizen = await town.store.citizen(LANE)
    assert citizen.known and citizen.language is None and citizen.phone
    words = "SELECT COUNT(*) FROM inbox WHERE lane = ? AND payload != ''"
    assert rows(town.store, words, (LANE,))[0][0] == 0
    assert rows(town.store, "SELECT COUNT(*) FROM choices WHERE lane = ?", (LANE,))[0][0] == 0
    await wish(town, NEWS_ON)
    assert TOLD in [text for _, text in await town.work()]


def test_a_reply_carries_its_act() -> None:
    """From the dialogue to the worker."""
    reply = Reply("Okay.", act=ERASE)
    assert Reply.from_json(reply.as_json()) == reply
