"""The right edge of a growing tree: enough to append to it and to know its root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from actions.transparency.merkle import EMPTY_ROOT, fold, node_hash
from actions.transparency.tiles import HEIGHT, WIDTH, Tile, pack_hashes, tile_at, unpack_hashes

Finished = tuple[Tile, bytes]


class Edge:
    """For each level of tiles, the hashes of its last tile that is not yet full."""

    def __init__(self, size: int = 0, levels: Iterable[Iterable[bytes]] = ()) -> None:
        """Raises ValueError where the levels do not belong to a tree of that size."""
        self.size = size
        self._levels = [list(level) for level in levels]
        widths = [len(level) for level in self._levels]
        if widths != _widths(size):
            raise ValueError(f"these are not the last tiles of a tree of {size}")

    @classmethod
    def at_full_tiles(cls, size: int, fetch: Callable[[Tile], bytes]) -> Edge:
        """The edge at a multiple of 256, computed from full tiles alone."""
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
        """Appends leaf hashes; the tiles that became full by it, in order."""
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
