"""What officers say reaches the outbox: in order, each once, in the citizen's language."""

from __future__ import annotations

import asyncio

import pytest

from actions.citizens.handover_talk import NOBODY, SENT, WAITS
from actions.desk.place import Desk
from tests.desk.outbox import CITIZEN, ENERGY, Outbox, opened


def said(desk: Desk, number: str, *texts: str) -> None:
    for text in texts:
        desk.cases.say(number, ENERGY, text, f"name-{text}-0001")


async def test_in_order_and_once(desk: Desk, outbox: Outbox) -> None:
    """However many deliver at once: the handler, the background, other servers."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    said(desk, number, "one", "two", "three")
    await asyncio.gather(*(desk.delivery.deliver(which) for which in (number, None, number)))
    assert outbox.texts[1:] == ["one", "two", "three"]
    assert {one.citizen for one in outbox.taken.values()} == {CITIZEN}
    assert desk.handovers.talk.unsent() == []


async def test_what_was_taken_before_a_crash_goes_once(desk: Desk, outbox: Outbox) -> None:
    """The outbox has it, and the server died before it noted so."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    said(desk, number, "one")
    await desk.delivery.deliver()
    for entry in desk.handovers.talk.last(number):
        if entry.sending == SENT:
            desk.handovers.talk.sent(entry.id, WAITS)
    said(desk, number, "two")
    assert await desk.delivery.deliver()
    assert outbox.texts[1:] == ["one", "two"]


async def test_while_the_outbox_is_away_it_waits(desk: Desk, outbox: Outbox) -> None:
    number, other = opened(desk.handovers), opened(desk.handovers, "n2", "109:IN.other")
    for one in (number, other):
        desk.cases.claim(one, ENERGY)
    said(desk, number, "one")
    outbox.broken = True
    assert not await desk.delivery.deliver()
    assert not outbox.taken and len(desk.handovers.talk.unsent()) == 3
    outbox.broken = False
    assert await desk.delivery.deliver() and len(outbox.taken) == 3


async def test_a_citizen_whom_nobody_knows_holds_up_nothing(desk: Desk, outbox: Outbox) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    outbox.unknown = True
    assert await desk.delivery.deliver()
    assert desk.handovers.talk.last(number)[-1].sending == NOBODY


async def test_what_was_deleted_is_not_sent(desk: Desk, outbox: Outbox) -> None:
    """Its citizen wanted all of it gone while it waited."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    desk.handovers.erase(CITIZEN)
    assert await desk.delivery.deliver() and not outbox.taken


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_in_the_language_of_today(desk: Desk, outbox: Outbox, language: str) -> None:
    """All that the desk says; no placeholder is left empty, and none is left."""
    outbox.language = language
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    desk.cases.release(number, ENERGY)
    for reason in desk.words.reasons:
        desk.cases.claim(number, ENERGY)
        desk.cases.close(number, ENERGY, reason)
        opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    desk.cases.transfer(number, ENERGY, "revenue", "")
    await desk.delivery.deliver()
    department = desk.catalogue.departments["energy"].title[language]
    revenue = desk.catalogue.departments["revenue"].title[language]
    taken = list(outbox.taken.values())
    assert {one.language for one in taken} == {language}
    assert f"*{department}*" in taken[0].text and f"*{revenue}*" in taken[-1].text
    assert taken[0].buttons[0].title == desk.words.say("menu_button", language)
    for notice in taken:
        assert "{" not in notice.text and "**" not in notice.text and "  " not in notice.text
        assert number in notice.about
    closed = [one for one in taken if one.id.endswith("rating")]
    assert len(closed) == 1 and len(closed[0].buttons) == len(desk.words.ratings)


async def test_an_officers_words_are_not_changed(desk: Desk, outbox: Outbox) -> None:
    """A number to call reaches the citizen whole."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    text = "Call me at 9440011223, *today*"
    desk.cases.say(number, ENERGY, text, "name-0001")
    await desk.delivery.deliver()
    assert outbox.texts[-1] == text
