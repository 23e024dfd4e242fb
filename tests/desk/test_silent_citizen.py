"""An officer's words to a citizen whom WhatsApp takes no free text for: a template, then the words.

With the real delivery, inbox and outbox; WhatsApp alone is a stand-in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actions.citizens.handover import Handovers
from actions.desk.cases import Officer
from actions.desk.place import Desk
from nlu.catalogue import Catalogue
from nlu.turn import Notice
from tests.desk.outbox import ENERGY, Outbox, record
from tests.inbox.conftest import clock
from tests.inbox.test_notices import LANE, Town, town

__all__ = ["clock", "town"]
WORDS = {
    "te": "లైన్‌మన్ రేపు వస్తారు. 9440011223 కు ఫోన్ చేయండి",
    "hi": "लाइनमैन कल आएँगे। 9440011223 पर फ़ोन कीजिए",
    "en": "The lineman comes tomorrow. Call 9440011223",
}


@pytest.fixture
def reached(few: Catalogue, handovers: Handovers, outbox: Outbox, town: Town) -> Desk:
    """A desk whose words go to the inbox of `town`."""

    async def notify(notice: Notice) -> None:
        await town.tell(notice)

    desk = Desk(few, handovers, outbox, outbox.language_of, None)  # type: ignore[arg-type]
    return replace(desk, notify=notify)


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("told", [{}, {"kind": "grievance", "reference": "PGRS261100001"}])
async def test_a_template_goes_first_and_the_words_follow(
    reached: Desk, town: Town, outbox: Outbox, language: str, told: dict[str, Any]
) -> None:
    """The template shows no number whole; what the officer wrote comes when the citizen writes, in
    its order and before the bot's answer."""
    await town.silent()
    outbox.language = language
    number = reached.handovers.open(LANE, record(**told))
    reached.cases.claim(number, ENERGY)
    reached.cases.say(number, ENERGY, WORDS[language], "name-0001")
    assert await reached.delivery.deliver()
    went = await town.work()
    assert {kind for kind, _ in went} == {"template"}
    shown = "".join(text for _, text in went)
    assert number in shown and "9440011223" not in shown
    await town.write()
    followed = [text for kind, text in await town.work() if kind != "template"]
    assert WORDS[language] in followed and followed[-1] == "echo hi"
    title = reached.catalogue.departments["energy"].title[language]
    assert f"*{title}*" in followed[0]


async def test_in_an_open_window_no_template_goes(reached: Desk, town: Town) -> None:
    await town.write()
    await town.work()
    number = reached.handovers.open(LANE, record())
    reached.cases.claim(number, Officer("e1", frozenset({"energy"})))
    reached.cases.say(number, ENERGY, WORDS["te"], "name-0001")
    assert await reached.delivery.deliver()
    assert [kind for kind, _ in await town.work()] == ["buttons", "text"]
