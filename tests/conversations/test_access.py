"""Who writes from another number is asked for a code, by Rasa and the sandbox as they are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from nlu.catalogue import shared_catalogue
from tests.conversations.conftest import World
from tests.processes import ROOT

PHRASES = shared_catalogue(ROOT / "data").phrases
BILL = {
    "te": "నా కరెంటు బిల్లు చూపించండి 6123401005678",
    "te-Latn": "naa current bill chupinchandi 6123401005678",
    "hi": "मेरा बिजली का बिल दिखाओ 6123401005678",
    "hi-Latn": "mera bijli ka bill dikhao 6123401005678",
    "en": "show my electricity bill 6123401005678",
}
SAID = {
    "te": "కోడ్ {} అండి",
    "te-Latn": "code {} andi",
    "hi": "कोड {} है",
    "hi-Latn": "code {} hai",
    "en": "the code is {}",
}
_SERIAL = itertools.count(919300000001)


class Stranger:
    """A citizen with a number of their own, nowhere on record."""

    def __init__(self, world: World) -> None:
        self.world, self.phone = world, str(next(_SERIAL))
        self.lane = f"109876543210987:IN.{self.phone}"
        self.turns = 0

    def say(self, text: str, **more: Any) -> str:
        """What is answered."""
        return "\n".join(reply.text for reply in self.replies(text, **more))

    def replies(self, text: str, **more: Any) -> list[Any]:
        """The messages that are answered."""
        self.turns += 1
        said = {"id": f"{self.lane}-{self.turns}", "phone": self.phone}
        return self.world.turn(text, self.lane, **{**said, **more})


@pytest.fixture()
def stranger(world: World) -> Iterator[Stranger]:
    world.reset("energy")
    yield Stranger(world)
    world.reset("energy")


def begins(name: str, language: str) -> str:
    """A phrase up to its first field."""
    return PHRASES[name][language].split("{")[0]


@pytest.mark.parametrize("key", BILL)
def test_bill_is_shown_to_who_tells_the_code(stranger: Stranger, key: str) -> None:
    language = key[:2]
    asked = stranger.say(BILL[key])
    assert begins("code_prompt", language) in asked and "2345" in asked
    assert "845" not in asked
    wrong = stranger.say("".join(str(9 - int(digit)) for digit in stranger.world.code()))
    assert begins("code_wrong", language) in wrong
    told = stranger.say(SAID[key].format(stranger.world.code()))
    assert "845" in told and "Venkata Rao" in told


def test_payment_is_looked_up_confirmed_and_opened_with_one_code(stranger: Stranger) -> None:
    # A bill of its own: until this payment ends, nobody else can pay it.
    asked = stranger.say("I want to pay my electricity bill 6123401005679")
    assert begins("code_prompt", "en") in asked
    shown = stranger.say(stranger.world.code("919963012340"))
    assert "Rama Devi" in shown
    (paying,) = [reply.link for reply in stranger.replies("yes") if reply.link]
    assert "/pay/" in paying.url


def test_write_is_done_once_after_its_code(stranger: Stranger) -> None:
    choose = '/choose{"service": "electricity_mobile_update"}'
    assert stranger.say(choose, tapped=True, language="en")
    stranger.say("6123401005678")
    stranger.say("9849011223")
    asked = stranger.say("yes")
    assert begins("code_prompt", "en") in asked
    assert stranger.world.writes("energy") == []
    stranger.say(stranger.world.code())
    assert len(stranger.world.writes("energy")) == 1


def test_code_is_in_no_file_of_the_conversation(stranger: Stranger) -> None:
    stranger.say(BILL["en"])
    code = stranger.world.code()
    stranger.say(f"the code is {code}")
    assert code not in (stranger.world.engine.tracker(stranger.lane) or code)


def test_whom_whatsapp_names_without_a_number_is_told_so(stranger: Stranger) -> None:
    stranger.phone = ""
    assert "not told your number" in stranger.say(BILL["en"])
