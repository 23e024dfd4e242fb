"""A log as everybody sees it: its checkpoint and tiles, and the proofs that follow from them.

Where they lie is said by its two kinds: files (`log`) and tables (`log_in_tables`).
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from actions.transparency.merkle import Nodes, consistency_proof, inclusion_proof
from actions.transparency.note import Checkpoint, Note, Signature, Verifier
from actions.transparency.reader import Pins
from actions.transparency.tiles import WIDTH, Tile, TileTree, tile_at, unpack_entries

_TILES_KEPT = 256  # 8 kB each


@dataclass(frozen=True)
class Receipt:
    """Proves that entry `index` is in the log, under a checkpoint of `size` entries."""

    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


class PublishedLog(ABC):
    """An open log."""

    def __init__(self) -> None:
        self._tile = lru_cache(_TILES_KEPT)(self.read_tile)

    @property
    @abstractmethod
    def signs(self) -> bool:
        """Whether this process holds the key."""

    @abstractmethod
    def keep_signed(self) -> threading.Event:
        """Signs in a thread what others append, until the caller sets the event."""

    @property
    @abstractmethod
    def verifier(self) -> Verifier:
        """The key that checks its checkpoints."""

    @abstractmethod
    def append_many(self, entries: Sequence[bytes]) -> range:
        """Appends entries next to each other and returns their indices; they are durable and under
        a checkpoint.

        An entry has 65,535 bytes at most. After an OSError nobody knows whether it is in the log.
        """

    @abstractmethod
    def checkpoint(self) -> str:
        """The latest checkpoint: a signed note."""

    @abstractmethod
    def cosigned(self) -> str | None:
        """The latest checkpoint that witnesses signed."""

    @abstractmethod
    def attach(self, text: str, signatures: Sequence[Signature]) -> Note:
        """Publishes signatures of witnesses for the checkpoint with this text; they are checked
        before."""

    @abstractmethod
    def pins(self) -> Pins:
        """The keys of its witnesses, as they were at first sight. Raises NoteError."""

    @abstractmethod
    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a tile. Raises LogError."""

    @abstractmethod
    def published(self, name: str) -> bytes | None:
        """What everybody may fetch by this name of C2SP tlog-tiles, or None."""

    @abstractmethod
    def close(self) -> None:
        """Frees files or connections. Nothing is lost if nobody calls it."""

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.verifier.name

    @property
    def size(self) -> int:
        """Number of entries under the current checkpoint."""
        return Checkpoint.parse(Note.parse(self.checkpoint()).text).size

    def append(self, data: bytes) -> int:
        """Appends an entry, as `append_many` does, and returns its index."""
        return self.append_many([data])[0]

    def entry(self, index: int, size: int) -> bytes:
        """One entry of a log of `size` entries. Raises LogError, IndexError."""
        return unpack_entries(self.read_tile(tile_at(None, index // WIDTH, size)))[index % WIDTH]

    def nodes(self, size: int) -> Nodes:
        """The tree of the first `size` entries."""
        return TileTree(self._tile, size).node

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Proof for the tree of `size` entries (default: all). Raises IndexError."""
        now = self.size
        return inclusion_proof(self.nodes(now), index, _known(size, now))

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Proof that the tree of `new` entries (default: all) only appends to that of `old`."""
        now = self.size
        return consistency_proof(self.nodes(now), old, _known(new, now))

    def receipt(self, index: int) -> Receipt:
        """Proof and checkpoint that belong together, even if others append at the same time.

        It is the checkpoint that witnesses signed, if that holds the entry.
        """
        raw = self._cosigned_over(index) or self.checkpoint()
        size = Checkpoint.parse(Note.parse(raw).text).size
        return Receipt(index, size, tuple(self.inclusion_proof(index, size)), raw)

    def _cosigned_over(self, index: int) -> str | None:
        """The checkpoint that witnesses signed, if it holds the entry."""
        raw = self.cosigned()
        if not raw:
            return None
        return raw if index < Checkpoint.parse(Note.parse(raw).text).size <= self.size else None


def _known(size: int | None, now: int) -> int:
    if size is not None and size > now:
        raise IndexError(f"the log has {now} entries, not {size}")
    return now if size is None else size
