"""Reads somebody else's log and believes nothing that is not signed or proved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from actions.transparency.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from actions.transparency.merkle import (
    Nodes,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
)
from actions.transparency.note import NoteError, Verifier
from actions.transparency.source import Source, Unreachable
from actions.transparency.tiles import (
    WIDTH,
    Tile,
    TileError,
    TileTree,
    bundles,
    tile_at,
    unpack_entries,
)

_TILES_KEPT = 256  # 8 kB each


class Missing(Exception):
    """The log does not give out what its checkpoint says that it has."""


class Inconsistent(Exception):
    """Nothing shows that a later tree comes from an earlier one by appending."""


def read_text(source: Source, name: str) -> str | None:
    """A text file, None where there is none. Raises Unreachable, NoteError where it is no text."""
    data = source.get(name)
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError(f"{name} is not text") from error


class Reader:
    """The log whose key is known."""

    def __init__(self, source: Source, log: Verifier) -> None:
        self._source, self.log = source, log
        self._tile = lru_cache(_TILES_KEPT)(self.tile)

    def checkpoint(self, name: str = "checkpoint") -> SignedCheckpoint:
        """The log's checkpoint. Raises NoteError unless the log has signed it, Unreachable."""
        raw = read_text(self._source, name)
        if raw is None:
            raise Unreachable(f"there is no {name}")
        return open_checkpoint(raw, self.log)

    def tile(self, tile: Tile) -> bytes:
        """A tile as the log serves it, or the full one that took its place. Raises Missing."""
        for name in dict.fromkeys((tile.path, tile.full.path)):
            data = self._source.get(name)
            if data is not None:
                return data
        raise Missing(f"{tile.path} is missing")

    def nodes(self, size: int) -> Nodes:
        """The tree of `size` entries as the tiles have it, unproved. Raises Missing."""
        tree = TileTree(self._tile, size)

        def node(level: int, index: int) -> bytes:
            try:
                return tree.node(level, index)
            except TileError as error:
                raise Missing(str(error)) from error

        return node

    def entries(self, start: int, end: int) -> Iterator[list[bytes]]:
        """Entries from `start` on of a tree of `end`, by bundle, unproved. Raises Missing."""
        for bundle in bundles(start, end):
            first = bundle.index * WIDTH
            yield self._bundle(bundle)[max(0, start - first) :]

    def entry(self, index: int, size: int) -> bytes:
        """One entry of a tree of `size` entries, unproved. Raises Missing."""
        return self._bundle(tile_at(None, index // WIDTH, size))[index % WIDTH]

    def _bundle(self, bundle: Tile) -> list[bytes]:
        try:
            found = unpack_entries(self.tile(bundle))
        except TileError as error:
            raise Missing(f"{bundle.path}: {error}") from error
        if len(found) < bundle.width:
            raise Missing(f"{bundle.path} is too short")
        return found[: bundle.width]

    def prove_consistency(self, old: Checkpoint, new: Checkpoint) -> list[bytes]:
        """The proof that `new` only appends to `old`. Raises Inconsistent, Missing."""
        if old.size > new.size:
            raise Inconsistent(f"{new.size} entries are fewer than {old.size}")
        proof = consistency_proof(self.nodes(new.size), old.size, new.size)
        if not verify_consistency(old.size, new.size, old.root, new.root, proof):
            raise Inconsistent(f"{new.size} entries do not begin with the {old.size} known ones")
        return proof

    def prove_inclusion(self, index: int, checkpoint: Checkpoint) -> list[bytes]:
        """The path of an entry, not yet verified. Raises IndexError, Missing."""
        return inclusion_proof(self.nodes(checkpoint.size), index, checkpoint.size)
