"""The stores of the action server that hold sealed rows, for `seva keys` and for the background."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actions.citizens.effects import Stores
from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.departments.journal import Journal
from actions.documents.settings import (
    documents_folder,
    is_shared,
    registry_url,
    sealing_keys,
)
from actions.payments.ledger import Ledger
from nlu.settings.groups import Stored
from nlu.storage.keys import key_place
from nlu.storage.open import SQLITE
from nlu.storage.rotation import Ring
from nlu.storage.sealed_column import SealedColumn
from nlu.storage.sealed_table import SealedTable
from nlu.storage.tables import open_engine


def rings() -> Sequence[Ring]:
    """What the action server keeps, and the registry of issued documents, as the environment names
    them; files of stores that are not there are made."""
    settings = Stored.read()
    profiles = Profiles(settings.table_url(PROFILES), 0)
    handovers = Handovers(settings.table_url(HANDOVERS))
    stores = Stores(profiles, handovers)
    told = sealed_stores(Journal.from_environment(), Ledger.from_environment(), stores)
    return [Ring(key_place(), told), *_documents()]


def sealed_stores(journal: Journal, ledger: Ledger, stores: Stores) -> Sequence[SealedTable[Any]]:
    """Of a running action server."""
    handed_over = stores.handovers.table, stores.handovers.talk.table
    return journal.table, ledger.table, stores.profiles.table, *handed_over


def _documents() -> Sequence[Ring]:
    """With keys of their own; none where nothing was issued."""
    folder = documents_folder()
    url = registry_url(folder)
    if not _is_there(url):
        return []
    keys = sealing_keys(folder)
    columns = [SealedColumn("documents", url, "documents", "id", "sealed", keys)]
    if is_shared(url):
        columns.append(SealedColumn("keys", url, "department_keys", "kid", "sealed", keys))
    return [Ring(keys, columns)]


def _is_there(url: str) -> bool:
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE)).is_file()
    engine = open_engine(url)
    try:
        return bool(sa.inspect(engine).has_table("documents"))
    finally:
        engine.dispose()
