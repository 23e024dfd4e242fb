"""The database of messages: what fails silently in it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.inbox import schema
from api.inbox.store import StoredInbox
from nlu.storage.database import Database
from nlu.storage.keys import new_key
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from tests.doctor.site import Site
from tests.inbox.worker_fakes import POLICY, Clock, message
from tests.postgres import another, empty

HOUR = 3600.0
CHECKS = (
    *("database", "sealed-messages", "waiting-messages", "dead-letters", "unsent-replies"),
    *("statuses", "write-ahead-log", "clock"),
)


def database(site: Site, clock: Clock | None = None) -> Database:
    url = site.environ.get("SEVA_DATABASE_URL")
    if url is not None:
        return PostgresDatabase(url, schema.TABLES, clock=clock)
    return SqliteDatabase(site.database, schema.TABLES, clock=clock)


def received(site: Site, count: int = 1, ago: float = 0.0) -> None:
    """Messages that came so many seconds ago, kept as `seva serve` keeps them."""

    async def put() -> None:
        inbox = StoredInbox(database(site, Clock(time.time() - ago)), POLICY)
        await inbox.put([message(n, citizen=f"IN.{n}") for n in range(count)])
        await inbox.close()

    asyncio.run(put())


def opened(site: Site) -> None:
    """As a process that starts opens it, with the clock of the file."""
    asyncio.run(StoredInbox(database(site), POLICY).close())


def change(site: Site, statement: str, *values: object) -> None:
    with sqlite3.connect(site.database) as db:
        db.execute(statement, values)
    db.close()


def replies(site: Site, state: int, ago: float, count: int = 1, reason: str | None = None) -> None:
    for n in range(count):
        change(
            site,
            "INSERT INTO outbox (inbox_id, step, tracker, lane, body, state, created_at, reason) "
            "VALUES (?, 0, ?, 'IN.1', '', ?, ?, ?)",
            *(f"wamid.{n}", f"tracker-{n}", state, time.time() - ago, reason),
        )


def test_a_sound_database_is_well(site: Site) -> None:
    assert all(site.result(name).not_looked for name in CHECKS)
    opened(site)
    received(site)
    assert {name for name in CHECKS if not site.well(name)} == set()


def test_messages_wait_in_postgresql(site: Site, postgres: str) -> None:
    empty(postgres)
    site.environ["SEVA_DATABASE_URL"] = postgres
    assert site.result("waiting-messages").not_looked  # and no table was made
    received(site, 2, ago=HOUR)
    assert "2 messages wait" in site.only("waiting-messages").what
    assert site.well("database") and site.well("clock") and site.well("statuses")
    assert site.result("sealed-messages").not_looked


def test_postgresql_that_does_not_answer(site: Site) -> None:
    site.environ["SEVA_DATABASE_URL"] = "postgresql://seva:hush@127.0.0.1:1/seva"
    found = site.only("database")
    assert found.severity == "critical" and "hush" not in str(found)


def test_messages_wait_in_each_of_two_databases(site: Site, postgres: str) -> None:
    empty(postgres)
    urls = (postgres, another(postgres, "second"))
    for count, url in enumerate(urls, 2):
        site.environ["SEVA_DATABASE_URL"] = url
        received(site, count, ago=HOUR)
    site.environ["SEVA_DATABASE_URL"] = " ".join(urls)
    found = site.result("waiting-messages").findings
    assert [one.what.partition(" wait")[0] for one in found] == ["2 messages", "3 messages"]
    assert site.well("database")


def test_one_of_two_databases_that_does_not_answer(site: Site, postgres: str) -> None:
    empty(postgres)
    site.environ["SEVA_DATABASE_URL"] = f"{postgres} postgresql://seva:hush@127.0.0.1:1/seva"
    found = site.only("database")
    assert found.what.startswith("database 2 of 2") and "of its citizens" in found.why
    assert "hush" not in str(found)


@pytest.mark.parametrize("content", [b"no database at all", bytes(4096)])
def test_a_file_that_is_no_database(content: bytes, site: Site) -> None:
    site.database.write_bytes(content)
    found = site.result("database").findings
    assert [one.severity for one in found] == ["critical"]


def test_a_broken_database(site: Site) -> None:
    received(site, 20)
    content = bytearray(site.database.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    site.database.write_bytes(content)
    assert "broken" in site.only("database").what


def test_sealed_rows_without_a_key(site: Site) -> None:
    """The next start would make a new key by itself, and nothing would say that rows are lost."""
    received(site, 3)
    assert site.well("sealed-messages")
    (site.var / "sealing.key").unlink()
    found = site.only("sealed-messages")
    assert found.severity == "critical" and "no sealing key, although messages" in found.what
    assert not (site.var / "sealing.key").exists()


def test_another_key_than_the_rows(site: Site) -> None:
    received(site, 3)
    (site.var / "sealing.key").write_text(new_key())
    found = site.only("sealed-messages")
    assert "opens 3 of 3 messages" in found.what and found.severity == "critical"


def test_a_variable_that_hides_the_key_of_the_file(site: Site) -> None:
    received(site, 3)
    site.environ["SEVA_SEALING_KEY"] = new_key()
    found = site.only("sealed-messages")
    assert found.mend.startswith(f"{site.var / 'sealing.key'} has the key: add it")
    assert site.environ["SEVA_SEALING_KEY"] not in str(found)


def test_a_malformed_key_file(site: Site) -> None:
    received(site)
    (site.var / "sealing.key").write_text("a passphrase that somebody typed")
    found = site.only("sealed-messages")
    assert "is no sealing key" in found.what and "passphrase" not in str(found)


def test_an_older_key_that_is_still_needed(site: Site) -> None:
    received(site)
    file = site.var / "sealing.key"
    file.write_text(f"{new_key()}\n{file.read_text()}\n")
    found = site.only("sealed-messages")
    assert found.severity == "notice" and "keys reseal" in found.mend


def test_messages_that_wait_without_a_worker(site: Site) -> None:
    received(site, 4, ago=HOUR)
    found = site.only("waiting-messages")
    assert found.severity == "critical" and "4 messages wait, the oldest for 60 minutes" in (
        found.what
    )
    assert found.mend == "start `seva worker`"


def test_messages_that_wait_although_a_worker_runs(site: Site) -> None:
    received(site, ago=HOUR)
    site.process(11, "worker")
    assert "troubles" in site.only("waiting-messages").mend


def test_messages_that_wait_for_a_lost_key(site: Site) -> None:
    received(site, ago=HOUR)
    change(site, "UPDATE inbox SET reason = 'unreadable: key'")
    assert "sealing key" in site.only("waiting-messages").mend


def test_dead_letters(site: Site) -> None:
    received(site, 2)
    change(site, "UPDATE inbox SET state = 2, reason = 'ValueError'")
    assert site.only("dead-letters").what == "2 messages were given up"


def test_replies_that_whatsapp_refuses(site: Site) -> None:
    opened(site)
    replies(site, schema.PENDING, HOUR, 3, "190")
    assert "3 replies have not gone" in site.only("unsent-replies").what
    assert "codes: 190" in site.only("unsent-replies").what


def test_replies_that_are_parked_or_new_are_none(site: Site) -> None:
    opened(site)
    replies(site, schema.PARKED, HOUR)
    change(site, "UPDATE outbox SET inbox_id = 'other', tracker = 'other'")
    replies(site, schema.PENDING, 10)
    assert site.well("unsent-replies")


def test_statuses_that_are_never_told(site: Site) -> None:
    """The webhook answered nobody, and all metrics of sending said `sent`."""
    opened(site)
    replies(site, schema.SENT, 2 * HOUR, 6)
    assert "6 replies were sent" in site.only("statuses").what
    change(site, "INSERT INTO told (one, at) VALUES (1, ?)", time.time())
    assert site.well("statuses")


def test_a_write_ahead_log_that_grows(site: Site) -> None:
    opened(site)
    site.limits["write_ahead_bytes"] = 100_000
    with sqlite3.connect(site.database) as reader, sqlite3.connect(site.database) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM inbox").fetchone()
        writer.execute("INSERT INTO quiet VALUES (?, 0)", ("x" * 200_000,))
        writer.commit()
        assert "-wal has" in site.only("write-ahead-log").what
    reader.close()
    writer.close()


@pytest.mark.parametrize("shift", [-2 * HOUR, 2 * HOUR])
def test_a_clock_that_was_set_since(shift: float, site: Site) -> None:
    opened(site)
    assert site.well("clock")
    change(site, "UPDATE clock SET shift = shift + ?", shift)
    assert f"{shift:+.0f} s from the machine's" in site.only("clock").what


def test_a_clock_from_the_future_of_another_start(site: Site) -> None:
    opened(site)
    change(site, "UPDATE clock SET boot = 'another', seen = ?", time.time() + 30 * HOUR)
    assert site.only("clock").severity == "trouble"
    change(site, "UPDATE clock SET seen = ?", time.time() - HOUR)
    assert site.well("clock")


@pytest.fixture
def snapshot(site: Site) -> Callable[[], dict[Path, tuple[int, bytes]]]:
    def taken() -> dict[Path, tuple[int, bytes]]:
        return {
            path: (path.stat().st_mtime_ns, path.read_bytes())
            for path in site.var.rglob("*")
            if path.is_file() and not path.name.endswith("-shm")
        }

    return taken


def test_nothing_is_changed_while_a_process_works(
    site: Site, snapshot: Callable[[], dict[Path, tuple[int, bytes]]]
) -> None:
    """With the files beside it that SQLite keeps for who has it open."""
    received(site)

    async def look() -> None:
        inbox = StoredInbox(database(site), POLICY)
        await inbox.put([message(99, citizen="IN.99")])
        before = snapshot()
        assert {site.result(name).check.name for name in CHECKS} == set(CHECKS)
        assert site.well("database") and snapshot() == before
        await inbox.close()

    asyncio.run(look())
    before = snapshot()
    assert site.well("database") and snapshot() == before
