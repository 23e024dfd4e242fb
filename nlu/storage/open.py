"""Opens the database that a URL names, for stores whose tables have no clock of their own."""

from __future__ import annotations

import time
from pathlib import Path

from nlu.storage.database import Database, Tables
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase

SQLITE = "sqlite:///"


def open_database(url: str, tables: Tables) -> Database:
    """A SQLite file goes by this machine's clock, PostgreSQL by its own. Raises ValueError for
    tables of another version, DatabaseAway, `sqlite3.Error`."""
    if not url.startswith(SQLITE):
        return PostgresDatabase(url, tables)
    file = Path(url.removeprefix(SQLITE))
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SqliteDatabase(file, tables, clock=time.time)
