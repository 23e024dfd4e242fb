"""Whoever is killed while it moves leaves empty databases and whole files, or what the same command
takes up again."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg2
import pytest

from tests.move.conftest import Files
from tests.move.test_move import content, in_database

_PATIENCE_S = 120


def tables(url: str) -> list[str]:
    with closing(psycopg2.connect(url)) as db, db.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in cursor.fetchall()]


def wait_until_alone(url: str) -> None:
    """The server notices after a while that a client is gone."""
    until = time.monotonic() + _PATIENCE_S
    query = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'"
    while True:
        with closing(psycopg2.connect(url)) as db, db.cursor() as cursor:
            cursor.execute(query)
            if cursor.fetchall() == [(0,)]:
                return
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
    """As the operator runs it; the databases' own look says that it is in the middle."""
    before = content(files)
    running = files.process("nlu.cli", "migrate", "move", **files.moved)
    until = time.monotonic() + _PATIENCE_S
    begun = (
        "SELECT COUNT(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
        " AND (query LIKE 'INSERT INTO%' OR query LIKE 'FETCH%') AND pid <> pg_backend_pid()"
    )
    with closing(psycopg2.connect(files.urls)) as db, db.cursor() as cursor:
        while True:
            cursor.execute(begun)
            if cursor.fetchall() != [(0,)]:
                break
            db.rollback()
            assert running.poll() is None and time.monotonic() < until
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


def test_processes_that_start_meanwhile_wait(files: Files) -> None:
    """On PostgreSQL they want to make their tables, and find those that were moved."""
    with closing(psycopg2.connect(files.urls)) as db, db.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(5783651)")
        moves = files.process("nlu.cli", "migrate", "move", **files.moved)
        until = time.monotonic() + _PATIENCE_S
        while True:
            cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchall() == [(1,)]:
                break
            assert moves.poll() is None and time.monotonic() < until
        assert moves.poll() is None
        db.rollback()
    moves.communicate(timeout=_PATIENCE_S)
    assert moves.returncode == 0
