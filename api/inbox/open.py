"""Opens the inbox that the settings name, and its sealed columns for `seva keys`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from api.inbox import schema
from api.inbox.shard import Shard, take_place
from api.inbox.sharded import ShardedInbox
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


def open_databases(settings: State) -> list[Database]:
    """The databases of `SEVA_DATABASE_URL`, with the inbox's tables. Raises ValueError for tables
    of another version and for a changed list, DatabaseAway."""
    file = database_file(settings)
    if file is not None:
        return [SqliteDatabase(file, schema.TABLES, window_s=settings.commit_window_ms / 1000)]
    opened: list[Database] = []
    try:
        for place in range(len(settings.database_urls)):
            opened.append(_open_place(settings, place))
    except BaseException:
        for database in opened:
            database.close()
        raise
    return opened


def _open_place(settings: State, place: int) -> Database:
    urls = settings.database_urls
    database = PostgresDatabase(urls[place], schema.TABLES)
    try:
        take_place(database, urls[place], place, len(urls))
    except BaseException:
        database.close()
        raise
    return database


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
    urls = settings.database_urls
    found = []
    for place, url in enumerate(urls, 1):
        which = f" ({place} of {len(urls)})" if len(urls) > 1 else ""
        found += [
            SealedColumn(f"messages{which}", url, "inbox", "seq", "payload"),
            SealedColumn(f"replies{which}", url, "outbox", "seq", "body"),
            SealedColumn(f"options{which}", url, "choices", "id", "payload"),
            SealedColumn(f"trackers{which}", url, "trackers", "lane", "tracker"),
            SealedColumn(f"messages for review{which}", url, "review_arrivals", "seq", "payload"),
            SealedColumn(f"messages on cards{which}", url, "review_items", "id", "payload"),
            SealedColumn(f"decisions{which}", url, "review_decisions", "seq", "payload"),
            SealedColumn(
                f"messages for a candidate{which}", url, "shadow_messages", "seq", "payload"
            ),
        ]
    return found


def open_inbox(settings: State, policy: WhatsAppPolicy) -> StoredInbox | ShardedInbox:
    """The inbox of the settings; of several databases, one that is away is opened when it answers.
    Raises as `open_databases`."""

    def store(database: Database) -> StoredInbox:
        return StoredInbox(
            database,
            policy,
            lease_s=settings.lease_seconds,
            doubt_s=settings.doubt_seconds,
            window_s=settings.commit_window_ms / 1000,
        )

    def opened(place: int) -> StoredInbox:
        return store(_open_place(settings, place))

    places = range(len(settings.database_urls))
    if len(places) > 1:
        return ShardedInbox([Shard(place, partial(opened, place)) for place in places])
    return store(*open_databases(settings))
