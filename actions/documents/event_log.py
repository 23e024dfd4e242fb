"""What the registry needs of the tamper-evident log, and the two places where the log may lie.

A log in files takes an entry by itself, so that a crash may leave it there before the registry
knows its number: it is looked for before it is entered again. A log in the registry's own database
takes it in the registry's transaction; it is signed afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from actions.transparency.folder import LogFolder
from actions.transparency.log import Log
from actions.transparency.log_in_tables import TABLES, LogInTables
from actions.transparency.merkle import leaf_hash
from actions.transparency.published import PublishedLog, Receipt
from actions.transparency.tiles import TileTree
from nlu.storage.database import Transaction
from nlu.storage.open import open_database


class EventLog(Protocol):
    """What the registry needs of the log: it takes entries and proves that they are there."""

    @property
    def size(self) -> int:
        """Number of entries that are signed."""

    def append_many(self, entries: Sequence[bytes]) -> range:
        """Appends entries next to each other. They are durable and signed when this returns the
        indices.

        Raises OSError, LogError.
        """

    def enter(self, db: Transaction, entries: Sequence[bytes], start: int) -> int:
        """Takes entries in a transaction of the registry, if they are not there yet from `start`
        on; the index of the first. Raises OSError, LogError.
        """

    def await_signed(self, index: int) -> None:
        """Returns once a checkpoint holds this entry. Raises OSError, LogError."""

    def receipt(self, index: int) -> Receipt:
        """The proof that an entry is in the log."""


class OpenLog(EventLog, Protocol):
    """The same, and the log itself."""

    @property
    def log(self) -> PublishedLog:
        """For those who read it or have it signed."""


class TileLog:
    """The log in files."""

    def __init__(self, log: Log) -> None:
        self.log = log

    @classmethod
    def open(cls, folder: Path, public_url: str) -> TileLog:
        """Opens the log in `folder`. A new one is named after `public_url`. Raises LogError.

        The name stays when the address changes, because witnesses know the log by its name.
        """
        folder.parent.mkdir(
            parents=True, exist_ok=True, mode=0o700
        )  # other files in it are private
        new = not LogFolder(folder).key.exists()
        return cls(Log.open(folder, origin=_name(public_url) if new else None))

    @property
    def size(self) -> int:
        """See `EventLog`."""
        return self.log.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `EventLog`."""
        return self.log.append_many(entries)

    def enter(self, db: Transaction, entries: Sequence[bytes], start: int) -> int:
        """See `EventLog`. The caller's transaction keeps all others out; entries stay when it is
        undone, and are found by the next one."""
        found = self.find(entries[0], start)
        return self.append_many(entries)[0] if found is None else found

    def await_signed(self, index: int) -> None:
        """See `EventLog`. Entries are signed as they are entered."""

    def receipt(self, index: int) -> Receipt:
        """See `EventLog`."""
        return self.log.receipt(index)

    def find(self, entry: bytes, start: int) -> int | None:
        """The index of an entry, looked for from `start` on; None if it is not there. It looks at
        every leaf from `start` on; mostly there are few or none."""
        size, wanted = self.log.size, leaf_hash(entry)
        tree = TileTree(lru_cache(2)(self.log.read_tile), size)
        return next((at for at in range(start, size) if tree.node(0, at) == wanted), None)


class TableLog:
    """The log in the registry's database."""

    def __init__(self, log: LogInTables) -> None:
        self.log = log

    @classmethod
    def open(cls, url: str, folder: Path, public_url: str, *, begin: bool = False) -> TableLog:
        """Opens the log in the database; its key is in `folder` where this process signs. With
        `begin` a new one is named after `public_url`. Raises LogError, DatabaseAway."""
        origin = _name(public_url) if begin else None
        return cls(LogInTables.open(open_database(url, TABLES), folder, origin=origin))

    @property
    def size(self) -> int:
        """See `EventLog`."""
        return self.log.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `EventLog`."""
        return self.log.append_many(entries)

    def enter(self, db: Transaction, entries: Sequence[bytes], start: int) -> int:
        """See `EventLog`. Nothing can be there before the registry's transaction is."""
        return self.log.enter(db, entries)

    def await_signed(self, index: int) -> None:
        """See `EventLog`."""
        self.log.await_signed(index)

    def receipt(self, index: int) -> Receipt:
        """See `EventLog`."""
        return self.log.receipt(index)


def _name(public_url: str) -> str:
    return f"{urlsplit(public_url).netloc}/log"
