"""What was sent, what was taken, what was answered, and what of it was wrong."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_MARK = re.compile(r"shard-\d+/")


@dataclass
class Sent:
    """One message of a citizen. Times in seconds since the run began; None: not yet."""

    id: str
    citizen: str
    key: str
    act: str
    number: int
    """Of the citizen's messages, from 0."""
    due: float
    """When it was meant to be sent."""
    posted: float | None = None
    accepted: float | None = None
    answered: float | None = None
    refused: int = 0


def answered_id(tracker: str) -> str:
    """The message that a reply answers, by the mark that Seva puts on each; a notice answers none.
    It is `ID:STEP`, or `ID/NAME:STEP` for what is said meanwhile."""
    plain = _MARK.sub("", tracker, count=1)
    return plain.rpartition(":")[0].partition("/")[0]


@dataclass
class Ledger:
    """All messages of a run and their replies."""

    sent: dict[str, Sent] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    """Deliveries that were not taken, by status or error; each was brought again."""
    replies: int = 0
    doubled: int = 0
    out_of_order: int = 0
    strange: int = 0
    """Replies to nothing that was sent in this run."""
    unsent: int = 0
    """Messages that were due while every citizen had written as much as Seva answers."""
    _trackers: set[str] = field(default_factory=set)
    _latest: dict[str, int] = field(default_factory=dict)

    def reply(self, tracker: str, at: float) -> Sent | None:
        """A reply came; the message that it answers, for the first time or again."""
        self.replies += 1
        if tracker in self._trackers:
            self.doubled += 1
            return None
        self._trackers.add(tracker)
        sent = self.sent.get(answered_id(tracker))
        if sent is None:
            self.strange += 1
            return None
        if sent.answered is None:
            sent.answered = at
            if sent.number < self._latest.get(sent.citizen, -1):
                self.out_of_order += 1
            self._latest[sent.citizen] = max(sent.number, self._latest.get(sent.citizen, -1))
        return sent

    @property
    def accepted(self) -> int:
        """Messages that got their 200."""
        return sum(one.accepted is not None for one in self.sent.values())

    @property
    def open(self) -> list[Sent]:
        """Taken and without an answer."""
        return [
            one for one in self.sent.values() if one.accepted is not None and one.answered is None
        ]

    @property
    def untaken(self) -> int:
        """Messages that never got a 200."""
        return sum(one.accepted is None for one in self.sent.values())
