"""Entries of the log about keys that sign documents. Monitors see every new key in it.

Such an entry is readable: a mark, then the JSON that `keys.json` publishes about the key. Entries
about documents are hashes of 32 bytes, so nobody can confuse the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from actions.transparency.reader import Source, Unreachable

_MARK = b"seva-key/v1\n"


class Act(str, Enum):
    """What happened to a key."""

    NEW = "new"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class KeyEvent:
    """An entry of the log about a key. Times are Unix seconds."""

    act: Act
    kid: str
    x: str
    """The public key, base64url."""
    department: str
    not_before: int
    not_after: int
    withdrawn_at: int | None = None

    def facts(self) -> dict[str, Any]:
        """The event as JSON."""
        return {**vars(self), "act": self.act.value}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> KeyEvent:
        """Reads what `facts` gave. Raises ValueError, TypeError, KeyError."""
        return cls(**{**facts, "act": Act(facts["act"])})

    def entry(self) -> bytes:
        """The entry of the log."""
        return _MARK + json.dumps(self.facts(), sort_keys=True, separators=(",", ":")).encode()


def read_event(entry: bytes) -> KeyEvent | None:
    """The event in an entry, or None if the entry is about a document."""
    if not entry.startswith(_MARK):
        return None
    try:
        event = KeyEvent.read(json.loads(entry[len(_MARK) :]))
    except (ValueError, TypeError, KeyError):
        return None
    return event if event.entry() == entry else None


class KeyBook:
    """The keys that a log has announced, by kid."""

    def __init__(self, events: Iterable[KeyEvent] = ()) -> None:
        self._new: dict[str, KeyEvent] = {}
        self._withdrawn: dict[str, KeyEvent] = {}
        for event in events:
            self.add(event)

    def add(self, event: KeyEvent) -> None:
        """Adds an event. A second event of the same kind for a key changes nothing."""
        known = self._new if event.act is Act.NEW else self._withdrawn
        known.setdefault(event.kid, event)

    def events(self) -> list[KeyEvent]:
        """All events."""
        return [*self._new.values(), *self._withdrawn.values()]

    def unannounced(self, published: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The first key of a `keys.json` that contradicts the log, or None if all agree."""
        return next((key for key in published if not self._agrees(key)), None)

    def _agrees(self, key: Mapping[str, Any]) -> bool:
        event = self._new.get(str(key.get("kid")))
        if event is None:
            return False
        same = all(
            key.get(name) == getattr(event, name) for name in ("x", "department", "not_before")
        )
        # A rotation may end the old key earlier than the log says, never later.
        in_time = isinstance(key.get("not_after"), int) and key["not_after"] <= event.not_after
        back = event.kid in self._withdrawn and key.get("withdrawn_at") is None
        return same and in_time and not back


def published_keys(site: Source | None) -> Sequence[Mapping[str, Any]]:
    """The keys of a site's `keys.json`, or none if it has no such file. Raises Unreachable."""
    raw = None if site is None else site.get("keys.json")
    if raw is None:
        return ()
    try:
        keys = json.loads(raw)["keys"]
    except (ValueError, TypeError, KeyError) as error:
        raise Unreachable("keys.json cannot be read") from error
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise Unreachable("keys.json cannot be read")
    return keys
