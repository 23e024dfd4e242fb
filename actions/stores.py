"""What this floor keeps in tables, for `seva migrate` and `seva doctor`."""

from __future__ import annotations

from actions.citizens import handover, profile, usage
from actions.departments import journal_tables, misses
from actions.documents import key_store, registry
from actions.documents.file_source import KeySource, LogSource
from actions.documents.settings import FOLDER, REGISTRY
from actions.payments import ledger
from actions.transparency import log_in_tables
from nlu.settings.settings import Settings
from nlu.storage.migrations.store import Store
from nlu.storage.move.source import Source, in_files
from nlu.storage.tables import file_url


def stores(settings: Settings) -> list[Store]:
    """Journal, misses and payments in one database; profiles, handovers, usage and issued documents
    in files of their own, but for what lies in PostgreSQL. There lie the log and the keys of
    departments too, which are folders on one machine."""
    url = settings.database_urls[0]
    in_files = url.startswith("sqlite")
    return [
        Store(journal_tables.TABLES, settings.tables_url),
        Store(misses.TABLES, settings.tables_url),
        Store(ledger.TABLES, settings.tables_url),
        Store(profile.TABLES, settings.table_url(profile.FILE)),
        Store(handover.TABLES, settings.table_url(handover.FILE)),
        Store(usage.TABLES, settings.table_url(usage.FILE)),
        Store(registry.TABLES, file_url(settings.var_dir / FOLDER / REGISTRY) if in_files else url),
        *([] if in_files else [Store(log_in_tables.TABLES, url), Store(key_store.TABLES, url)]),
    ]


def sources(files: Settings, now: Settings) -> list[Source]:
    """What of it lies in files by the settings `files`, for `seva migrate move` to where `now`
    says. The log is the first that gets another name: it must not go on in two places."""
    folder, urls = files.var_dir / FOLDER, now.database_urls[:1]
    return [
        LogSource(urls, folder),
        KeySource(urls, folder),
        *in_files(stores(files), stores(now)),
    ]
