"""The review on both engines, and over two databases of PostgreSQL; its tables are as new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.inbox.review import Arrival, insert
from api.inbox.shard import place_of
from api.review.item import Item
from api.review.store import Review
from nlu.storage.database import Database
from tests.inbox.worker_fakes import ENGINE, Clock, databases, open_store
from tests.postgres import another, empty

BILL, PAY, BUS = "electricity_bill_view", "electricity_bill_payment", "rtc_ticket_booking"
FIVE = {
    "te": "మా ఇంటి కరెంటు బిల్లు ఎంత వచ్చింది",
    "te-Latn": "maa inti current bill entha vachindi",
    "hi": "हमारे घर का बिजली बिल कितना आया",
    "hi-Latn": "hamare ghar ka bijli bill kitna aaya",
    "en": "how much is the power bill of our house",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", ["sqlite", "postgres", "shards"], indirect=True)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing keys of the test's own."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param != "sqlite":
        ENGINE.url = request.getfixturevalue("postgres")
        empty(ENGINE.url)
    if request.param == "shards":
        ENGINE.url = " ".join((ENGINE.url, another(ENGINE.url, "second")))
    yield request.param
    ENGINE.url = None


@dataclass
class Desk:
    """The databases of an inbox, and the review in them."""

    inbox: Any
    clock: Clock
    review: Review = field(init=False)
    came: int = 0

    def __post_init__(self) -> None:
        self.review = Review(self.databases)

    @property
    def databases(self) -> list[Database]:
        return databases(self.inbox)

    def reads_twice(self, percent: float = 100) -> None:
        self.review = Review(self.databases, twice_percent=percent)

    def come(
        self,
        text: str,
        key: str = "en",
        *,
        reason: str = "asked",
        sure: float = 0.5,
        topic: str = BILL,
        lane: str = "",
        **more: Any,
    ) -> str:
        """A message comes for review; its id."""
        self.came += 1
        name = f"wamid.{self.came}"
        ranking = (
            ((topic, sure), (PAY if topic != PAY else BUS, round(1 - sure, 4))) if topic else ()
        )
        item = Item(text, key, "clarify", ranking, **more)
        lane = lane or f"109:IN.{self.came}"
        arrival = Arrival(name, lane, reason, item.sealed())
        database = self.databases[place_of(lane, len(self.databases))]
        database.change(lambda db: insert(db, [arrival], self.clock.now))
        return name

    def file(self) -> int:
        return self.review.filer.work()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Of the first database."""
        return self.databases[0].look(lambda db: db.execute(sql, values).fetchall())


@pytest.fixture
def desk(tmp_path: Path, engine: str) -> Iterator[Desk]:
    clock = Clock()
    inbox: Any = open_store(tmp_path / "inbox.sqlite", clock)
    found = Desk(inbox, clock)
    yield found
    for database in found.databases:
        database.close()
