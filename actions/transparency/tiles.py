"""Tiles of the tree and bundles of its entries, as C2SP tlog-tiles names and fills them.

A tile holds 256 neighbours of one level, so a tile stands for a subtree of height 8. Full tiles
never change; the last one of each level is partial, and its width is part of its name.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from actions.transparency.merkle import HASH_SIZE, fold

HEIGHT = 8
WIDTH = 1 << HEIGHT
LONGEST_ENTRY = 0xFFFF
ENTRIES = "entries"
NAME = re.compile(r"(?:[0-9]|[1-5][0-9]|6[0-3]|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?")
"""What may follow `tile/` in a path."""


class TileError(ValueError):
    """A tile or bundle is not of the form that its name says."""


@dataclass(frozen=True)
class Tile:
    """A tile: `level` counts tiles' heights from the leaves, or is None for a bundle of entries."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix."""
        level = ENTRIES if self.level is None else self.level
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"tile/{level}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def full(self) -> Tile:
        """The tile that replaces it once it is full."""
        return Tile(self.level, self.index)


Fetch = Callable[[Tile], bytes]
"""The bytes of a tile; raises where it cannot be had."""


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile number `index` of a level, as wide as it is in a tree of `size` entries."""
    hashes = size >> (HEIGHT * (level or 0))
    return Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def bundles(start: int, end: int) -> Iterator[Tile]:
    """The bundles with the entries from `start` on of a tree of `end` entries."""
    for index in range(start // WIDTH, -(-end // WIDTH)):
        yield tile_at(None, index, end)


def pack_hashes(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile."""
    return b"".join(hashes)


def unpack_hashes(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle: each entry after its length as a big-endian uint16."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack_entries(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises TileError where it ends inside one."""
    entries, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise TileError("a bundle ends inside an entry")
        (length,) = struct.unpack_from(">H", data, at)
        at += 2 + length
        if at > len(data):
            raise TileError("a bundle ends inside an entry")
        entries.append(data[at - length : at])
    return entries


class TileTree:
    """The tree of `size` entries, read from tiles: `node` is what proofs are made with."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree. Raises TileError where its tile is too short."""
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside
        tile = tile_at(tile_level, first // WIDTH, self._size)
        start = first % WIDTH
        end = start + (1 << inside)
        data = self._fetch(tile)
        if end > tile.width or len(data) < tile.width * HASH_SIZE or len(data) % HASH_SIZE:
            raise TileError(f"{tile.path} is too short")
        return fold(unpack_hashes(data[start * HASH_SIZE : end * HASH_SIZE]))
