"""The log over HTTP."""

from __future__ import annotations

import httpx
import pytest

from actions.transparency.note import Verifier
from actions.transparency.reader import HttpSource, Missing, Reader, Unreachable, source_at
from actions.transparency.tiles import Tile
from tests.transparency.conftest import ServedLog
from tests.transparency.town import entries


def test_log_is_read_over_http_as_it_is_in_its_folder(town: ServedLog) -> None:
    town.log.append_many(entries(600))
    key = Verifier.parse(httpx.get(f"{town.url}/key").text)
    reader = Reader(HttpSource(town.url), key)
    checkpoint = reader.checkpoint().checkpoint
    assert checkpoint.size == 600
    assert [e for bundle in reader.entries(0, 600) for e in bundle] == entries(600)
    assert reader.prove_inclusion(300, checkpoint) == town.log.inclusion_proof(300)
    assert reader.entry(599, 600) == entries(1, 599)[0]


def test_tiles_are_kept_by_caches_and_checkpoints_are_not(town: ServedLog) -> None:
    town.log.append_many(entries(256))
    tile = httpx.get(f"{town.url}/{Tile(0, 0).path}")
    assert len(tile.content) == 8192
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]
    checkpoint = httpx.get(f"{town.url}/checkpoint")
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "name",
    ["tile/0/999", "tile/0/000.p/0", "tile/../log.key", "tile/%2e%2e/%2e%2e/log.key", "journal",
     "tile/0", "tile/0/000/x", "cosigned"],
)  # fmt: skip
def test_nothing_else_is_served(town: ServedLog, name: str) -> None:
    town.log.append_many(entries(300))
    assert httpx.get(f"{town.url}/{name}").status_code == 404


def test_reader_takes_the_full_tile_where_the_partial_one_is_gone(town: ServedLog) -> None:
    town.log.append_many(entries(100))
    reader = Reader(HttpSource(town.url), town.log.verifier)
    earlier = reader.checkpoint().checkpoint
    town.log.append_many(entries(200, 100))
    assert httpx.get(f"{town.url}/tile/0/000.p/100").status_code == 404
    assert reader.prove_inclusion(99, earlier) == town.log.inclusion_proof(99, 100)


def test_reader_says_what_is_missing_or_cannot_be_reached(town: ServedLog) -> None:
    reader = Reader(HttpSource(town.url), town.log.verifier)
    with pytest.raises(Missing, match="tile/0/007"):
        reader.tile(Tile(0, 7))
    with pytest.raises(Unreachable):
        source_at("http://127.0.0.1:9").get("checkpoint")
