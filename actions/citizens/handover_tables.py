"""Tables of the requests that were handed over to a person, and of what was said about them.

A request with an open `closed` waits until `officer` names who claimed it. `talker` is the hash of
its citizen while they talk with that officer and the bot is silent. It is unique, so that a citizen
talks with one officer at a time, and its index is all that a turn looks at. An empty `kind` is that
of a handover, as older Sevas leave it.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from nlu.storage.database import Tables
from nlu.storage.sealed_table import unreadable_column

FILE = "handover.sqlite"
_METADATA = sa.MetaData()
HANDOVERS = sa.Table(
    "handover",
    _METADATA,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, nullable=False, unique=True),
    sa.Column("opened", sa.Float(53), nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    unreadable_column(),
    sa.Column("mine", sa.Text),
    sa.Column("department", sa.Text),
    sa.Column("officer", sa.Text),
    sa.Column("talker", sa.Text),
    sa.Column("claimed", sa.Float(53)),
    sa.Column("ended", sa.Float(53)),
    sa.Column("reason", sa.Text),
    sa.Column("rating", sa.Integer),
    sa.Column("entries", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("wrote", sa.Float(53)),
    sa.Column("answered", sa.Float(53)),
    sa.Column("kind", sa.Text),
    sa.Index("handover_talker", "talker", unique=True),
    sa.Index("handover_mine", "mine"),
    sa.Index("handover_department", "department", "closed", "opened"),
    sa.Index("handover_of_officer", "officer", "closed", "opened"),
)
TALK = sa.Table(
    "handover_talk",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("at", sa.Float(53), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("officer", sa.Text),
    sa.Column("sending", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    unreadable_column(),
    sa.UniqueConstraint("number", "place"),
    sa.Index("handover_talk_sending", "sending", "number", "place"),
)
OFFICERS = sa.Table(
    "handover_officer",
    _METADATA,
    sa.Column("officer", sa.Text, primary_key=True),
    sa.Column("departments", sa.Text, nullable=False),
    sa.Column("seen", sa.Float(53), nullable=False),
)
TABLES = Tables("handovers", _METADATA, Path(__file__).parents[1] / "migrations" / "handovers")
