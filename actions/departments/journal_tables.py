"""The two tables of the journal."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from nlu.storage.database import Tables
from nlu.storage.sealed_table import unreadable_column

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
    sa.Column(
        "citizen", sa.String(64)
    ),  # keyed hash of who asked; null once they want it forgotten
    unreadable_column(),
    sa.Index("department_writes_due", "due_at"),
    sa.Index("department_writes_citizen", "citizen", "sent_by"),
)
NONCES = sa.Table(
    "department_nonces",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen_at", sa.Float(53), nullable=False),
)
TABLES = Tables("journal", METADATA, Path(__file__).parents[1] / "migrations" / "journal")
