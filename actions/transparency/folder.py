"""The files of a log. Anybody may fetch what lies in `public/`; the rest stays with the log."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from actions.transparency.durable import replace_file, sync_files, sync_folder
from actions.transparency.note import NoteError, Signer
from actions.transparency.tiles import WIDTH, Tile


class LogError(Exception):
    """The log cannot be opened, or its files contradict each other.

    The message is for an operator.
    """


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
        """The process that writes holds this lock."""
        return self.root / "lock"

    @property
    def recent(self) -> Path:
        """The newest entries; full tiles hold the others. The file keeps its old name."""
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
        """Reads the signing key. Raises LogError."""
        try:
            return Signer.parse(self.key.read_text("utf-8"))
        except (OSError, NoteError) as error:
            raise LogError(f"cannot use the key {self.key}: {error}") from error

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes of a tile. If the partial tile is gone, the full one has them.

        Raises LogError.
        """
        return read_tile(self.public, tile)

    def write_tile(self, tile: Tile, data: bytes) -> None:
        """Writes a tile. A full tile replaces its partial ones. `sync_tiles` makes it durable."""
        path = self.public / tile.path
        replace_file(path, data, durable=False)  # it can be made again from the recent entries
        if tile.width == WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)

    def sync_tiles(self, tiles: Collection[Tile]) -> None:
        """Writes these tiles and their names to disk."""
        paths = [self.public / tile.path for tile in tiles]
        sync_files(paths)
        for above in {folder for tile in tiles for folder in Path(tile.path).parents}:
            sync_folder(self.public / above)

    def begun(self) -> bool:
        """Whether the folder holds traces of entries."""
        return any(p.exists() for p in (self.recent, self.checkpoint, self.public / "tile"))

    def create(self, signer: Signer) -> None:
        """Writes the keys of a new log to disk."""
        self.public.mkdir(parents=True, exist_ok=True)
        replace_file(self.verifier, f"{signer.verifier}\n".encode())
        replace_file(self.key, (signer.encode() + "\n").encode(), mode=0o600)
        for folder in (self.public, self.root, self.root.parent):
            sync_folder(folder)


def read_tile(public: Path, tile: Tile) -> bytes:
    """The bytes of a tile in the folder that anybody may read; see `LogFolder.read_tile`. Raises
    LogError."""
    for name in dict.fromkeys((tile.path, tile.full.path)):
        try:
            return (public / name).read_bytes()
        except FileNotFoundError:
            continue
    raise LogError(f"{public / tile.path} is missing")
