"""The two tables of the journal, and the engine: commits are on disk when they return."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from nlu.storage.write_ahead import write_ahead

IN_MEMORY = "sqlite://"
"""A journal that is gone with its process: for tests and tools."""

METADATA = sa.MetaData()
WRITES = sa.Table(
    "department_writes",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("sent_by", sa.Float(53), nullable=False),
    sa.Column("due_at", sa.Float(53)),
    sa.Column("until", sa.Float(53)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("department_writes_due", "due_at"),
)
NONCES = sa.Table(
    "department_nonces",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen_at", sa.Float(53), nullable=False),
)


_TURN = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(5783651)",  # any number, the same for all
}


def open_tables(url: str, metadata: sa.MetaData) -> sa.engine.Engine:
    """An engine with tables that are made where they are missing. Processes that start at once
    take turns: two that found none would both make them, and one would fail."""
    engine = open_engine(url)
    with engine.connect() as db:
        db.exec_driver_sql(_TURN[engine.dialect.name])
        metadata.create_all(db)
        db.commit()
    return engine


def open_engine(url: str) -> sa.engine.Engine:
    """An engine whose commits are on disk when they return."""
    if url == IN_MEMORY:  # one connection, lent to one thread at a time
        return sa.create_engine(
            url,
            future=True,
            poolclass=sa.pool.QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
    engine = sa.create_engine(url, future=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _: object) -> None:
    write_ahead(connection)
    for pragma in ("synchronous = FULL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
