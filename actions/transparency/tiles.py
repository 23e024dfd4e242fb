"""Tiles of the tree and bundles of its entries, as C2SP tlog-tiles names and fills them.

A tile holds 256 neighbours of one level, so it stands for a subtree of height 8. Full tiles never
change. The last tile of each level is partial, and its width is part of its name. `TileTree` reads
a tree from tiles; `Edge` holds the last tiles of a growing tree, so that it can append to it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from actions.transparency.merkle import EMPTY_ROOT, HASH_SIZE, fold, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
LONGEST_ENTRY = 0xFFFF
ENTRIES = "entries"
NAME = re.compile(r"(?:[0-9]|[1-5][0-9]|6[0-3]|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?")
"""The pattern of what follows `tile/` in a path."""


class TileError(ValueError):
    """A tile or bundle does not have the form that its name says."""


@dataclass(frozen=True)
class Tile:
    """A tile.

    `level` counts heights of tiles from the leaves; it is None for a bundle of entries.
    """

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

    @classmethod
    def named(cls, path: str) -> Tile | None:
        """The tile with this path, or None where it is no path of a tile."""
        name = path.removeprefix("tile/")
        if name == path or not NAME.fullmatch(name):
            return None
        level, *groups = name.split("/")
        width = int(groups.pop()) if groups[-2:-1] and groups[-2].endswith(".p") else WIDTH
        index = int("".join(group.removeprefix("x").removesuffix(".p") for group in groups))
        tile = cls(None if level == ENTRIES else int(level), index, width)
        return tile if width > 0 and tile.path == path else None

    @property
    def full(self) -> Tile:
        """The full tile that replaces this partial one later."""
        return Tile(self.level, self.index)


Fetch = Callable[[Tile], bytes]
"""Gives the bytes of a tile; raises if it cannot."""


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile number `index` of a level, with its width in a tree of `size` entries."""
    hashes = size >> (HEIGHT * (level or 0))
    return Tile(level, index, min(WIDTH, hashes - index * WIDTH))


def bundles(start: int, end: int) -> Iterator[Tile]:
    """The bundles that hold the entries from `start` to `end` of a tree of `end` entries."""
    for index in range(start // WIDTH, -(-end // WIDTH)):
        yield tile_at(None, index, end)


def check_lengths(entries: Sequence[bytes]) -> None:
    """Raises ValueError for an entry that fits in no bundle."""
    if any(len(entry) > LONGEST_ENTRY for entry in entries):
        raise ValueError(f"an entry has {LONGEST_ENTRY} bytes at most")


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
    """The entries of a bundle. Raises TileError if the bundle ends inside an entry."""
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


def above(tile: Tile, data: bytes) -> tuple[int, int, bytes]:
    """The node that a full tile is in the next level: level, index, hash."""
    assert tile.level is not None
    return tile.level + 1, tile.index, fold(unpack_hashes(data))


class TileTree:
    """The tree of `size` entries, read from tiles. Proofs are made with `node`."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self._size = fetch, size

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree. Raises TileError if its tile is too short."""
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside
        tile = tile_at(tile_level, first // WIDTH, self._size)
        start = first % WIDTH
        end = start + (1 << inside)
        data = self._fetch(tile)
        if end > tile.width or len(data) < tile.width * HASH_SIZE or len(data) % HASH_SIZE:
            raise TileError(f"{tile.path} is too short")
        return fold(unpack_hashes(data[start * HASH_SIZE : end * HASH_SIZE]))


Finished = tuple[Tile, bytes]


class Edge:
    """The right edge of a growing tree: at each level, the hashes of the tile that is not full.

    This is enough to append to the tree and to compute its root.
    """

    def __init__(self, size: int = 0, levels: Iterable[Iterable[bytes]] = ()) -> None:
        """Raises ValueError if the levels do not belong to a tree of that size."""
        self.size = size
        self._levels = [list(level) for level in levels]
        widths = [len(level) for level in self._levels]
        if widths != _widths(size):
            raise ValueError(f"these are not the last tiles of a tree of {size}")

    @classmethod
    def at_full_tiles(cls, size: int, fetch: Callable[[Tile], bytes]) -> Edge:
        """The edge at a multiple of 256 entries; it is computed from full tiles alone."""
        if size % WIDTH:
            raise ValueError(f"{size} is no multiple of {WIDTH}")
        levels: list[list[bytes]] = [[] for _ in _widths(size)]
        for level in range(1, len(levels)):
            tiles = size >> (HEIGHT * level)
            for index in range(tiles - tiles % WIDTH, tiles):
                levels[level].append(fold(unpack_hashes(fetch(Tile(level - 1, index)))))
        return cls(size, levels)

    @property
    def levels(self) -> list[list[bytes]]:
        """The hashes, from the leaves up."""
        return [list(level) for level in self._levels]

    def extend(self, leaves: Iterable[bytes]) -> list[Finished]:
        """Appends leaf hashes and returns the tiles that became full, in order."""
        finished: list[Finished] = []
        for leaf in leaves:
            self.size += 1
            self._push(leaf, finished)
        return finished

    def partial(self) -> Iterator[Finished]:
        """The tiles that are not full."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                index = self.size >> (HEIGHT * (level + 1))
                yield tile_at(level, index, self.size), pack_hashes(hashes)

    def root(self) -> bytes:
        """Root of the tree."""
        peaks: list[bytes] = []
        for hashes in reversed(self._levels):
            start = 0
            while start < len(hashes):
                count = 1 << ((len(hashes) - start).bit_length() - 1)
                peaks.append(fold(hashes[start : start + count]))
                start += count
        if not peaks:
            return EMPTY_ROOT
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root

    def _push(self, node: bytes, finished: list[Finished]) -> None:
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(node)
            if len(hashes) < WIDTH:
                return
            index = (self.size >> (HEIGHT * (level + 1))) - 1
            finished.append((Tile(level, index), pack_hashes(hashes)))
            node = fold(hashes)
            hashes.clear()
            level += 1


def _widths(size: int) -> list[int]:
    widths = []
    while size:
        widths.append(size % WIDTH)
        size >>= HEIGHT
    return widths
