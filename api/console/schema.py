"""The console's tables: who may come in, who is in, and what was done."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from nlu.settings.groups import Stored
from nlu.storage.database import Tables
from nlu.storage.keys import key_place
from nlu.storage.open import SQLITE
from nlu.storage.rotation import Ring
from nlu.storage.sealed_column import SealedColumn
from nlu.storage.tables import open_engine

FILE = "console.sqlite"
METADATA = sa.MetaData()
ACCOUNTS = sa.Table(
    "account",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False, unique=True),  # one name, one account
    sa.Column("roles", sa.Text, nullable=False),  # names, blanks between
    sa.Column("departments", sa.Text, nullable=False),
    sa.Column("email", sa.Text, unique=True),  # of who comes by OpenID
    sa.Column("password", sa.Text, nullable=False),  # Argon2; empty: by OpenID only
    sa.Column("secret", sa.Text),  # of one-time codes, sealed
    sa.Column("last_step", sa.BigInteger, nullable=False),  # of the code that was used last
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("made_at", sa.Float(53), nullable=False),
    sa.Column("closed_at", sa.Float(53)),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", sa.Float(53), nullable=False),
)
INVITATIONS = sa.Table(
    "invitation",
    METADATA,
    sa.Column("token", sa.Text, primary_key=True),  # its hash
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("departments", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("secret", sa.Text),
    sa.Column("ends_at", sa.Float(53), nullable=False),
)
SESSIONS = sa.Table(
    "console_session",
    METADATA,
    sa.Column("token", sa.Text, primary_key=True),  # its hash
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("began_at", sa.Float(53), nullable=False),
    sa.Column("seen_at", sa.Float(53), nullable=False),
)
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),  # a random one: it goes into the digest
    sa.Column("at", sa.Float(53), nullable=False, index=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),  # JSON
    sa.Column("entry", sa.BigInteger, index=True),  # of the public log; empty: not there yet
)
TABLES = Tables("console", METADATA, Path(__file__).parents[1] / "migrations" / "console")


def rings() -> list[Ring]:
    """What of it is sealed, for `seva keys`; nothing where there are no tables yet."""
    url = Stored.read().table_url(FILE)
    if not _is_there(url):
        return []
    columns = [
        SealedColumn("console accounts", url, "account", "id", "secret"),
        SealedColumn("console invitations", url, "invitation", "token", "secret"),
    ]
    return [Ring(key_place(), columns)]


def _is_there(url: str) -> bool:
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE)).is_file()
    engine = open_engine(url)
    try:
        return bool(sa.inspect(engine).has_table("account"))
    finally:
        engine.dispose()
