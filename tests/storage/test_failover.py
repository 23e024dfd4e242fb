"""Real servers of PostgreSQL: one that has every commit of another and takes its place, and one
that takes nothing for a while."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
import stamina

from api.inbox.open import open_inbox
from api.inbox.store import StoredInbox
from api.whatsapp.payload import Inbound
from api.whatsapp.policy import load_policy
from benchmarks.upheaval import database
from benchmarks.upheaval.failover import failed_over
from benchmarks.upheaval.place import database_servers
from benchmarks.upheaval.supervisor import Supervisor
from nlu.settings.groups import State
from nlu.settings.types import DatabaseUrl
from nlu.storage.database import DatabaseAway, Tables, Transaction
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.tables import NO_WRITES, open_engine
from tests.postgres import empty

TABLES = Tables("taken_notes", "CREATE TABLE IF NOT EXISTS taken_notes (id INTEGER PRIMARY KEY);")
ADMIN_SHUTDOWN = "57P01"
POLICY = load_policy(Path("data/whatsapp.yml"))


@pytest.mark.parametrize(
    "url, hosts, ports",
    [
        ("postgresql://u@one:5,two:6/d?target_session_attrs=read-write", "one,two", "5,6"),
        ("postgresql+psycopg2://u:a%2Cb@one,two:6/d", "one,two", "5432,6"),
        ("postgresql://u@[::1]:5,two/d", "::1,two", "5,5432"),
        ("postgresql://u@/d?host=/a,/b&port=5,6", "/a,/b", "5,6"),
    ],
)
def test_several_servers_are_named_as_libpq_names_them(url: str, hosts: str, ports: str) -> None:
    engine = open_engine(DatabaseUrl.checked(url))
    _, given = engine.dialect.create_connect_args(engine.url)
    assert (given["host"], given["port"], given["database"]) == (hosts, ports, "d")
    assert given["user"] == "u" and "," not in given.get("password", ",").strip("a,b")
    wanted = "read-write" if "target" in url else None
    assert given.get("target_session_attrs") == wanted


class Pair(NamedTuple):
    """Two servers that run."""

    supervisor: Supervisor
    nodes: dict[str, database.Node]
    url: str


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    """Until the block ends."""
    if database.PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed; `make system` brings it")
    with tempfile.TemporaryDirectory(prefix="seva-pair-") as folder:
        servers = database_servers(Path(folder), "replicated")
        nodes = {process.name: node for process, node in servers}
        supervisor = Supervisor([process for process, _ in servers], Path(folder) / "logs", 0.2)
        try:
            await supervisor.start()
            yield Pair(supervisor, nodes, database.url(list(nodes.values())))
        finally:
            await supervisor.stop()


async def test_nothing_that_was_acknowledged_is_lost_in_a_failover() -> None:
    """Deliveries come all the time, each again until it is acknowledged, as WhatsApp sends them."""
    async with pair() as servers:
        inbox = open_inbox(State(database_url=servers.url), POLICY)
        acknowledged: list[str] = []
        failing = asyncio.create_task(failed_over(servers.supervisor, servers.nodes))
        number = 0
        while not failing.done() or number < 50:
            number += 1
            await _delivered(inbox, number)
            acknowledged.append(f"wamid.{number}")
        await failing
        again = await failed_over(servers.supervisor, servers.nodes)  # the new replica is one
        await _delivered(inbox, number + 1)
        kept = await _kept(servers)
        await inbox.close()
    assert again > 0
    assert kept == sorted([*acknowledged, f"wamid.{number + 1}"])


async def _delivered(inbox: StoredInbox, number: int) -> None:
    one = Inbound(f"wamid.{number}", "109876543210987", f"IN.{number % 7}", "text", text="hello")
    while True:
        with suppress(DatabaseAway):
            await inbox.put([one])
            return
        await asyncio.sleep(0.05)


async def _kept(servers: Pair) -> list[str]:
    engine = open_engine(servers.url)
    with engine.connect() as db:
        found = db.execute(sa.text("SELECT message_id FROM inbox")).scalars().all()
    engine.dispose()
    return sorted(found)


def test_connections_to_a_server_that_takes_no_writes_any_more_are_left(postgres: str) -> None:
    """Another has taken its place. Its connections answer, so a pool that only asks whether they
    do would keep them for ever. Both ways that Seva writes: a change, and SQLAlchemy's."""
    empty(postgres)
    store, engine = PostgresDatabase(postgres, TABLES), open_engine(postgres)
    store.change(lambda db: db.execute("INSERT INTO taken_notes VALUES (1)"))
    before = {store.look(_backend), _written(engine, 2)}
    _take_writes(engine, "off")
    try:
        with pytest.raises(DatabaseAway):
            store.change(lambda db: db.execute("INSERT INTO taken_notes VALUES (3)"))
        with pytest.raises(sa.exc.DBAPIError):
            _written(engine, 3)
    finally:
        _take_writes(engine, "on")
    after = {store.look(_backend), _written(engine, 3)}
    store.close()
    engine.dispose()
    assert not before & after


