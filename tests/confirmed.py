"""A confirmed request, as Rasa hands it to the action server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from actions.dialogue.state import State
from actions.dialogue.steps import GO
from tests.processes import PHONE


@dataclass(frozen=True)
class Confirmed:
    """What a citizen has said yes to."""

    service: str
    values: Mapping[str, str]

    def call(self, sender: str, language: str, nonce: str, phone: str = PHONE) -> dict[str, Any]:
        """Body of `POST /webhook`; `nonce` is the same for each try of one request."""
        state = State(language, service=self.service, values=dict(self.values))
        slots = {**replace(state, nonce=nonce).slots(), "answer": GO}
        said = {"event": "user", "message_id": nonce, "parse_data": {}, "timestamp": 0.0}
        said["metadata"] = {"phone": phone}
        return {
            "next_action": "action_perform",
            "sender_id": sender,
            "tracker": {
                "sender_id": sender,
                "slots": slots,
                "events": [said],
                "latest_message": {},
            },
            "domain": {},
            "version": "3.6.21",
        }
