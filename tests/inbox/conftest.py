from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from api.inbox.store import StoredInbox
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import ENGINE, Clock, open_store
from tests.postgres import another, empty


@pytest_asyncio.fixture
async def clock() -> Clock:
    return Clock()


SHARDED = {
    *("test_stored_inbox", "test_stored_outbox", "test_turns", "test_wishes", "test_notices"),
    *("test_news_at_random", "test_failures", "test_fairness"),
}
"""Files whose tests run over two databases as well."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}
    if "engine" in metafunc.fixturenames and "engine" not in marked:
        sharded = metafunc.module.__name__.rpartition(".")[2] in SHARDED
        engines = ["sqlite", "postgres", *(["shards"] * sharded)]
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same test on both, and over two databases of PostgreSQL; its tables are as new."""
    if request.param != "sqlite":
        ENGINE.url = request.getfixturevalue("postgres")
        empty(ENGINE.url)
    if request.param == "shards":
        ENGINE.url = " ".join((ENGINE.url, another(ENGINE.url, "second")))
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
