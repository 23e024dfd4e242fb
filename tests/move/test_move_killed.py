"""Whoever is killed while it moves leaves empty databases and whole files, or what the same command
takes up again."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing

import psycopg2
import pytest

from api.inbox import schema
from tests.move.conftest import Files
from tests.move.test_move import content, in_database

_PATIENCE_S = 120


def tables(url: str) -> list[str]:
    with closing(psycopg2.connect(url)) as db, db.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in cursor.fetchall()]


def wait_until_alone(url: str) -> None:
    """The server notices after a while that a client is gone."""
    wait_for(url, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'", 0)


def wait_for(url: str, query: str, count: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    with closing(psycopg2.connect(url)) as db, db.cursor() as cursor:
        while True:
            cursor.execute(query)
            if cursor.fetchall() == [(count,)]:
                return
            db.rollback()
            assert time.monotonic() < until
            time.sleep(0.02)


def killed(files: Files, moment: str) -> None:
    dead = files.process("tests.move.dying", moment, **files.moved)
    dead.communicate(timeout=_PATIENCE_S)
    assert dead.returncode == -9
    for url in files.urls.split():
        wait_until_alone(url)


@pytest.mark.parametrize("moment", ["filled", "between", "ended", "renaming"])
def test_the_same_command_goes_on(shards: Files, moment: str) -> None:
    before = content(shards)
    killed(shards, moment)
    filled = [bool(tables(url)) for url in shards.urls.split()]
    assert filled == [moment != "filled", moment not in ("filled", "between")]
    if moment != "renaming":
        assert not [*shards.var.rglob("*.moved")]
        assert content(shards) == before
    said = shards.move()
    assert said.count("had been filled before") == sum(filled)
    assert in_database(shards) == before == content(shards, ".moved")
    assert not [*shards.var.rglob("*.sqlite")]


def test_killed_while_it_copies(files: Files) -> None:
    """As the operator runs it, at whatever moment it is then."""
    before = content(files)
    running = files.process("nlu.cli", "migrate", "move", **files.moved)
    wait_for(files.urls, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'", 1)
    running.kill()
    running.wait()
    wait_until_alone(files.urls)
    assert tables(files.urls) == [] and content(files) == before
    files.move()
    assert in_database(files) == before


def test_work_in_a_database_that_was_filled_is_not_written_over(files: Files) -> None:
    """Somebody started the processes after a move that was cut short."""
    killed(files, "ended")
    with closing(psycopg2.connect(files.urls)) as db, db.cursor() as cursor:
        cursor.execute("UPDATE citizens SET language = 'hi'")
        db.commit()
    said = files.move(code=1)
    assert "is not empty: it has rows in" in said and "Nothing was moved" in said
    assert not [*files.var.rglob("*.moved")]


def test_a_process_that_starts_meanwhile_waits_and_finds_all(files: Files) -> None:
    """It wants to make its tables, and that is one at a time."""
    still = files.process("tests.move.dying", "still", **files.moved)
    try:
        wait_for(files.urls, "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'", 1)
        os.waitid(os.P_PID, still.pid, os.WSTOPPED | os.WNOWAIT)
        early = files.process("tests.backup.town", "rest", str(files.book), **files.moved)
        wait_for(files.urls, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted", 1)
        assert early.poll() is None and tables(files.urls) == []
    finally:
        still.send_signal(signal.SIGCONT)
    still.communicate(timeout=_PATIENCE_S)
    early.communicate(timeout=_PATIENCE_S)
    assert still.returncode == early.returncode == 0
    assert content(files, ".moved").keys() == in_database(files).keys()
    assert {row["state"] for row in in_database(files)["inbox"]} == {schema.DONE, schema.DEAD}