@pytest.mark.parametrize("code", [NO_WRITES, ADMIN_SHUTDOWN])
def test_what_says_that_a_server_takes_nothing_now_is_no_mistake_of_ours(
    postgres: str, code: str
) -> None:
    """It counts as away, so that the change is tried again and nobody is told that it failed."""
    empty(postgres)
    store = PostgresDatabase(postgres, TABLES)

    def change(db: Transaction) -> None:
        if code == NO_WRITES:
            db.execute("SET TRANSACTION READ ONLY")
        else:
            store.look(
                lambda other: other.execute("SELECT pg_terminate_backend(?)", (_backend(db),))
            )
        db.execute("INSERT INTO taken_notes VALUES (1)")

    with pytest.raises(DatabaseAway) as away:
        store.change(change)
    store.change(lambda db: db.execute("INSERT INTO taken_notes VALUES (1)"))
    store.close()
    cause = away.value.__cause__
    gone = code == ADMIN_SHUTDOWN and "closed the connection" in str(cause)  # it says no more
    assert gone or getattr(cause, "pgcode", None) == code


async def test_a_server_that_begins_again_is_away_until_it_has() -> None:
    """57P03, cannot_connect_now, comes before anything else can be asked."""
    async with pair() as servers:
        store = PostgresDatabase(servers.url, TABLES)
        store.change(lambda db: db.execute("INSERT INTO taken_notes VALUES (1)"))
        for name in servers.nodes:
            servers.supervisor.kill(name)
        with pytest.raises(DatabaseAway):
            store.change(lambda db: db.execute("INSERT INTO taken_notes VALUES (2)"))
        for name in servers.nodes:
            await servers.supervisor.up(name)
        await store.run(lambda db: db.execute("INSERT INTO taken_notes VALUES (2)"))
        found = store.look(
            lambda db: db.execute("SELECT id FROM taken_notes ORDER BY id").fetchall()
        )
        store.close()
    assert [row[0] for row in found] == [1, 2]


def _backend(db: Transaction) -> int:
    row = db.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def _written(engine: sa.engine.Engine, number: int) -> int:
    with engine.begin() as db:
        db.execute(sa.text(f"INSERT INTO taken_notes VALUES ({number})"))
        return int(db.execute(sa.text("SELECT pg_backend_pid()")).scalar())


def _take_writes(engine: sa.engine.Engine, state: str) -> None:
    """Of the whole server, from the next transaction of every connection."""
    value = {"on": "off", "off": "on"}[state]
    with engine.connect() as lent:
        db = lent.execution_options(isolation_level="AUTOCOMMIT")
        db.execute(sa.text("SET default_transaction_read_only = off"))
        db.execute(sa.text(f"ALTER SYSTEM SET default_transaction_read_only = {value}"))
        db.execute(sa.text("RESET default_transaction_read_only"))
        db.execute(sa.text("SELECT pg_reload_conf()"))
        asked = sa.text("SHOW default_transaction_read_only")
        for attempt in stamina.retry_context(on=AssertionError, timeout=30, attempts=None):
            with attempt:
                assert db.execute(asked).scalar() == value
