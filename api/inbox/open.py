"""Opens the inbox that the settings name, and its sealed columns for `seva keys`."""

from __future__ import annotations

from pathlib import Path

from api.inbox import schema
from api.inbox.store import StoredInbox
from api.whatsapp.policy import WhatsAppPolicy
from nlu.settings.groups import State
from nlu.storage.database import Database
from nlu.storage.keys import key_place
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.rotation import Ring
from nlu.storage.sealed_column import SealedColumn
from nlu.storage.sqlite import SqliteDatabase

_SQLITE = "sqlite:///"


def open_database(settings: State) -> Database:
    """The database of `SEVA_DATABASE_URL`, with the inbox's tables. Raises ValueError for tables of
    another version, DatabaseAway."""
    file = database_file(settings)
    if file is None:
        return PostgresDatabase(settings.database_url, schema.TABLES)
    return SqliteDatabase(file, schema.TABLES, window_s=settings.commit_window_ms / 1000)


def database_file(settings: State) -> Path | None:
    """The file of `SEVA_DATABASE_URL`, if it is SQLite's."""
    url = settings.database_url
    return Path(url[len(_SQLITE) :]) if url.startswith(_SQLITE) else None


def rings() -> list[Ring]:
    """Keys and columns of the database that the settings name."""
    return [Ring(key_place(), sealed_columns(State.read()))]


def sealed_columns(settings: State) -> list[SealedColumn]:
    """What waits, was answered, was offered and is remembered; none where there is no file yet."""
    file = database_file(settings)
    if file is not None and not file.is_file():
        return []
    url = settings.database_url
    return [
        SealedColumn("messages", url, "inbox", "seq", "payload"),
        SealedColumn("replies", url, "outbox", "seq", "body"),
        SealedColumn("options", url, "choices", "id", "payload"),
        SealedColumn("trackers", url, "trackers", "lane", "tracker"),
    ]


def open_inbox(settings: State, policy: WhatsAppPolicy) -> StoredInbox:
    """The inbox of the settings. Raises as `open_database`."""
    return StoredInbox(
        open_database(settings),
        policy,
        lease_s=settings.lease_seconds,
        doubt_s=settings.doubt_seconds,
        window_s=settings.commit_window_ms / 1000,
    )
