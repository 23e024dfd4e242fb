"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from api import key_usage
from api.inbox import shard
from api.inbox.schema import TABLES
from nlu.settings.settings import Settings
from nlu.storage.migrations.store import Store
from nlu.storage.tables import file_url


def stores(settings: Settings) -> list[Store]:
    """The inbox, with its place where it lies in several databases; how often API keys were used,
    and permits that processes share: in a file of this machine, or for all in PostgreSQL."""
    urls = settings.database_urls
    if urls[0].startswith("sqlite"):
        file = file_url(settings.var_dir / key_usage.FILE)
        usage = [Store(key_usage.FILE_TABLES, file), Store(key_usage.TABLES, file)]
    else:
        usage = [Store(key_usage.TABLES, urls[0])]
    places = [Store(shard.TABLES, url) for url in urls] if len(urls) > 1 else []
    return [*(Store(TABLES, url) for url in urls), *places, *usage]
