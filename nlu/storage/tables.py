"""Tables of SQLAlchemy on SQLite or PostgreSQL: ready from the start, kept durably.

SQLite files are private, in write-ahead mode, and what is deleted is overwritten.
"""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from nlu.storage.database import Tables
from nlu.storage.migrations.readiness import are_ready, open_schema
from nlu.storage.moved import refuse_moved
from nlu.storage.write_ahead import make_durable

IN_MEMORY = "sqlite://"
"""Tables that are gone with their process: for tests and tools."""
SLICE = 500
"""Rows that one transaction deletes: others wait for no more than these."""
_PAUSE = 0.02
"""Seconds between two such transactions, in which others come to write."""
NO_WRITES = "25006"
"""What PostgreSQL calls a write to a server that takes none: appendix A, read_only_sql_transaction.
"""
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
"""With PostgreSQL: seconds for each server to be reached, milliseconds for it to answer a packet.
A machine that is gone says nothing."""
_SEVERAL_HOSTS = re.compile(r"(postgresql[^:]*://(?:[^@/]*@)?)([^/?@]*,[^/?@]*)(/[^?]*)?(\?.*)?")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(\d+))?")


def file_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path.resolve()}"


def open_tables(url: str, tables: Tables) -> sa.engine.Engine:
    """An engine with tables that are made or brought up where they must be. Processes that start at
    once take turns. Raises ValueError for tables that this Seva cannot work with."""
    engine = open_engine(url)
    try:
        open_schema(engine, tables)
    except BaseException:
        engine.dispose()
        raise
    return engine


def make_ready(file: sqlite3.Connection, tables: Tables) -> None:
    """The same for a SQLite file that is open and not in a transaction. Raises ValueError for
    tables that this Seva cannot work with, and `sqlite3.Error`."""
    if are_ready(lambda sql: file.execute(sql).fetchall(), "sqlite", tables):
        return
    ((_, _, path),) = file.execute("PRAGMA database_list").fetchall()
    try:
        open_tables(file_url(Path(path)), tables).dispose()
    except sa.exc.DBAPIError as error:
        raise error.orig from error


def open_engine(url: str, **pool: Any) -> sa.engine.Engine:
    """An engine whose commits are on disk when they return. `pool`: for PostgreSQL, as SQLAlchemy
    takes it. Raises ValueError for a file that was moved into PostgreSQL."""
    settings: dict[str, Any] = {"future": True, "hide_parameters": True}
    if not url.startswith("sqlite"):
        settings |= {"pool_pre_ping": True, "connect_args": _PATIENCE, **pool}
        server = sa.create_engine(one_form(url), **settings)
        sa.event.listen(server, "handle_error", _leave_if_it_takes_no_writes)
        return server
    # Connections stay open, each lent to one thread at a time; in memory there is only one.
    alone = {"pool_size": 1, "max_overflow": 0} if url == IN_MEMORY else {}
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        connect_args={"check_same_thread": False},
        **alone,
        **settings,
    )
    if url != IN_MEMORY:
        file = Path(engine.url.database or "")
        refuse_moved(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        sa.event.listen(engine, "connect", lambda connection, _: make_durable(connection))
    return engine


def shown(url: str) -> str:
    """A URL as an operator knows it, without its password."""
    return sa.engine.make_url(one_form(url)).render_as_string()


def one_form(url: str) -> str:
    """`u@one:5432,two:5432/db`, as libpq writes several servers, in the form that SQLAlchemy
    reads."""
    found = _SEVERAL_HOSTS.fullmatch(url)
    if found is None:
        return url
    begin, listed, name, query = found.groups()
    places = [_HOST.fullmatch(one) for one in listed.split(",")]
    if not all(places):
        return url
    hosts = ",".join(place[1].strip("[]") for place in places if place)
    ports = ",".join(place[2] or "5432" for place in places if place)
    return f"{begin}{name or '/'}{query + '&' if query else '?'}host={hosts}&port={ports}"


def _leave_if_it_takes_no_writes(context: sa.engine.ExceptionContext) -> None:
    """Another server has taken its place: its connections answer, and would be kept for ever."""
    if getattr(context.original_exception, "pgcode", None) == NO_WRITES:
        context.is_disconnect = True


def insert_into(engine: sa.engine.Engine, table: sa.Table) -> Any:
    """An INSERT that may say what to do where the row is there already."""
    kinds = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return kinds[engine.dialect.name](table)


def delete_in_slices(engine: sa.engine.Engine, table: sa.Table, where: Any) -> int:
    """Deletes rows, a transaction for every `SLICE` of them; how many. Others write in between."""
    (key,) = table.primary_key.columns
    some = sa.select(key).where(where).limit(SLICE)
    gone = 0
    while True:
        with engine.begin() as db:
            # `where` once more: a row may have changed since it was chosen.
            done = db.execute(table.delete().where(key.in_(some.scalar_subquery()) & where))
        gone += done.rowcount
        if done.rowcount == 0:
            return gone
        time.sleep(_PAUSE)
