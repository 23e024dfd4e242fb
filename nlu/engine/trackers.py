"""Rasa's tracker between two turns: the state of a conversation, never its words.

A turn needs the slot that the dialogue wrote; no rule looks further back. So that is all that is
kept: what a turn costs does not grow with what was said before, and there are no messages at rest
that would have to be masked. The caller keeps the text that `stored` gives and hands it to the next
turn; nothing here knows a database.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 2
_SLOT_BY_SLOT = 1
"""The version whose slots are now the members of one."""
_STATE = "state"


class UnknownTracker(ValueError):
    """A stored tracker of a version that this code does not know."""


def stored(tracker: DialogueStateTracker) -> str:
    """What the next turn needs, as JSON."""
    state = {"v": VERSION, "slots": {_STATE: tracker.get_slot(_STATE)}}
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def restored(state: str, sender: str, domain: Domain) -> DialogueStateTracker:
    """The tracker as the turn before left it, listening. Raises UnknownTracker."""
    kept = json.loads(state)
    events: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    events += [SlotSet(name, value) for name, value in _slots(kept).items()]
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    return DialogueStateTracker.from_events(sender, events, domain.slots, domain=domain)


def asks(state: str | None) -> bool:
    """Whether a form is open in a stored tracker: a service is under way and something is asked."""
    kept = _slots(json.loads(state)).get(_STATE) if state is not None else None
    return bool(kept and kept.get("service") and kept.get("asked"))


def _slots(kept: dict[str, Any]) -> dict[str, Any]:
    version = kept.get("v")
    if version == _SLOT_BY_SLOT:
        return {_STATE: kept["slots"]}
    if version != VERSION:
        raise UnknownTracker(f"version {version}, known are {_SLOT_BY_SLOT} and {VERSION}")
    slots: dict[str, Any] = kept["slots"]
    return slots


@dataclass
class Conversation:
    """The tracker of one turn: as it was stored, then as the turn leaves it."""

    state: str | None = None
    tracker: DialogueStateTracker | None = None


class TurnTrackers(TrackerStore):
    """Gives Rasa the tracker of the turn that runs, and takes it at the turn's end.

    Each turn is an asyncio task with a context of its own, so turns never see each other's.
    """

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._turn: ContextVar[Conversation] = ContextVar("turn")

    def begin(self, state: str | None) -> Conversation:
        """The tracker that the rest of the present task works on."""
        conversation = Conversation(state)
        self._turn.set(conversation)
        return conversation

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """As it was stored; None for a stranger."""
        state = self._turn.get().state
        return restored(state, sender_id, self.domain) if state is not None else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Kept for whoever runs the turn."""
        self._turn.get().tracker = tracker
