"""Whichever call of the action server fails in whichever turn: the message is answered when the
worker takes it again, nothing is sent before a yes, and what was confirmed is done once."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.engine import TurnFailed
from tests.conversations.conftest import World

TALKS = {
    "te": ["కరెంటు పోయింది 6123401005678", "బెంజ్ సర్కిల్", "అవును"],
    "te-Latn": ["current poyindi 6123401005678", "Benz circle", "avunu"],
    "hi": ["बिजली चली गई है 6123401005678", "बेंज सर्कल", "हाँ"],
    "hi-Latn": ["bijli chali gayi hai 6123401005678", "Benz circle", "haan"],
    "en": ["power cut complaint 6123401005678", "Benz circle", "yes"],
}
CALLS = 8
"""More than any of the turns makes."""
BREAKS = [(turn, call, after) for turn in range(3) for call in range(CALLS) for after in (0, 1)]
TAPPED = 3
"""The last turn again, with the button instead of words."""
BREAKS += [(TAPPED, call, after) for call in range(CALLS) for after in (0, 1)]


@pytest.mark.parametrize(("turn", "call", "after"), BREAKS)
def test_turn_is_answered_once_it_is_taken_again(
    world: World, turn: int, call: int, after: int
) -> None:
    key = list(TALKS)[(turn + call + after) % len(TALKS)]
    sender = f"fails-{turn}-{call}-{after}"
    world.reset("energy")
    replies: list[Any] = []
    for number, text in enumerate(TALKS[key]):
        last = number == len(TALKS[key]) - 1
        if last and turn == TAPPED:
            text = next(b.id for b in replies[-1].buttons if '"yes"' in b.id)
        here = number == min(turn, len(TALKS[key]) - 1)
        world.door.reset(call if here else None, after=bool(after))
        replies = _as_the_worker(world, text, sender, number)
        assert len(world.writes("energy")) == last, (text, world.door.calls, replies)
    written = world.writes("energy")[0]["reference"]
    assert any(written in reply.text for reply in replies), (written, replies)


def _as_the_worker(world: World, text: str, sender: str, number: int) -> list[Any]:
    for attempt in (1, 2, 3):
        metadata: dict[str, Any] = {
            "inbox_id": f"{sender}:{number}",
            "attempt": attempt,
            "language": None,
        }
        metadata["payload"] = text.startswith("/")
        try:
            return world.turn(text, sender, metadata)
        except TurnFailed:
            continue
    raise AssertionError(f"no answer to {text!r} after {world.door.calls}")


@pytest.mark.parametrize("call", range(4))
def test_request_after_one_whose_end_failed_is_answered(world: World, call: int) -> None:
    """A form that was stopped, but not to its end, once closed every later one as it opened."""
    sender = f"stopped-{call}"
    words = ["కరెంటు పోయింది 6123401005678", "ఆపండి", "కరెంటు పోయింది 6123401005678"]
    for number, text in enumerate(words):
        world.door.reset(call if number == 1 else None)
        replies = _as_the_worker(world, text, sender, number)
    assert "ఎక్కడ" in replies[-1].text, replies
