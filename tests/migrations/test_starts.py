"""Processes that start at once, and one that is killed in the middle of a step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.inbox.schema import TABLES
from nlu.storage.migrations.store import Store, standing
from nlu.storage.migrations.version import known_version
from nlu.storage.tables import open_engine
from tests.migrations.playback import OldCode

pytestmark = pytest.mark.slow
PROCESSES = 4
STARTS = """
import sys
from tests.migrations.record import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1], None).close()
"""
IS_KILLED = """
import os, signal, sys
import sqlalchemy as sa

def look(connection, cursor, statement, *more):
    if "ALTER TABLE outbox ADD COLUMN trace" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(sa.engine.Engine, "before_cursor_execute", look)
from tests.migrations.record import open_database
open_database(sys.argv[1], None)
"""


def started(url: str) -> list[int]:
    """Several processes open the inbox at the same moment; their exit codes."""
    command = [sys.executable, "-c", STARTS, url]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for one in running:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    codes = []
    for one in running:
        one.communicate(timeout=60)
        codes.append(one.returncode)
    return codes


def remembered(url: str) -> list[str]:
    engine = open_engine(url)
    with engine.connect() as db:
        rows = db.execute(sa.text("SELECT version_num FROM alembic_version_inbox")).fetchall()
    engine.dispose()
    return [row[0] for row in rows]


def test_new_tables_are_made_once(url: str) -> None:
    assert started(url) == [0] * PROCESSES
    assert remembered(url) == [f"{known_version(TABLES).before:04d}_before"]


def test_old_tables_are_brought_up_once(
    old: OldCode, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_MIGRATE", "always")
    assert started(url) == [0] * PROCESSES
    assert remembered(url) == [f"{known_version(TABLES).before:04d}_before"]
    old.play("gateway")


def test_a_process_killed_in_the_middle_leaves_what_was_there(
    old: OldCode, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking over and the first half of the step are taken back; old code never noticed."""
    monkeypatch.setenv("SEVA_MIGRATE", "always")
    rows = old.rows()
    done = subprocess.run([sys.executable, "-c", IS_KILLED, url], timeout=60)
    assert done.returncode == -9
    assert not standing(Store(TABLES, url)).adopted and old.rows() == rows
    old.play("gateway")
    assert started(url) == [0] * PROCESSES
    assert standing(Store(TABLES, url)).version == known_version(TABLES)
    old.play("worker")
