"""Rasa's SQL tracker store, with what must not be kept masked before it is stored.

The dialogue of the running turn sees what the citizen wrote; the database never holds an Aadhaar
number, the answer to a question for a sensitive slot, or the raw answer that Rasa's form keeps.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import regex
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.text import mask
from nlu.text.masking import last_four

ASKED, ANSWER, SERVICE = "asked", "answer", "service"
_LONG = regex.compile(r"\p{Nd}(?:[\p{Zs}.-]?\p{Nd}){8,}")  # a private number, however grouped
# In the metadata, and only for the turn: what else a voice note may have been, where somebody is,
# what they sent.
PASSING = ("others", "location", "media")
STEPS = (None, "go", "stop")  # what the form itself writes into `answer`


class MaskingTrackerStore(SQLTrackerStore):
    """SQLite or PostgreSQL through SQLAlchemy. `sensitive` names the slots whose values go."""

    def __init__(self, *arguments: Any, sensitive: frozenset[str], **settings: Any) -> None:
        """Like SQLTrackerStore."""
        self._sensitive = sensitive
        super().__init__(*arguments, **settings)

    def _additional_events(self, session: Any, tracker: DialogueStateTracker) -> Iterator[Event]:
        stored = self._event_query(
            session, tracker.sender_id, fetch_events_from_all_sessions=False
        ).count()
        asked: str | None = None
        private = False  # whether a sensitive value was asked for since the service began
        for number, event in enumerate(tracker.events):
            if isinstance(event, SlotSet) and event.key == ASKED:
                asked = event.value
                private = private or _slot(asked) in self._sensitive
            elif isinstance(event, SlotSet) and event.key == SERVICE and not event.value:
                private = False
            if number >= stored:
                yield self.masked(event, asked, private)

    def masked(self, event: Event, asked: str | None, private: bool = False) -> Event:
        """The event as it may be stored; `asked` is what a user event answers, `private` says that
        it may correct a sensitive value that was asked for before."""
        if isinstance(event, SlotSet) and event.key == ANSWER and event.value not in STEPS:
            return SlotSet(ANSWER, None, event.timestamp, event.metadata)
        if isinstance(event, UserUttered):
            kept = self._masked_message(event, _slot(asked) in self._sensitive)
            return _without_long_numbers(kept) if private else kept
        return event

    def _masked_message(self, event: UserUttered, answers_sensitive: bool) -> UserUttered:
        kept = copy.copy(event)
        kept.metadata = {k: v for k, v in (event.metadata or {}).items() if k not in PASSING}
        hidden = [e for e in event.entities if e.get("entity") in self._sensitive and "raw" in e]
        if answers_sensitive:  # whatever else the number was taken for
            hidden = list(event.entities)
        text = event.text or ""
        kept.text = last_four(text) if answers_sensitive else _without(text, hidden)
        kept.entities = [_masked_entity(e, e in hidden) for e in event.entities]
        kept.parse_data = {**event.parse_data, "text": kept.text, "entities": kept.entities}
        return kept


def _slot(asked: str | None) -> str:
    """The slot that a question is about: `read_back/SLOT` asks about one as well."""
    return (asked or "").rpartition("/")[2]


def _without_long_numbers(event: UserUttered) -> UserUttered:
    """The (copied) event with every number of nine digits or more cut to its end."""
    event.text = _LONG.sub(lambda found: last_four(found[0]), event.text or "")
    event.entities = [
        {
            name: _LONG.sub(lambda found: last_four(found[0]), value)
            if isinstance(value, str)
            else value
            for name, value in entity.items()
        }
        for entity in event.entities
    ]
    event.parse_data = {**event.parse_data, "text": event.text, "entities": event.entities}
    return event


def _without(text: str, hidden: list[dict[str, Any]]) -> str:
    for entity in hidden:
        text = text.replace(entity["raw"], last_four(entity["raw"]))
    return mask(text)


def _masked_entity(entity: dict[str, Any], hidden: bool) -> dict[str, Any]:
    out = dict(entity)
    for name in ("value", "raw"):
        if isinstance(out.get(name), str):
            out[name] = last_four(out[name]) if hidden else mask(out[name])
    return out
