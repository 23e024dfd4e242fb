"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from nlu import daily_counts
from nlu.settings.settings import Settings
from nlu.shared_models import FILE, TABLES
from nlu.storage.migrations.store import Store
from nlu.storage.move.source import Source, in_files


def stores(settings: Settings) -> list[Store]:
    """Counts of the days; which models machines share, where they do."""
    counts = Store(daily_counts.TABLES, settings.table_url(daily_counts.FILE))
    shared = [Store(TABLES, settings.table_url(FILE))] if settings.models_store else []
    return [counts, *shared]


def sources(files: Settings, now: Settings) -> list[Source]:
    """What of it lies in files by the settings `files`, for `seva migrate move` to where `now`
    says."""
    return in_files(stores(files), stores(now))
