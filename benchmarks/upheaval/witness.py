"""Watches WhatsApp's book and remembers all that the judge wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.upheaval.book import BookReader, send_of
from benchmarks.upheaval.facts import Facts, Kill, Outage, Request, Said, Send, Write


class Witness:
    """What was said, and what became of it so far."""

    def __init__(self, book: Path) -> None:
        self._reader = BookReader(book)
        self.said: list[Said] = []
        self.sends: list[Send] = []
        self.open: set[str] = set()
        """Messages without an answer."""
        self._begun: dict[str, float] = {}
        self._told: dict[str, list[float]] = {}
        self._broken: set[str] = set()

    def hear(self, said: Said) -> None:
        """A citizen writes."""
        self.said.append(said)
        self.open.add(said.id)

    def look(self) -> list[Send]:
        """What Seva has sent since the last look."""
        new = []
        for line in self._reader.lines():
            if line["k"] == "send":
                new.append(send_of(line))
            elif line["k"] == "read":
                self._begun.setdefault(line["id"], line["at"])
            elif line["k"] == "lost":
                self._broken.add(line["tracker"])
            else:
                for tracker in line["trackers"]:
                    self._told.setdefault(tracker, []).append(line["at"])
        self.sends += new
        self.open -= {send.answers for send in new}
        return new

    def facts(
        self,
        kills: Sequence[Kill],
        outages: Sequence[Outage],
        requests: Sequence[Request] = (),
        writes: Sequence[Write] = (),
    ) -> Facts:
        """All of it, with what others saw."""
        return Facts(
            said=self.said,
            sends=self.sends,
            begun=self._begun,
            told=self._told,
            broken=frozenset(self._broken),
            kills=sorted(kills, key=lambda one: one.at),
            outages=outages,
            requests=requests,
            writes=writes,
        )
