"""How our SQLite files are opened: nobody else reads them, and several processes may write."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import stamina

from nlu.storage.moved import refuse_moved
from nlu.storage.private_file import make_private

_WAIT_S = 10.0


def make_durable(connection: sqlite3.Connection) -> None:
    """Every commit is on disk when it returns, other processes' writes are waited for, and what is
    deleted is overwritten. Raises `sqlite3.OperationalError`, as `write_ahead`."""
    write_ahead(connection)
    for pragma in (
        "synchronous = FULL",
        f"busy_timeout = {1000 * _WAIT_S:.0f}",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def write_ahead(connection: sqlite3.Connection) -> None:
    """Makes the file private (0600) and switches it to its write-ahead log, for all who open it
    later. What SQLite keeps beside it is as private, and a new file has nothing in it yet.

    Where two processes switch a new file at once, SQLite fails without waiting for the other
    (https://sqlite.org/wal.html, section 8), so it is tried again. Raises
    `sqlite3.OperationalError` when that helps nothing for ten seconds.
    """
    for _, _, file in connection.execute("PRAGMA database_list"):
        if file:
            make_private(Path(file))
    tries = stamina.retry_context(
        on=sqlite3.OperationalError, attempts=None, timeout=_WAIT_S, wait_initial=0.01, wait_max=0.2
    )
    for attempt in tries:
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def connect(path: Path) -> sqlite3.Connection:
    """A durable connection to a file that is for its owner alone. Raises ValueError where what it
    held was moved into PostgreSQL."""
    refuse_moved(path)
    make_private(path)
    connection = sqlite3.connect(
        path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    make_durable(connection)
    return connection
