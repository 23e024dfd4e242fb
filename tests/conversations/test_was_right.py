"""The question whether it was what was meant, in real conversations: model, action server, HTTP."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from actions.dialogue.was_right import in_share, rules
from nlu.turn import Misunderstood, Reply
from tests.conversations.conftest import World

PERCENT = 0.01
NUMBER = "6123401005678"
BILL = {
    "te": (f"నా కరెంటు బిల్లు ఎంత {NUMBER}", "te"),
    "te-Latn": (f"naa current bill entha {NUMBER}", "te"),
    "hi": (f"मेरा बिजली का बिल कितना है {NUMBER}", "hi"),
    "hi-Latn": (f"mera bijli ka bill kitna hai {NUMBER}", "hi"),
    "en": (f"how much is my electricity bill {NUMBER}", "en"),
}
NO = {"te": "కాదు", "te-Latn": "kaadu", "hi": "नहीं", "hi-Latn": "nahi", "en": "no"}


def sampled(name: str) -> str:
    """The id of a message that is of the share."""
    return next(one for one in (f"{name}:{n}" for n in itertools.count()) if in_share(one, PERCENT))


def say(world: World, text: str, sender: str, id: str, **more: Any) -> list[Reply]:
    return world.turn(text, sender, id=id, **more)


def asked(world: World, key: str, name: str) -> tuple[str, list[Reply]]:
    """A citizen who wants nothing remembered, and is asked after their second bill."""
    sender, (text, _) = f"was-right-{name}-{key}", BILL[key]
    first = say(world, text, sender, f"{sender}:first")
    consent = [b.payload for one in first for b in one.buttons if "refuse" in b.payload]
    if consent:
        say(world, consent[0], sender, f"{sender}:refuse", tapped=True)
    return sender, say(world, text, sender, sampled(sender))


@pytest.mark.parametrize("key", BILL)
def test_asked_in_the_language_of_the_citizen_and_denied(world: World, key: str) -> None:
    sender, replies = asked(world, key, "no")
    language = BILL[key][1]
    assert replies[-1].text.endswith(rules().question[language]), replies
    assert [one.title for one in replies[-1].buttons][-1] == rules().wrong_button[language]
    no = say(world, replies[-1].buttons[-1].payload, sender, f"{sender}:no", tapped=True)
    assert no[0].text.startswith(rules().wrong[language])
    told = world.engine.misunderstood(sender)
    assert told == Misunderstood("corrected", BILL[key][0], key=key)
    assert no[-1].buttons
    again = say(world, BILL[key][0], sender, sampled(f"{sender}:again"))
    assert all(rules().question[language] not in one.text for one in again)


@pytest.mark.parametrize("key", BILL)
def test_denied_in_words(world: World, key: str) -> None:
    sender, _ = asked(world, key, "words")
    no = say(world, NO[key], sender, f"{sender}:no")
    assert no[0].text.startswith(rules().wrong[BILL[key][1]]), no


@pytest.mark.parametrize("key", BILL)
def test_who_goes_on_is_heard_as_ever(world: World, key: str) -> None:
    sender, _ = asked(world, key, "on")
    text = BILL[key][0]
    replies = say(world, text, sender, f"{sender}:on")
    assert "845" in "\n".join(one.text for one in replies)
    assert world.engine.misunderstood(sender) is None
