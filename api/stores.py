"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from api.api_keys import USAGE, USAGE_FILE
from api.inbox.schema import TABLES
from nlu.settings.settings import Settings
from nlu.storage.migrations.store import Store
from nlu.storage.tables import file_url


def stores(settings: Settings) -> list[Store]:
    """The inbox, and how often API keys were used."""
    return [
        Store(TABLES, settings.database_url),
        Store(USAGE, file_url(settings.var_dir / USAGE_FILE)),
    ]
