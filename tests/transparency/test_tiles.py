"""Names and contents of tiles, as C2SP tlog-tiles has them."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.transparency import tiles
from actions.transparency.merkle import leaf_hash
from actions.transparency.tiles import Edge, Tile, TileError, TileTree


@pytest.mark.parametrize(
    "tile, path",
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(1, 255, 17), "tile/1/255.p/17"),
        (Tile(None, 1000), "tile/entries/x001/000"),
        (Tile(None, 3, 1), "tile/entries/003.p/1"),
    ],
)
def test_paths_are_those_of_the_standard(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.NAME.fullmatch(path.removeprefix("tile/"))
    assert Tile.named(path) == tile


@pytest.mark.parametrize("name", ["64/000", "00/000", "0/1", "0/../key", "0/000.p/", "x/000", ""])
def test_other_names_are_none(name: str) -> None:
    assert not tiles.NAME.fullmatch(name)
    assert Tile.named(f"tile/{name}") is None


@pytest.mark.parametrize("path", ["0/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/x000/001"])
def test_path_that_no_tile_has_names_none(path: str) -> None:
    assert Tile.named(path) is None


def test_tree_of_seventy_thousand_has_the_tiles_of_the_standard() -> None:
    edge = Edge()
    leaf = leaf_hash(b"")
    full = [tile for tile, _ in edge.extend([leaf] * 70_000)]
    assert sum(tile.level == 0 for tile in full) == 273
    assert sum(tile.level == 1 for tile in full) == 1
    assert [(t.level, t.index, t.width) for t, _ in edge.partial()] == [
        (0, 273, 112),
        (1, 1, 17),
        (2, 0, 1),
    ]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert tiles.unpack_entries(tiles.pack_entries(entries)) == entries


@pytest.mark.parametrize("data", [b"\0", b"\0\2a", b"\0\1ab"])
def test_bundle_that_ends_inside_an_entry_is_refused(data: bytes) -> None:
    with pytest.raises(TileError):
        tiles.unpack_entries(data)


def test_edge_is_found_again_from_full_tiles() -> None:
    edge = Edge()
    size = 256 * 259
    full = dict(edge.extend(leaf_hash(os.urandom(4)) for _ in range(size)))
    assert Edge.at_full_tiles(size, full.__getitem__).levels == edge.levels


def test_levels_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError):
        Edge(3, [[b"x" * 32]])


def test_short_tile_is_refused() -> None:
    tree = TileTree(lambda tile: b"x" * 31, 5)
    with pytest.raises(TileError):
        tree.node(0, 0)
