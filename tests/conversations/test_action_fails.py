"""Whichever call of the action server fails in whichever turn: the message is answered when the
worker takes it again, nothing is sent before a yes, and what was confirmed is done once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from nlu.engine.reply import TurnFailed
from tests.conversations.conftest import World

TALKS = {
    "te": ["కరెంటు పోయింది 6123401005678", "బెంజ్ సర్కిల్", "అవును"],
    "te-Latn": ["current poyindi 6123401005678", "Benz circle", "avunu"],
    "hi": ["बिजली चली गई है 6123401005678", "बेंज सर्कल", "हाँ"],
    "hi-Latn": ["bijli chali gayi hai 6123401005678", "Benz circle", "haan"],
    "en": ["power cut complaint 6123401005678", "Benz circle", "yes"],
}
TAPPED = 3
"""The last turn again, with the button instead of words."""


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("turn", [0, 1, 2, TAPPED])
def test_turn_is_answered_once_it_is_taken_again(world: World, turn: int, after: int) -> None:
    for call in itertools.count():
        key = list(TALKS)[(turn + call + after) % len(TALKS)]
        sender = f"fails-{turn}-{call}-{after}"
        world.reset("energy")
        replies: list[Any] = []
        broke = False
        for number, text in enumerate(TALKS[key]):
            last = number == len(TALKS[key]) - 1
            if last and turn == TAPPED:
                text = next(b.id for b in replies[-1].buttons if '"yes"' in b.id)
            here = number == min(turn, len(TALKS[key]) - 1)
            world.door.reset(call if here else None, after=bool(after))
            replies = _as_the_worker(world, text, sender, number)
            broke = broke or world.door.broke
            assert len(world.writes("energy")) == last, (text, world.door.calls, replies)
        written = world.writes("energy")[0]["reference"]
        assert any(written in reply.text for reply in replies), (written, replies)
        if not broke:  # the turn makes no more calls
            break
    assert call > 1, "no call of this turn has failed"


YES = {"te": "అవును", "te-Latn": "avunu", "hi": "हाँ", "hi-Latn": "haan", "en": "yes"}
ASKED, TOLD = 3, 4
"""The turns that end with the question for a code, and that tell it."""


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("turn", [ASKED, TOLD])
def test_code_is_sent_once_and_opens_one_write_whatever_fails(
    world: World, turn: int, after: int
) -> None:
    """A department has used the code up when the call that told it failed after its work."""
    stranger = {"phone": "919300000999"}
    for call in itertools.count():
        key = list(YES)[(turn + call + after) % len(YES)]
        sender = f"code-{turn}-{call}-{after}"
        world.reset("energy")
        before = len(world.sms())
        choose = '/choose{"service": "electricity_mobile_update"}'
        broke = False
        for number, text in enumerate([choose, "6123401005678", "9849011223", YES[key], ""]):
            world.door.reset(call if number == turn else None, after=bool(after))
            said = text or f"code {world.code()}"
            more = stranger | ({"language": key[:2]} if text == choose else {})
            replies = _as_the_worker(world, said, sender, number, **more)
            broke = broke or world.door.broke
            done = (said, world.door.calls, replies)
            assert len(world.writes("energy")) == (number == TOLD), done
            assert len(world.sms()) - before == (number >= ASKED), done
        written = world.writes("energy")[0]["reference"]
        assert any(written in reply.text for reply in replies), (written, replies)
        if not broke:
            break
    assert call > 1, "no call of this turn has failed"


def _metadata(sender: str, number: int, attempt: int, text: str) -> dict[str, Any]:
    return {
        "inbox_id": f"{sender}:{number}",
        "attempt": attempt,
        "language": None,
        "payload": text.startswith("/"),
    }


def _as_the_worker(world: World, text: str, sender: str, number: int, **more: Any) -> list[Any]:
    for attempt in (1, 2, 3):
        try:
            return world.turn(text, sender, _metadata(sender, number, attempt, text) | more)
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


@pytest.mark.parametrize("then", NEXT)
@pytest.mark.parametrize("ended", ENDED)
def test_message_after_a_request_whose_end_failed_is_answered(
    world: World, ended: str, then: str
) -> None:
    """Where the form is left open without a request, or was stopped but not to its end."""
    _ends(world, ended, f"{ended}-{then}", None)
    calls = len(world.door.calls)
    assert calls > 1, world.door.calls
    text, says = NEXT[then]
    for call in range(1, calls):
        sender = f"{ended}-{then}-{call}"
        answered = _ends(world, ended, sender, call)
        assert world.door.broke, (call, world.door.calls)
        if ended == "department down":
            _department_works(world, sender)
        world.door.reset()
        replies = world.turn(text, sender, _metadata(sender, 9, 1, text))
        assert replies, world.door.calls
        if ended != "stopped" or answered:  # else nothing was stopped: the form goes on
            assert says in "\n".join(reply.text for reply in replies), replies


def _ends(world: World, ended: str, sender: str, call: int | None) -> bool:
    """A request up to its end, of which that call fails. Says whether the end was answered."""
    *before, last = ENDED[ended]
    world.door.reset()
    for number, text in enumerate(before):
        assert world.turn(text, sender, _metadata(sender, number, 1, text))
    if ended == "department down":
        world.fault("energy", "down")
    world.door.reset(call)
    try:
        return bool(world.turn(last, sender, _metadata(sender, len(before), 1, last)))
    except TurnFailed:
        return False
    finally:
        world.fault("energy", "none")


def _department_works(world: World, sender: str) -> None:
    """One call that succeeds: failures in a row would have the department spared for a while, and
    later tests with it."""
    world.door.reset()
    sender, text = f"{sender}-after", "6123401005678 కరెంటు బిల్లు ఎంత వచ్చింది"
    (reply, *_) = world.turn(text, sender, _metadata(sender, 0, 1, text))
    assert "845" in reply.text
