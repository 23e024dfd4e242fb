from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from api.inbox.store import StoredInbox
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import ENGINE, Clock, open_store
from tests.postgres import empty


@pytest_asyncio.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same test on both; PostgreSQL's tables are as new."""
    if request.param == "postgres":
        ENGINE.url = request.getfixturevalue("postgres")
        empty(ENGINE.url)
    yield request.param
    ENGINE.url = None


@pytest_asyncio.fixture
async def store(tmp_path: Path, clock: Clock, engine: str) -> AsyncIterator[StoredInbox]:
    inbox = open_store(tmp_path / "inbox.sqlite", clock)
    yield inbox
    await inbox.close()


@pytest.fixture
def bench(store: StoredInbox, clock: Clock) -> Bench:
    """Turns with fakes around them; `test_delivery` has a bench of its own."""
    return Bench(store, clock)
