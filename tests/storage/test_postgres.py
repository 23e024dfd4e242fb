"""Connections of PostgreSQL that are lost between transactions, in one, and at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from nlu.storage.database import DatabaseAway, Tables, Transaction
from nlu.storage.postgres import PostgresDatabase
from tests.postgres import empty

_TABLES = Tables("said", "CREATE TABLE IF NOT EXISTS said (word TEXT NOT NULL);")
_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid != pg_backend_pid() AND backend_type = 'client backend'"
)
_END_AT_COMMIT = """
CREATE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON said DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION end_it();
"""


@pytest.fixture
def database(postgres: str) -> Iterator[PostgresDatabase]:
    """With a table of its own, and all connections of its pool in use before."""
    empty(postgres)
    found = PostgresDatabase(postgres, _TABLES)
    yield found
    found.close()


def _say(word: str) -> object:
    return lambda db: db.execute("INSERT INTO said VALUES (?)", (word,))


def _said(database: PostgresDatabase) -> list[str]:
    rows = database.look(lambda db: db.execute("SELECT word FROM said").fetchall())
    return [row["word"] for row in rows]


def _ask(url: str, sql: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.text(sql))
    engine.dispose()


async def _use_all(database: PostgresDatabase) -> None:
    wait = "SELECT pg_sleep(0.05)"
    await asyncio.gather(*(database.read(lambda db: db.execute(wait)) for _ in range(8)))


@pytest.mark.parametrize("first", ["read", "change"])
async def test_connections_that_were_lost_meanwhile_cost_nothing(
    database: PostgresDatabase, postgres: str, first: str
) -> None:
    await _use_all(database)
    _ask(postgres, _END_OTHERS)
    if first == "read":
        assert _said(database) == []
    database.change(_say("నమస్తే"))
    assert _said(database) == ["నమస్తే"]


def test_a_change_that_lost_its_connection_is_done_once(
    database: PostgresDatabase, postgres: str
) -> None:
    tries = []

    def change(db: Transaction) -> None:
        tries.append(1)
        db.execute("INSERT INTO said VALUES (?)", (f"{len(tries)}",))
        if len(tries) == 1:
            _ask(postgres, _END_OTHERS)
        db.execute("INSERT INTO said VALUES (?)", ("end",))

    database.change(change)
    assert _said(database) == ["2", "end"]


def test_a_connection_lost_in_the_commit_is_told_and_nothing_is_done_again(
    database: PostgresDatabase, postgres: str
) -> None:
    _ask(postgres, _END_AT_COMMIT)
    tries = []

    def change(db: Transaction) -> None:
        tries.append(1)
        db.execute("INSERT INTO said VALUES (?)", ("once",))

    with pytest.raises(DatabaseAway):
        database.change(change)
    assert tries == [1]
    _ask(postgres, "DROP TRIGGER at_commit ON said")
    database.change(_say("after"))
    assert _said(database) == ["after"]


def test_a_read_sees_what_was_committed_and_changes_nothing_else(
    database: PostgresDatabase,
) -> None:
    """A read begins no transaction, and a change after it does: it is undone as a whole."""
    assert _said(database) == []

    def broken(db: Transaction) -> None:
        db.execute("INSERT INTO said VALUES (?)", ("half",))
        raise KeyError("the rest")

    for _ in range(3):
        with pytest.raises(KeyError):
            database.change(broken)
        assert _said(database) == []
