"""Processes that open a new file at the same moment all get its write-ahead log."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from nlu.storage.write_ahead import write_ahead

AT_ONCE, ROUNDS = 12, 40


def opened_at_once(path: Path, switch: Callable[[sqlite3.Connection], object]) -> list[str]:
    """The journal mode that each of many connections ends with; `locked` where it failed."""
    together = threading.Barrier(AT_ONCE)

    def start(_: int) -> str:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            together.wait()
            try:
                switch(connection)
            except sqlite3.OperationalError:
                return "locked"
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(start, range(AT_ONCE)))


@pytest.mark.slow
def test_many_connections_switch_a_new_file_at_once(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        modes = opened_at_once(tmp_path / f"{number}.sqlite", write_ahead)
        assert modes == ["wal"] * AT_ONCE


def test_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.DatabaseError):
        write_ahead(connection)


def test_no_warning_goes_to_the_log_of_a_first_start(tmp_path: Path) -> None:
    code = (
        "import sqlite3, sys; from nlu.storage.write_ahead import write_ahead;"
        "write_ahead(sqlite3.connect(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "new.sqlite")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_files_are_private_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        write_ahead(connection)
        connection.execute("CREATE TABLE a (b)")
        connection.commit()
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("new.sqlite", "new.sqlite-wal", "new.sqlite-shm"), 0o600)
