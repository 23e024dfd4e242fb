"""What is kept of a conversation: the state that the dialogue wrote. None of its words, however
Rasa holds them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasa.shared.core.constants import SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from actions.dialogue.state import CONFIRM, State, read_state
from nlu.engine.trackers import UnknownTracker, restored, stored
from nlu.speech.transcript import Reading
from nlu.turn import Location, Media, Message

DOMAIN = Domain.load("data/rasa/domain.yml")
AADHAAR = "2341 2341 2346"
STATE = State("te", service="electricity_bill_payment", asked=CONFIRM, attempts=1, nonce="n")
MESSAGE = Message(
    f"naa aadhaar {AADHAAR}",
    "1:a",
    readings=(Reading("x", "te"), Reading(f"mera aadhaar {AADHAAR}", "hi")),
    location=Location(16.51, 80.61, "Gollapudi"),
    media=Media("m9", filename="pan.pdf"),
)


def said(message: Message) -> UserUttered:
    """As Rasa builds it: metadata in three places."""
    metadata = message.metadata()
    parse: dict[str, Any] = {"text": message.text, "intent": {"name": "x"}, "entities": []}
    parse["metadata"] = metadata
    return UserUttered(message.text, parse["intent"], [], parse, metadata=metadata)


def conversation(turns: int) -> DialogueStateTracker:
    tracker = DialogueStateTracker.from_events("1:a", [SessionStarted()], DOMAIN.slots)
    tracker.update(SlotSet(SESSION_START_METADATA_SLOT, MESSAGE.metadata()), DOMAIN)
    for _ in range(turns):
        tracker.update(said(MESSAGE), DOMAIN)
        tracker.update(SlotSet("state", STATE.as_json()), DOMAIN)
        tracker.update(BotUttered(f"you said {AADHAAR}"), DOMAIN)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
    return tracker


def test_no_word_number_spot_or_file_is_kept() -> None:
    kept = stored(conversation(3))
    for word in ("2341", "aadhaar", "16.51", "Gollapudi", "m9", "pan.pdf"):
        assert word not in kept


def test_state_comes_back() -> None:
    back = restored(stored(conversation(3)), "1:a", DOMAIN)
    state = read_state(back.get_slot("state"), default_language="en", saved=None)
    assert state == STATE and state.open
    assert back.latest_action_name == "action_listen"


def test_state_of_the_version_before_comes_back() -> None:
    """Its members were slots of Rasa's, and the form was one too."""
    slots = {
        **STATE.as_json(),
        "attempts": 1.0,
        "language_fixed": False,
        "requested_slot": "answer",
    }
    old = {"v": 1, "slots": slots, "form": "service_form", "wrote": 1.5}
    back = restored(json.dumps(old), "1:a", DOMAIN)
    assert read_state(back.get_slot("state"), default_language="en", saved=None) == STATE


def test_state_of_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(UnknownTracker):
        restored(json.dumps({"v": 3, "slots": {}}), "1:a", DOMAIN)


def test_turn_500_costs_what_turn_5_costs() -> None:
    """Bytes kept, and events that Rasa and the action server go through."""
    few, many = (stored(conversation(turns)) for turns in (5, 500))
    assert len(many) <= len(few) + 8
    events = [len(restored(state, "1:a", DOMAIN).events) for state in (few, many)]
    assert events[0] == events[1]
