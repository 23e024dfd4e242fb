"""Where a log keeps what: `public/` is what anybody may fetch, the rest stays with the log."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from actions.transparency.durable import replace_file, sync_files, sync_folder
from actions.transparency.note import NoteError, Signer
from actions.transparency.tiles import WIDTH, Tile, tile_at, unpack_entries


class LogError(Exception):
    """The log cannot be opened or is not what it says; the message is for an operator."""


@dataclass(frozen=True)
class LogFolder:
    """Paths of a log's files."""

    root: Path

    @property
    def public(self) -> Path:
        """Checkpoint, key and tiles, laid out as C2SP tlog-tiles serves them."""
        return self.root / "public"

    @property
    def lock(self) -> Path:
        """Held by the process that writes."""
        return self.root / "lock"

    @property
    def recent(self) -> Path:
        """Entries that are not yet in full tiles, and more; the file keeps its first name."""
        return self.root / "journal"

    @property
    def key(self) -> Path:
        """The signing key; mode 0600."""
        return self.root / "log.key"

    @property
    def checkpoint(self) -> Path:
        """The latest checkpoint."""
        return self.public / "checkpoint"

    @property
    def cosigned(self) -> Path:
        """The latest checkpoint with signatures of witnesses."""
        return self.public / "cosigned"

    @property
    def verifier(self) -> Path:
        """The public key."""
        return self.public / "key"

    def read_signer(self) -> Signer:
        """Raises LogError."""
        try:
            return Signer.parse(self.key.read_text("utf-8"))
        except (OSError, NoteError) as error:
            raise LogError(f"cannot use the key {self.key}: {error}") from error

    def read_tile(self, tile: Tile) -> bytes:
        """A tile's bytes, from the full tile where the partial one is gone. Raises LogError."""
        for name in dict.fromkeys((tile.path, tile.full.path)):
            try:
                return (self.public / name).read_bytes()
            except FileNotFoundError:
                continue
        raise LogError(f"{self.public / tile.path} is missing")

    def read_entry(self, index: int, size: int) -> bytes:
        """One entry of a log of `size` entries. Raises LogError, IndexError."""
        return unpack_entries(self.read_tile(tile_at(None, index // WIDTH, size)))[index % WIDTH]

    def write_tile(self, tile: Tile, data: bytes) -> None:
        """Writes a tile, and drops the partial ones that a full one replaces. Not yet durable."""
        path = self.public / tile.path
        replace_file(path, data, durable=False)  # the recent entries have what it is made of
        if tile.width == WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)

    def sync_tiles(self, tiles: Collection[Tile]) -> None:
        """These tiles are on disk when this returns, with their names."""
        paths = [self.public / tile.path for tile in tiles]
        sync_files(paths)
        for above in {folder for tile in tiles for folder in Path(tile.path).parents}:
            sync_folder(self.public / above)

    def begun(self) -> bool:
        """Whether there are traces of entries."""
        return any(p.exists() for p in (self.recent, self.checkpoint, self.public / "tile"))

    def create(self, signer: Signer) -> None:
        """Writes the keys of a new log, durably."""
        self.public.mkdir(parents=True, exist_ok=True)
        replace_file(self.verifier, f"{signer.verifier}\n".encode())
        replace_file(self.key, (signer.encode() + "\n").encode(), mode=0o600)
        for folder in (self.public, self.root, self.root.parent):
            sync_folder(folder)
