"""What the registry needs of the tamper-evident log, and the hash under which an event is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from actions.transparency.folder import LogFolder
from actions.transparency.log import Log, Receipt
from actions.transparency.merkle import leaf_hash
from actions.transparency.tiles import TileTree

SALT_BYTES = 16


class Ledger(Protocol):
    """An append-only log of hashes."""

    @property
    def size(self) -> int:
        """Number of entries."""

    def append_many(self, entries: Sequence[bytes]) -> range:
        """Where they are, next to each other, once they are durable. Raises OSError, LogError."""

    def receipt(self, index: int) -> Receipt:
        """Proof that an entry is there."""

    def find(self, entry: bytes, start: int) -> int | None:
        """Index of an entry that is not before `start`."""


class TileLedger:
    """The log of `actions.transparency`."""

    def __init__(self, log: Log) -> None:
        self.log = log

    @classmethod
    def open(cls, folder: Path, public_url: str) -> TileLedger:
        """The log in `folder`, made and named after `public_url` if it is new. Raises LogError.

        Its name stays what it was when the address changes: witnesses know it by that.
        """
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # what lies beside is private
        new = not LogFolder(folder).key.exists()
        name = f"{urlsplit(public_url).netloc}/log"
        return cls(Log.open(folder, origin=name if new else None))

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.log.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `Ledger`."""
        return self.log.append_many(entries)

    def receipt(self, index: int) -> Receipt:
        """See `Ledger`."""
        return self.log.receipt(index)

    def find(self, entry: bytes, start: int) -> int | None:
        """See `Ledger`. Looks at every leaf from `start` on: mostly none, since an act is short."""
        size, wanted = self.log.size, leaf_hash(entry)
        tree = TileTree(lru_cache(2)(self.log.folder.read_tile), size)
        return next((at for at in range(start, size) if tree.node(0, at) == wanted), None)


def log_entry(salt: bytes, content: bytes) -> bytes:
    """32 bytes that say nothing about `content` to who does not know it and the salt."""
    return hashlib.sha256(salt + hashlib.sha256(content).digest()).digest()
