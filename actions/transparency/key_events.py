"""Keys that sign documents, as entries of the log: who watches it sees every new one.

Such an entry is readable: JSON of what `keys.json` publishes of the key, behind a mark. Entries of
documents are hashes of 32 bytes and cannot be taken for one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from actions.transparency.source import Source, Unreachable

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
        """As JSON."""
        return {**vars(self), "act": self.act.value}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> KeyEvent:
        """What `facts` gave. Raises ValueError, TypeError, KeyError."""
        return cls(**{**facts, "act": Act(facts["act"])})

    def entry(self) -> bytes:
        """As it stands in the log."""
        return _MARK + json.dumps(self.facts(), sort_keys=True, separators=(",", ":")).encode()


def read_event(entry: bytes) -> KeyEvent | None:
    """The event of an entry; None for any other entry."""
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
        """Take an event; a second one of its kind for a key changes nothing."""
        known = self._new if event.act is Act.NEW else self._withdrawn
        known.setdefault(event.kid, event)

    def events(self) -> list[KeyEvent]:
        """All of them."""
        return [*self._new.values(), *self._withdrawn.values()]

    def unannounced(self, published: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The first key of a `keys.json` that is not as the log has it, or that it withdrew."""
        return next((key for key in published if not self._agrees(key)), None)

    def _agrees(self, key: Mapping[str, Any]) -> bool:
        event = self._new.get(str(key.get("kid")))
        if event is None:
            return False
        same = all(
            key.get(name) == getattr(event, name) for name in ("x", "department", "not_before")
        )
        # A rotation lets the old key end earlier than it was announced; never later.
        in_time = isinstance(key.get("not_after"), int) and key["not_after"] <= event.not_after
        back = event.kid in self._withdrawn and key.get("withdrawn_at") is None
        return same and in_time and not back


def published_keys(site: Source | None) -> Sequence[Mapping[str, Any]]:
    """The keys of a site's `keys.json`; none where it publishes none. Raises Unreachable."""
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
