"""Whichever turn's call of the action server fails: the message is answered when the worker takes
it again, nothing is sent before a yes, and what was confirmed is done once."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.turn import TurnFailed
from tests.conversations.conftest import World

TALKS = {
    "te": ["కరెంటు పోయింది 6123401005678", "బెంజ్ సర్కిల్", "అవును"],
    "te-Latn": ["current poyindi 6123401005678", "Benz circle", "avunu"],
    "hi": ["बिजली चली गई है 6123401005678", "बेंज सर्कल", "हाँ"],
    "hi-Latn": ["bijli chali gayi hai 6123401005678", "Benz circle", "haan"],
    "en": ["power cut complaint 6123401005678", "Benz circle", "yes"],
}
BREAKS = [(turn, after) for turn in range(4) for after in (False, True)]
TAPPED = 3
"""The last turn again, with the button instead of words."""


@pytest.mark.parametrize("key", TALKS)
@pytest.mark.parametrize(("turn", "after"), BREAKS)
def test_turn_is_answered_once_it_is_taken_again(
    world: World, turn: int, after: bool, key: str
) -> None:
    sender = f"fails-{turn}-{after}-{key}"
    world.reset("energy")
    replies: list[Any] = []
    for number, text in enumerate(TALKS[key]):
        last = number == len(TALKS[key]) - 1
        if last and turn == TAPPED:
            text = next(b.payload for b in replies[-1].buttons if '"yes"' in b.payload)
        here = number == min(turn, len(TALKS[key]) - 1)
        world.door.reset(0 if here else None, after=after)
        replies = _as_the_worker(world, text, sender, number)
        assert len(world.door.calls) == 1 + here, world.door.calls
        assert len(world.writes("energy")) == last, (text, world.door.calls, replies)
    written = world.writes("energy")[0]["reference"]
    assert any(written in reply.text for reply in replies), (written, replies)


YES = {"te": "అవును", "te-Latn": "avunu", "hi": "हाँ", "hi-Latn": "haan", "en": "yes"}
ASKED, TOLD = 3, 4
"""The turns that end with the question for a code, and that tell it."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("turn", [ASKED, TOLD])
@pytest.mark.parametrize("key", YES)
def test_code_is_sent_once_and_opens_one_write_whatever_fails(
    world: World, key: str, turn: int, after: bool
) -> None:
    """A department has used the code up when the call that told it failed after its work."""
    sender, stranger = f"code-{key}-{turn}-{after}", {"phone": "919300000999"}
    world.reset("energy")
    before = len(world.sms())
    choose = '/choose{"service": "electricity_mobile_update"}'
    talk = [choose, "6123401005678", "9849011223", YES[key], ""]
    for number, text in enumerate(talk):
        world.door.reset(0 if number == turn else None, after=after)
        said = text or f"code {world.code()}"
        more = stranger | ({"language": key[:2]} if text == choose else {})
        replies = _as_the_worker(world, said, sender, number, **more)
        assert len(world.door.calls) == 1 + (number == turn), world.door.calls
        assert len(world.writes("energy")) == (number == TOLD), (said, world.door.calls, replies)
        assert len(world.sms()) - before == (number >= ASKED), (said, world.door.calls, replies)
    written = world.writes("energy")[0]["reference"]
    assert any(written in reply.text for reply in replies), (written, replies)


def _turn(world: World, text: str, sender: str, number: int, **more: Any) -> list[Any]:
    return world.turn(text, sender, id=f"{sender}:{number}", tapped=text.startswith("/"), **more)


def _as_the_worker(world: World, text: str, sender: str, number: int, **more: Any) -> list[Any]:
    for _ in range(3):
        try:
            return _turn(world, text, sender, number, **more)
        except TurnFailed:
            continue
    raise AssertionError(f"no answer to {text!r} after {world.door.calls}")


ENDED = {
    "stopped": ["కరెంటు పోయింది 6123401005678", "ఆపండి"],
    "nothing found": ["బస్ పాస్ 2617640192 రెన్యూ చేయాలి"],
    "department down": ["6123401005678 కరెంటు బిల్లు కట్టాలి"],
}
NEXT = {
    "another service": ("కరెంటు పోయింది 6123401005678", "ఎక్కడ"),
    "the same again": ("6123401005678 కరెంటు బిల్లు కట్టాలి", "845"),
    "a greeting": ("నమస్కారం", ""),
    "nonsense": ("బిర్యానీ వండటం ఎలా", ""),
    "a tapped service": ('/choose{"service": "electricity_bill_view"}', "సర్వీస్ నంబరు"),
    "a tapped language": ('/language{"language": "hi"}', "हिन्दी"),
    "a tapped menu": ("/menu{}", "విభాగ"),
    "an old button": ('/answer{"value": "yes", "nonce": "0"}', ""),
}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("then", NEXT)
@pytest.mark.parametrize("ended", ENDED)
def test_message_after_a_turn_that_failed_is_answered(
    world: World, ended: str, then: str, after: bool
) -> None:
    """The turn that would have ended a request was given up: nothing of it is kept."""
    sender = f"{ended}-{then}-{after}"
    text, says = NEXT[then]
    words = [*ENDED[ended], text]
    down = ended == "department down"
    for number, word in enumerate(words):
        end = number == len(words) - 2
        world.door.reset(0 if end else None, after=after)
        if end:
            if down:
                world.fault("energy", "down")
            with pytest.raises(TurnFailed):
                _turn(world, word, sender, number)
            if down:
                _works_again(world, f"{sender}-after")
            continue
        replies = _turn(world, word, sender, number)
        assert replies, word
    if ended != "stopped":  # there the form goes on
        assert says in "\n".join(reply.text for reply in replies), replies


def _works_again(world: World, sender: str) -> None:
    """One call that succeeds: failures in a row would have the department spared for a while, and
    later tests with it."""
    world.door.reset()
    world.fault("energy", "none")
    text = "6123401005678 కరెంటు బిల్లు ఎంత వచ్చింది"
    (reply, *_) = _turn(world, text, sender, 0)
    assert "845" in reply.text
