"""Goes through a log's entries and computes its root anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actions.transparency.checkpoint import Checkpoint
from actions.transparency.edge import Edge
from actions.transparency.merkle import leaf_hash
from actions.transparency.reader import Reader
from actions.transparency.tiles import HEIGHT, WIDTH, Tile, unpack_hashes


class WrongRoot(Exception):
    """The entries do not give the root that the log has signed."""


def follow(
    reader: Reader,
    edge: Edge,
    checkpoint: Checkpoint,
    see: Callable[[Sequence[bytes]], None] = lambda entries: None,
) -> None:
    """Appends to `edge` the entries up to the checkpoint. Raises WrongRoot, Missing.

    `see` gets them bundle by bundle, before their root is known to be right.
    """
    for entries in reader.entries(edge.size, checkpoint.size):
        edge.extend([leaf_hash(entry) for entry in entries])
        see(entries)
    if edge.root() != checkpoint.root:
        raise WrongRoot(f"the {checkpoint.size} entries are not those that were signed")


def check_tiles(
    reader: Reader, checkpoint: Checkpoint, progress: Callable[[int], None] = lambda size: None
) -> None:
    """Compares every tile with the entries, then the root. Raises WrongRoot, Missing."""
    edge = Edge()
    for entries in reader.entries(0, checkpoint.size):
        for tile, data in edge.extend([leaf_hash(entry) for entry in entries]):
            _same(reader, tile, data)
        progress(edge.size)
    for tile, data in edge.partial():
        _same(reader, tile, data)
    if edge.root() != checkpoint.root:
        raise WrongRoot(f"the {checkpoint.size} entries are not those that were signed")


def first_change(reader: Reader, edge: Edge, size: int) -> range | None:
    """The first entries that `edge` knows otherwise than the log's tiles have them.

    None where the tiles do not differ at the places that the edge still knows. Raises Missing.
    """
    nodes = reader.nodes(size)
    for level in reversed(range(len(edge.levels))):
        start = edge.size >> (HEIGHT * (level + 1)) << HEIGHT
        for at, known in enumerate(edge.levels[level], start):
            if nodes(level * HEIGHT, at) != known:
                width = WIDTH**level
                return range(at * width, (at + 1) * width)
    return None


def _same(reader: Reader, tile: Tile, data: bytes) -> None:
    there = reader.tile(tile)[: len(data)]
    if there == data:
        return
    pairs = zip(unpack_hashes(there), unpack_hashes(data))
    at = next((i for i, (one, other) in enumerate(pairs) if one != other), tile.width - 1)
    first = (tile.index * WIDTH + at) << (HEIGHT * (tile.level or 0))
    raise WrongRoot(f"{tile.path} does not fit the entries from {first} on")
