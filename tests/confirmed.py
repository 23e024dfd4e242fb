"""A request that the citizen confirms, as Rasa hands it to the action server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions.dialogue.state import CONFIRM, State
from nlu.turn import Message, payload
from tests.processes import PHONE


@dataclass(frozen=True)
class Confirmed:
    """What a citizen says yes to."""

    service: str
    values: Mapping[str, str]

    def call(self, sender: str, language: str, nonce: str, phone: str = PHONE) -> dict[str, Any]:
        """Body of `POST /webhook`; `nonce` is the same for each try of one request."""
        state = State(
            language, service=self.service, values=dict(self.values), asked=CONFIRM, nonce=nonce
        )
        return called(sender, state, "answer", {"value": "yes", "nonce": nonce}, phone)


def called(
    sender: str, state: State, intent: str, data: Mapping[str, str], phone: str = PHONE
) -> dict[str, Any]:
    """Body of `POST /webhook` for a tapped button."""
    text = payload(intent, **data)
    message = Message(text, sender, str(data.get("nonce", text)), phone=phone, tapped=True)
    entities = [{"entity": name, "value": value} for name, value in data.items()]
    said = {
        "event": "user",
        "timestamp": 0.0,
        "metadata": message.metadata(),
        "parse_data": {"text": text, "intent": {"name": intent}, "entities": entities},
    }
    tracker = {"sender_id": sender, "slots": {"state": state.as_json()}, "events": [said]}
    return {"next_action": "action_turn", "sender_id": sender, "tracker": tracker}
