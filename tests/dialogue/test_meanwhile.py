"""A citizen is told once that a department takes its time, in their language, before its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from actions.departments import OperationResult
from actions.news.meanwhile import Meanwhile
from actions.news.notices import NoticeRefused, UnknownCitizen
from nlu.catalogue import Catalogue
from nlu.turn import Notice

ANSWER = OperationResult("ok", {"amount": "845"})


@dataclass
class Town:
    """A department that answers when it is told to, and an outbox."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: Exception | None = None
    order: list[str] = field(default_factory=list)
    taken: list[Notice] = field(default_factory=list)
    given_up: bool = False

    async def ask(self) -> OperationResult:
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        self.order.append("answer")
        return ANSWER

    async def notify(self, notice: Notice) -> None:
        if self.trouble is not None:
            self.answers.set()
            raise self.trouble
        self.answers.set()
        await asyncio.sleep(0.01)  # the department answers meanwhile
        self.order.append("word")
        self.taken.append(notice)

    async def turn(
        self, catalogue: Catalogue, language: str = "te", turn: str = "m-1", after: float = 0.01
    ) -> OperationResult:
        result = await Meanwhile(catalogue, self.notify, after).told(
            self.ask(),
            citizen="91984",
            turn=turn,
            service="electricity_bill_view",
            language=language,
        )
        self.order.append("told")
        return result


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_slow_answer_is_announced_in_the_citizens_language(
    catalogue: Catalogue, language: str
) -> None:
    town = Town()
    assert await town.turn(catalogue, language) == ANSWER
    [notice] = town.taken
    assert (notice.citizen, notice.language) == ("91984", language)
    assert notice.about == catalogue.services["electricity_bill_view"].title[language]
    assert notice.text == catalogue.phrases["working"][language]


async def test_word_is_in_the_outbox_before_the_answer_goes_back(catalogue: Catalogue) -> None:
    town = Town()
    await town.turn(catalogue)
    assert town.order == ["answer", "word", "told"]


async def test_quick_answer_is_not_announced(catalogue: Catalogue) -> None:
    town = Town()
    town.answers.set()
    assert await town.turn(catalogue, after=60) == ANSWER
    assert town.taken == []


async def test_same_message_has_the_same_word_and_another_one_another(catalogue: Catalogue) -> None:
    ids = []
    for turn in ("m-1", "m-1", "m-2"):
        town = Town()
        await town.turn(catalogue, turn=turn)
        ids.append(town.taken[0].id)
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("trouble", [NoticeRefused("ConnectError"), UnknownCitizen()])
async def test_word_that_nobody_takes_costs_no_answer(
    catalogue: Catalogue, trouble: Exception
) -> None:
    town = Town(trouble=trouble)
    assert await town.turn(catalogue) == ANSWER


async def test_turn_that_is_given_up_gives_up_the_call(catalogue: Catalogue) -> None:
    town = Town()
    turn = asyncio.ensure_future(town.turn(catalogue, after=60))
    await asyncio.sleep(0.01)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await asyncio.sleep(0)
    assert town.given_up and town.taken == []
