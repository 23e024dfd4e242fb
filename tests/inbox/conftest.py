from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from api.inbox.sqlite import SqliteInbox
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import Clock, open_store


@pytest_asyncio.fixture
async def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteInbox]:
    inbox = open_store(tmp_path / "inbox.sqlite", clock)
    yield inbox
    await inbox.close()


@pytest.fixture
def bench(store: SqliteInbox, clock: Clock) -> Bench:
    """Turns with fakes around them; `test_delivery` has a bench of its own."""
    return Bench(store, clock)
