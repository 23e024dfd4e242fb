"""Pair 2 of the inbox, with data of the version before it and with its code at work beside."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.inbox.schema import TABLES
from api.inbox.store import StoredInbox
from nlu.storage.migrations.commands import before_command, down_command
from nlu.storage.migrations.store import Store, standing
from nlu.storage.migrations.version import Version, WrongVersion, known_version
from tests.inbox.worker_fakes import (
    Clock,
    DrainingWorker,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    open_store,
)
from tests.migrations.notes import shape
from tests.migrations.playback import OldCode
from tests.migrations.record import START

LATER = START + 10_000
"""When all leases of the history are over."""


@pytest.fixture
def store(url: str) -> Store:
    return Store(TABLES, url)


def upgraded(store: Store) -> None:
    assert before_command([store], dry_run=False) == 0
    assert standing(store).version == known_version(TABLES)


def taken_back(store: Store, *, lose_data: bool = False) -> int:
    return down_command(
        store, 1, after_only=False, lose_data=lose_data, dry_run=False, confirm=lambda _: True
    )


@asynccontextmanager
async def new_code(
    whatsapp: FakeWhatsApp, now: float = LATER
) -> AsyncIterator[tuple[StoredInbox, DrainingWorker]]:
    clock = Clock(now)
    inbox = open_store(Path(inbox_file()), clock)
    yield inbox, make_worker(inbox, FakeEngine(), whatsapp, clock)
    await inbox.close()


def inbox_file() -> str:
    """Of SQLite; PostgreSQL has none."""
    return os.environ["SEVA_DATABASE_URL"].removeprefix("sqlite:///")


async def test_what_waited_is_answered_after_the_upgrade(old: OldCode, store: Store) -> None:
    upgraded(store)
    whatsapp = FakeWhatsApp()
    async with new_code(whatsapp) as (inbox, worker):
        assert await inbox.tracker(message(1).lane) == "2"
        await worker.drain()
        assert "echo text 6" in whatsapp.texts()
        assert (await inbox.depth()).waiting == 0
        assert await inbox.put([message(6, citizen="IN.5")]) == 0  # it is known


def test_upgrade_changes_no_row(old: OldCode, store: Store) -> None:
    rows = old.rows()
    upgraded(store)
    assert {name: _without_trace(of) for name, of in old.rows().items()} == rows


async def test_old_code_works_beside_new_code(old: OldCode, store: Store) -> None:
    """An old gateway and an old worker go on as if nothing had happened, and then new ones too."""
    upgraded(store)
    old.opens()
    old.play("gateway")
    old.play("worker")
    whatsapp = FakeWhatsApp()
    async with new_code(whatsapp) as (inbox, worker):
        await inbox.put([message(8, citizen="IN.6")])
        await worker.drain()
        assert "echo text 8" in whatsapp.texts()
        assert await inbox.tracker(message(8, citizen="IN.6").lane) == "2"  # the old one's was 1


async def test_new_worker_answers_what_an_old_gateway_took(old: OldCode, store: Store) -> None:
    upgraded(store)
    old.play("gateway")
    whatsapp = FakeWhatsApp()
    async with new_code(whatsapp) as (_, worker):
        await worker.drain()
    assert "echo text 7" in whatsapp.texts()


async def test_old_worker_answers_what_a_new_gateway_took(old: OldCode, store: Store) -> None:
    """The new gateway says exactly what the old one would have said, but for what it seals."""
    upgraded(store)
    now = START + 120 + 10
    async with new_code(FakeWhatsApp(), now) as (inbox, _):
        await inbox.put([message(7, citizen="IN.6")])
    old.play("worker")


async def test_downgraded_tables_are_those_of_before_with_their_rows(
    old: OldCode, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    before, rows = shape(store.url), old.rows()
    upgraded(store)
    assert taken_back(store) == 0
    assert shape(store.url) == before and old.rows() == rows
    old.opens()
    old.play("gateway")
    old.play("worker")


def test_downgrade_loses_traces_only_where_it_is_told_to(
    old: OldCode, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    upgraded(store)
    old.ask("UPDATE outbox SET trace = '00-1-2-01' WHERE seq < 3 RETURNING seq")
    assert taken_back(store) == 1
    assert "2 traces of replies" in capsys.readouterr().err
    assert standing(store).version == known_version(TABLES)
    assert taken_back(store, lose_data=True) == 0
    assert standing(store).version == Version(1)


def test_tables_of_the_version_before_are_taken_over(old: OldCode, store: Store) -> None:
    found = standing(store)
    assert not found.adopted and not found.ready and found.version == Version(1)
    later = [f"{number:04d}_before" for number in range(2, known_version(TABLES).before + 1)]
    assert [step.id for step in found.waiting("before")] == later


def test_a_file_is_brought_up_by_who_starts_and_postgresql_is_not(
    old: OldCode, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(inbox_file())
    if store.engine == "postgresql":
        with pytest.raises(WrongVersion, match="seva migrate before"):
            open_store(path, Clock())
        monkeypatch.setenv("SEVA_MIGRATE", "always")
    else:
        monkeypatch.setenv("SEVA_MIGRATE", "never")
        with pytest.raises(WrongVersion, match="seva migrate before"):
            open_store(path, Clock())
        monkeypatch.delenv("SEVA_MIGRATE")
    open_store(path, Clock())._database.close()
    assert standing(store).version == known_version(TABLES)


async def test_old_code_opens_what_new_code_made(url: str) -> None:
    """A version that is rolled back on its first day."""
    await open_store(Path(inbox_file()), Clock()).close()
    old = OldCode(1, url)
    if old.engine == "postgresql":
        old.ask("CREATE TABLE table_versions (name TEXT, version INTEGER)")
        old.ask("INSERT INTO table_versions VALUES ('inbox', 3)")
    old.opens()
    old.play("history")
    old.play("gateway")
    old.play("worker")


# Files of older versions than the one that PostgreSQL began with.


def test_file_of_version_2_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "two.sqlite"
    old = OldCode(1, f"sqlite:///{path}")
    old.make()
    old.play("history")
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE outbox DROP COLUMN refused")
        db.execute("DROP TABLE quiet")
        db.execute("DROP TABLE told")
        db.execute("ALTER TABLE clock ADD COLUMN told REAL")
        db.execute("PRAGMA user_version = 2")
    count = len(old.ask("SELECT * FROM outbox"))
    open_store(path, Clock())._database.close()
    assert [row["refused"] for row in old.ask("SELECT refused FROM outbox")] == [""] * count
    assert old.ask("SELECT * FROM quiet") == [] == old.ask("SELECT * FROM told")
    assert standing(Store(TABLES, f"sqlite:///{path}")).version == known_version(TABLES)


def test_file_of_version_1_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Its messages are not sealed and have no time of their own."""
    path = tmp_path / "one.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE inbox (seq INTEGER PRIMARY KEY, message_id TEXT NOT NULL)")
    with pytest.raises(WrongVersion, match=r"one.sqlite: the table `inbox` has no `lane`.*too old"):
        open_store(path, Clock())
    assert OldCode(1, f"sqlite:///{path}").ask("SELECT name FROM sqlite_master") == [
        {"name": "inbox"}
    ]


def _without_trace(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    kept = [{name: value for name, value in row.items() if name != "trace"} for row in rows]
    return sorted(kept, key=str)
