"""Rasa's SQL tracker store, with Aadhaar and other sensitive numbers masked before they are stored.

The dialogue of the running turn sees what the citizen wrote; the database never does.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.text import mask
from nlu.text.masking import last_four


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
        for event in itertools.islice(tracker.events, stored, len(tracker.events)):
            yield self.masked(event) if isinstance(event, UserUttered) else event

    def masked(self, event: UserUttered) -> UserUttered:
        """A copy of the event that may be stored."""
        kept = copy.copy(event)
        hidden = [e for e in event.entities if e.get("entity") in self._sensitive and "raw" in e]
        kept.text = _without(event.text, hidden)
        kept.entities = [_masked_entity(e, e in hidden) for e in event.entities]
        kept.parse_data = {**event.parse_data, "text": kept.text, "entities": kept.entities}
        return kept


def _without(text: str | None, hidden: list[dict[str, Any]]) -> str | None:
    if text is None:
        return None
    for entity in hidden:
        text = text.replace(entity["raw"], last_four(entity["raw"]))
    return mask(text)


def _masked_entity(entity: dict[str, Any], hidden: bool) -> dict[str, Any]:
    out = dict(entity)
    for name in ("value", "raw"):
        if isinstance(out.get(name), str):
            out[name] = last_four(out[name]) if hidden else mask(out[name])
    return out
