"""SQLite's write-ahead log, for files that several processes may open at the same moment."""

from __future__ import annotations

import sqlite3

import stamina

_WAIT_S = 10.0


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switches the file to its write-ahead log, and keeps it so for all who open it later.

    Where two processes switch a new file at once, SQLite fails without waiting for the other
    (https://sqlite.org/wal.html, section 8), so it is tried again. Raises
    `sqlite3.OperationalError` when that helps nothing for ten seconds.
    """
    tries = stamina.retry_context(
        on=sqlite3.OperationalError, attempts=None, timeout=_WAIT_S, wait_initial=0.01, wait_max=0.2
    )
    for attempt in tries:
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")
