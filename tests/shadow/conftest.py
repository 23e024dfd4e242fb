"""Shadow mode on both engines, and over two databases of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.inbox.shadow import Candidate
from api.metrics import ShadowMetrics
from api.review.item import Item
from api.shadow.candidates import Candidates
from api.shadow.feed import Feed
from api.shadow.process import Shadow
from api.shadow.sample import Asked
from api.shadow.understander import Did
from nlu.turn import Message, Turned, Understanding
from tests.inbox.worker_fakes import FakeEngine, FakeWhatsApp, make_worker, message, rows
from tests.review.conftest import BILL, BUS, FIVE, PAY, Desk, engine, keys, pytest_generate_tests
from tests.review.conftest import desk as of_review

__all__ = ["BILL", "BUS", "FIVE", "PAY", "engine", "keys", "of_review", "pytest_generate_tests"]
LIVE, MODEL = "20261130-000000-11111111", "20261130-010000-22222222"


def understood(text: str, kind: str = "route", key: str = "en", **more: Any) -> Understanding:
    """What the live model made of a message."""
    more.setdefault("model", LIVE)
    if kind == "route":
        more.setdefault("options", (BILL,))
    return Understanding(text, kind, key, ((BILL, 0.9), (PAY, 0.1)), **more)


def turned(told: Understanding | None) -> Turned:
    return Turned((), None, None, told)


@dataclass
class Machine:
    """The inbox's databases, with a candidate that is not loaded: what it does is `does`."""

    desk: Desk
    does: Callable[[Asked], Did] = lambda asked: Did(f"route:{BILL}", 0.8)
    asked: list[Asked] = field(default_factory=list)
    model: str = ""
    trouble: str = ""
    live: str | None = LIVE
    shadow: Shadow = field(init=False)

    def __post_init__(self) -> None:
        self.candidates = Candidates(self.desk.databases)
        self.shadow = self.another()

    def another(self) -> Shadow:
        """One more shadow on the same databases."""
        seen: Any = self
        return Shadow(self.desk.databases, seen, ShadowMetrics(), lambda: self.live)

    async def hold(self, model: str) -> None:
        self.model = model

    async def understand(self, asked: list[Asked]) -> list[Did]:
        self.asked += asked
        return [self.does(one) for one in asked]

    def begin(self, model: str = MODEL) -> Candidate:
        assert self.candidates.start(model, LIVE, "Anita", "new sentences")
        found = self.candidates.current()
        assert found is not None
        return found

    def feed(self, percent: float = 100) -> Feed:
        return Feed(percent, self.desk.inbox.candidate)

    async def say(self, *texts: str, told: Callable[[Message], Any] | None = None) -> FakeWhatsApp:
        """Citizens write, each another one, and a worker with a feed answers."""
        feed, whatsapp = self.feed(), FakeWhatsApp()
        await feed.look()
        self.desk.came += 1
        await self.desk.inbox.put(
            [
                message(1000 * self.desk.came + number, text, f"IN.{self.desk.came}{number}")
                for number, text in enumerate(texts)
            ]
        )
        engine = FakeEngine(understand=told or (lambda heard: understood(heard.text)))
        worker = make_worker(self.desk.inbox, engine, whatsapp, self.desk.clock, feed=feed)
        await worker.drain()
        return whatsapp

    async def compare(self) -> int:
        """The shadow looks for its candidate, and compares all that waits."""
        await self.shadow.look()
        done = 0
        while more := await self.shadow.work():
            done += more
        return done

    def rows(self, sql: str) -> list[Any]:
        """Of all databases."""
        return rows(self.desk.inbox, sql)

    def counts(self) -> dict[tuple[str, str, str], int]:
        found: dict[tuple[str, str, str], int] = {}
        for row in self.rows("SELECT key, live, other, count FROM shadow_counts"):
            about = row["key"], row["live"], row["other"]
            found[about] = found.get(about, 0) + row["count"]
        return found

    def for_review(self) -> list[Item]:
        found = self.rows("SELECT payload FROM review_arrivals WHERE reason = 'disagreement'")
        return [Item.of(row["payload"]) for row in found]


@pytest.fixture
def machine(of_review: Desk) -> Iterator[Machine]:
    yield Machine(of_review)


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder without models."""
    found = tmp_path / "models"
    found.mkdir()
    return found
