"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from api import key_usage
from api.console import schema
from api.inbox import shard
from api.inbox.file_source import InboxSource, PlaceSource
from api.inbox.schema import TABLES
from nlu.settings.settings import Settings
from nlu.storage.migrations.store import Store
from nlu.storage.move.source import Shape, Source, SqliteSource
from nlu.storage.tables import file_url


def stores(settings: Settings) -> list[Store]:
    """The inbox, with its place where it lies in several databases; how often API keys were used,
    and permits that processes share: in a file of this machine, or for all in PostgreSQL; the
    console's accounts and audit."""
    urls = settings.database_urls
    if urls[0].startswith("sqlite"):
        file = file_url(settings.var_dir / key_usage.FILE)
        usage = [Store(key_usage.FILE_TABLES, file), Store(key_usage.TABLES, file)]
    else:
        usage = [Store(key_usage.TABLES, urls[0])]
    places = [Store(shard.TABLES, url) for url in urls] if len(urls) > 1 else []
    console = Store(schema.TABLES, settings.table_url(schema.FILE))
    return [*(Store(TABLES, url) for url in urls), *places, *usage, console]


def sources(files: Settings, now: Settings) -> list[Source]:
    """What of it lies in files by the settings `files`, for `seva migrate move` to where `now`
    says. Counts of API keys have a table of another name there; permits of the second in which the
    processes were stopped are worth nothing."""
    inbox, usage, *_, console = stores(files)
    assert inbox.file is not None and usage.file is not None and console.file is not None
    urls, there = now.database_urls, Shape(key_usage.FILE_TABLES, {"windows": "api_usage"})
    places = [PlaceSource(urls, inbox.file)] if len(urls) > 1 else []
    return [
        InboxSource(urls, inbox.file),
        *places,
        SqliteSource(key_usage.TABLES, urls[:1], usage.file, there),
        SqliteSource(schema.TABLES, urls[:1], console.file),
    ]
