"""Where issued documents lie: their keys, their registry and their log."""

from __future__ import annotations

from pathlib import Path

from actions.documents.key_store import KeyFiles, KeyStore, KeyTable
from nlu.paths import var_folder
from nlu.settings.groups import IssuedDocuments, Stored
from nlu.settings.process import variable
from nlu.storage.keys import KEY_FILE, Place
from nlu.storage.moved import refuse_moved

DOCUMENTS_URL: str = IssuedDocuments.__fields__["documents_url"].default
"""The public address in QR codes, as in the demo."""
FOLDER = "documents"
"""Below SEVA_VAR_DIR: keys, registry and log."""
_POSTGRESQL = "postgresql"
LOG, KEYS, REGISTRY = "log", "keys", "registry.sqlite"


def documents_folder() -> Path:
    """Keys, registry and log, below SEVA_VAR_DIR."""
    return var_folder() / FOLDER


def documents_url() -> str:
    """The public address in QR codes. Raises WrongEnvironment."""
    return IssuedDocuments.read().documents_url


def registry_url(folder: Path) -> str:
    """Where the registry lies: in PostgreSQL where the state is there, else in a file of `folder`.
    Raises WrongEnvironment."""
    url = Stored.read().database_urls[0]
    return url if is_shared(url) else f"sqlite:///{folder.absolute() / REGISTRY}"


def is_shared(url: str) -> bool:
    """Whether several machines share this database; the log lies there too then."""
    return url.startswith(_POSTGRESQL)


def key_store(folder: Path) -> KeyStore:
    """Where departments' keys lie: beside the registry in PostgreSQL, else in files of `folder`.
    Raises WrongEnvironment, DatabaseAway, and ValueError for files that were moved."""
    url = registry_url(folder)
    if is_shared(url):
        return KeyTable(url, sealing_keys(folder))
    refuse_moved(folder / KEYS)
    return KeyFiles(folder / KEYS)


def sealing_keys(folder: Path) -> Place:
    """What seals the registry in `folder`: those of the environment, or a file beside it."""
    given = IssuedDocuments.read().documents_sealing_key
    return Place(given, "", folder / KEY_FILE, variable("documents_sealing_key"))
