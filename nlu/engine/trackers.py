"""Rasa's tracker between two turns: the state of a conversation, never its words.

A turn needs the slots, the open form and when the citizen last wrote; no rule looks further back.
So that is all that is kept: what a turn costs does not grow with what was said before, and there
are no messages at rest that would have to be masked. The caller keeps the text that `stored` gives
and hands it to the next turn; nothing here knows a database.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 1
_PASSING = (SESSION_START_METADATA_SLOT, "answer")
"""Slots that hold a citizen's words or spot for a turn: Rasa's copy of a message's metadata, and
what the form takes before it is heard."""


class UnknownTracker(ValueError):
    """A stored tracker of a version that this code does not know."""


def stored(tracker: DialogueStateTracker) -> str:
    """What the next turn needs, as JSON."""
    last = tracker.get_last_event_for(UserUttered)
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
    for name in _PASSING:
        slots.pop(name, None)
    state = {
        "v": VERSION,
        "slots": slots,
        "form": tracker.active_loop_name,
        "wrote": last.timestamp if last else None,
    }
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def restored(state: str, sender: str, domain: Domain) -> DialogueStateTracker:
    """The tracker as the turn before left it, listening. Raises UnknownTracker."""
    kept = json.loads(state)
    if kept.get("v") != VERSION:
        raise UnknownTracker(f"version {kept.get('v')}, known is {VERSION}")
    known = {slot.name for slot in domain.slots}
    events: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    events += [SlotSet(name, value) for name, value in kept["slots"].items() if name in known]
    if kept["wrote"] is not None:  # Rasa measures from here whether its session is over
        events.append(UserUttered("", timestamp=kept["wrote"]))
    if kept["form"]:
        events += [ActionExecuted(kept["form"]), ActiveLoop(kept["form"])]
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    return DialogueStateTracker.from_events(sender, events, domain.slots, domain=domain)


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
