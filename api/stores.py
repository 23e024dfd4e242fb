"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from api import key_usage
from api.api_keys import USAGE_FILE
from api.inbox.file_source import InboxSource
from api.inbox.schema import TABLES
from nlu.settings.settings import Settings
from nlu.storage.migrations.store import Store
from nlu.storage.move.source import Shape, Source, SqliteSource
from nlu.storage.tables import file_url


def stores(settings: Settings) -> list[Store]:
    """The inbox, and how often API keys were used: in a file of this machine, or for all of them in
    PostgreSQL."""
    urls = settings.database_urls
    if urls[0].startswith("sqlite"):
        usage = Store(key_usage.FILE_TABLES, file_url(settings.var_dir / USAGE_FILE))
    else:
        usage = Store(key_usage.TABLES, urls[0])
    return [*(Store(TABLES, url) for url in urls), usage]


def sources(files: Settings, now: Settings) -> list[Source]:
    """What of it lies in files by the settings `files`, for `seva migrate move` to where `now`
    says. Counts of API keys have a table of another name there."""
    inbox, usage = stores(files)
    assert inbox.file is not None and usage.file is not None
    there = Shape(key_usage.FILE_TABLES, {"windows": "api_usage"})
    return [
        InboxSource(now.database_urls, inbox.file),
        SqliteSource(key_usage.TABLES, now.database_urls[:1], usage.file, there),
    ]
