"""Reads the log of another office and believes only what is signed or proved.

`Source` fetches the public files, from a folder or by HTTP. `Pins` keeps the keys of logs and
witnesses as they were at first sight, so that a changed key is noticed. `Reader` reads checkpoint,
tiles and entries; `follow` and `check_tiles` compute the root of the tree from the entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import httpx

from actions.transparency.durable import replace_file
from actions.transparency.folder import LogFolder
from actions.transparency.merkle import (
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
)
from actions.transparency.note import (
    Checkpoint,
    NoteError,
    SignedCheckpoint,
    Verifier,
    open_checkpoint,
)
from actions.transparency.tiles import (
    HEIGHT,
    WIDTH,
    Edge,
    Tile,
    TileError,
    TileTree,
    bundles,
    tile_at,
    unpack_entries,
    unpack_hashes,
)

_TILES_KEPT = 256  # 8 kB each
_TIMEOUT = httpx.Timeout(10)
_LONGEST_FILE = 256 * (2 + 0xFFFF)  # bytes: a bundle of the longest entries


class Unreachable(Exception):
    """The source gives no usable answer now; it may give one later."""


class Missing(Exception):
    """The log does not show what it must have according to its checkpoint."""


class Inconsistent(Exception):
    """There is no proof that a later tree only appends to an earlier one."""


class WrongRoot(Exception):
    """The root of the entries is not the root that the log has signed."""


class Source(Protocol):
    """Files by the names that C2SP tlog-tiles gives them."""

    def get(self, name: str) -> bytes | None:
        """The file, or None if there is none. Raises Unreachable."""
        ...


class FolderSource:
    """A folder of public files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """As in `Source`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreachable(str(error)) from error


class HttpSource:
    """Files below a URL."""

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = client or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def get(self, name: str) -> bytes | None:
        """As in `Source`."""
        url = f"{self._url}/{name}"
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise Unreachable(f"{url} answered {answer.status_code}")
                data = b""
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _LONGEST_FILE:
                        raise Unreachable(f"{url} is too long")
                return data
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{url}: {error or type(error).__name__}") from error


def source_at(where: str) -> Source:
    """The source at a URL or in a folder: the folder of a log, or a copy of its public files."""
    if where.startswith(("http://", "https://")):
        return HttpSource(where)
    public = LogFolder(Path(where)).public
    return FolderSource(public if public.is_dir() else Path(where))


def read_text(source: Source, name: str) -> str | None:
    """A text file, or None if there is none.

    Raises Unreachable, and NoteError if it is not text.
    """
    data = source.get(name)
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError(f"{name} is not text") from error


class Reader:
    """Reads a log whose key is known."""

    def __init__(self, source: Source, log: Verifier) -> None:
        self._source, self.log = source, log
        self._tile = lru_cache(_TILES_KEPT)(self.tile)

    def checkpoint(self, name: str = "checkpoint") -> SignedCheckpoint:
        """The log's checkpoint. Raises Unreachable, and NoteError if the log has not signed it."""
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
        """The tree of `size` entries as the tiles have it; nothing proves it yet.

        Raises Missing.
        """
        tree = TileTree(self._tile, size)

        def node(level: int, index: int) -> bytes:
            try:
                return tree.node(level, index)
            except TileError as error:
                raise Missing(str(error)) from error

        return node

    def entries(self, start: int, end: int) -> Iterator[list[bytes]]:
        """Entries from `start` to `end`, by bundle; nothing proves them yet. Raises Missing."""
        for bundle in bundles(start, end):
            first = bundle.index * WIDTH
            yield self._bundle(bundle)[max(0, start - first) :]

    def entry(self, index: int, size: int) -> bytes:
        """One entry of a tree of `size` entries; nothing proves it yet. Raises Missing."""
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


def key_at(source: Source) -> Verifier:
    """The key that a log or witness shows. Raises Unreachable, NoteError."""
    text = read_text(source, "key")
    if text is None:
        raise Unreachable("it shows no key")
    return Verifier.parse(text)


class Pins:
    """Keys of others by address, in one text."""

    def __init__(self, where: str, text: str, keep: Callable[[str], object]) -> None:
        """`keep` puts the text where it was read. Raises NoteError if the text is damaged."""
        self._keep = keep
        try:
            raw = json.loads(text or "{}")
            self._keys = {address: Verifier.parse(key) for address, key in raw.items()}
        except (ValueError, AttributeError) as error:
            raise NoteError(f"{where} is damaged") from error

    @classmethod
    def in_file(cls, path: Path) -> Pins:
        """In a file, which need not be there yet. Raises NoteError."""

        def keep(text: str) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode())

        try:
            text = path.read_text("utf-8") if path.exists() else ""
        except UnicodeDecodeError as error:
            raise NoteError(f"{path} is damaged") from error
        return cls(str(path), text, keep)

    def of(self, where: str, source: Source) -> Verifier:
        """The known key of an address. At first sight the shown key is kept. Raises as `key_at`."""
        if where not in self._keys:
            self.pin(where, key_at(source))
        return self._keys[where]

    def known(self, where: str) -> Verifier | None:
        """The key, or None if the address is new."""
        return self._keys.get(where)

    def pin(self, where: str, key: Verifier) -> None:
        """Keeps a key."""
        self._keys[where] = key
        self._keep(json.dumps({at: str(known) for at, known in self._keys.items()}, indent=2))


def follow(
    reader: Reader,
    edge: Edge,
    checkpoint: Checkpoint,
    see: Callable[[Sequence[bytes]], None] = lambda entries: None,
) -> None:
    """Appends to `edge` the entries up to the checkpoint. Raises WrongRoot, Missing.

    `see` gets them bundle by bundle, before their root is checked.
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
    """The first entries that differ between `edge` and the log's tiles.

    None if nothing differs at the places that the edge still knows. Raises Missing.
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
