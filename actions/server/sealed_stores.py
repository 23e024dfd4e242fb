"""The stores of the action server that hold sealed rows, for `seva keys` and for the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.citizens.effects import Stores
from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.departments.journal import Journal
from actions.documents.settings import REGISTRY, documents_folder, sealing_keys
from actions.payments.ledger import Ledger
from nlu.settings.groups import Stored
from nlu.storage.keys import key_place
from nlu.storage.rotation import Ring
from nlu.storage.sealed_column import SealedColumn
from nlu.storage.sealed_table import SealedTable
from nlu.storage.tables import file_url


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
    return journal.table, ledger.table, stores.profiles.table, stores.handovers.table


def _documents() -> Sequence[Ring]:
    """With keys of their own; none where nothing was issued."""
    registry = documents_folder() / REGISTRY
    if not registry.is_file():
        return []
    keys = sealing_keys(registry.parent)
    return [
        Ring(
            keys, [SealedColumn("documents", file_url(registry), "documents", "id", "sealed", keys)]
        )
    ]
