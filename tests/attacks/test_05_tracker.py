"""What is kept of a conversation: slots and the open form; none of its words, however Rasa holds
them."""

from __future__ import annotations

import json
from typing import Any

from rasa.shared.core.constants import SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.engine.trackers import restored, stored

DOMAIN = Domain.load("data/rasa/domain.yml")
AADHAAR = "2341 2341 2346"
METADATA = {
    "others": [f"mera aadhaar {AADHAAR}"],
    "location": {"lat": 16.51, "lon": 80.61, "name": "Gollapudi"},
    "media": {"id": "m9", "filename": "pan.pdf"},
}


def said(text: str) -> UserUttered:
    """As Rasa builds it: metadata in three places."""
    parse: dict[str, Any] = {"text": text, "intent": {"name": "x"}, "entities": []}
    parse["metadata"] = METADATA
    return UserUttered(text, parse["intent"], [], parse, metadata=METADATA)


def conversation(turns: int) -> DialogueStateTracker:
    tracker = DialogueStateTracker.from_events("1:a", [SessionStarted()], DOMAIN.slots)
    tracker.update(SlotSet(SESSION_START_METADATA_SLOT, METADATA), DOMAIN)
    for number in range(turns):
        tracker.update(said(f"naa aadhaar {AADHAAR}"), DOMAIN)
        tracker.update(SlotSet("language", "te"), DOMAIN)
        tracker.update(SlotSet("attempts", float(number % 3)), DOMAIN)
        tracker.update(ActiveLoop("service_form"), DOMAIN)
        tracker.update(BotUttered(f"you said {AADHAAR}"), DOMAIN)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
    return tracker


def test_no_word_number_spot_or_file_is_kept() -> None:
    kept = stored(conversation(3))
    for word in ("2341", "aadhaar", "16.51", "Gollapudi", "m9", "pan.pdf"):
        assert word not in kept


def test_state_comes_back() -> None:
    back = restored(stored(conversation(3)), "1:a", DOMAIN)
    assert back.get_slot("language") == "te"
    assert back.active_loop_name == "service_form"
    assert back.latest_action_name == "action_listen"
    assert back.get_last_event_for(UserUttered).timestamp


def test_turn_500_costs_what_turn_5_costs() -> None:
    """Bytes kept, and events that Rasa and the action server go through."""
    few, many = (stored(conversation(turns)) for turns in (5, 500))
    assert len(many) <= len(few) + 8
    events = [len(restored(state, "1:a", DOMAIN).events) for state in (few, many)]
    assert events[0] == events[1]
    assert json.loads(many)["form"] == "service_form"
