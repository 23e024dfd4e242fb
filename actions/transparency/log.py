"""A tamper-evident log in a folder: it appends entries and proves that they are there.

`Writer` writes the journal first, then tiles, and the checkpoint last, so that a crash at any point
leaves a journal from which the next writer goes on. Each batch holds the lock and first reads from
the journal what other processes wrote. Proofs and checkpoint are read from the public files, as
anybody else reads them. A log is safe for threads, and for several processes on one folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from actions.transparency.durable import replace_file
from actions.transparency.folder import LogError, LogFolder
from actions.transparency.merkle import leaf_hash, tree_root
from actions.transparency.note import (
    Checkpoint,
    Note,
    NoteError,
    Signature,
    SignedCheckpoint,
    Signer,
    Verifier,
    open_checkpoint,
)
from actions.transparency.published import PublishedLog
from actions.transparency.reader import Pins
from actions.transparency.recent import BrokenEntries, RecentEntries
from actions.transparency.tiles import (
    WIDTH,
    Edge,
    Tile,
    TileTree,
    check_lengths,
    pack_entries,
    tile_at,
)
from nlu.storage.file_lock import locked
from nlu.storage.group_commit import GroupCommit
from nlu.storage.moved import Moved, refuse_moved

_PAUSE_S = 0.001
_MOST_RECENT = 64 * WIDTH  # entries that opening a log reads again


class Writer:
    """Appends to the log in a folder. One thread at a time may use it; processes may share it."""

    def __init__(self, folder: LogFolder, signer: Signer) -> None:
        """Finishes what a crash left half done. Raises LogError."""
        self._folder, self._signer = folder, signer
        self._recent: RecentEntries | None = None
        self._edge = Edge()
        self._tail: list[bytes] = []  # entries after the last full bundle
        self._unsynced: set[Tile] = set()
        with locked(folder.lock):
            self._recover()

    def append(self, entries: Sequence[bytes]) -> int:
        """Appends entries and returns the index of the first; all are durable and under a
        checkpoint.

        After an error nobody knows whether they are in the log. Raises LogError, OSError.
        """
        with locked(self._folder.lock):
            try:
                self._catch_up()
                first = self._edge.size
                assert self._recent is not None
                self._recent.append(entries)
                self._grow(entries)
                self._publish()
                if self._edge.size - self._recent.first > _MOST_RECENT:
                    self._begin_recent()
            except BaseException:
                self._forget()
                raise
        return first

    def attach(self, text: str, signatures: Sequence[Signature]) -> Note:
        """Keeps signatures of witnesses for the checkpoint with this text.

        Raises NoteError, OSError.
        """
        with locked(self._folder.lock):
            own = self._signer.sign(text)
            note = Note(text, (own,)).with_signatures(signatures)
            replace_file(self._folder.cosigned, str(note).encode())
            current = self._read_checkpoint()
            if current is not None and current.note.text == text:
                replace_file(self._folder.checkpoint, str(note).encode())
        return note

    def close(self) -> None:
        """Frees the file."""
        self._forget()

    def _forget(self) -> None:
        if self._recent is not None:
            self._recent.close()
        self._recent = None

    def _catch_up(self) -> None:
        """Reads what other processes wrote.

        What one left half done is published with our entries.
        """
        if self._recent is None:
            self._recover()
        elif self._recent.replaced():
            self._load()
        else:
            self._grow(self._read(self._recent))

    def _recover(self) -> None:
        """Reads all files and writes again what may not have reached the disk."""
        self._load()
        self._check_signed(self._read_checkpoint())
        self._publish(again=True)
        self._begin_recent()

    def _load(self) -> None:
        self._forget()
        try:
            self._recent = RecentEntries(self._folder.recent)
        except BrokenEntries as error:
            raise LogError(str(error)) from error
        entries = self._read(self._recent)
        try:
            self._edge = Edge.at_full_tiles(self._recent.first, self._folder.read_tile)
        except (ValueError, IndexError) as error:
            raise LogError(f"{self._folder.root}: the tiles are damaged: {error}") from error
        self._tail = []
        self._grow(entries)

    def _read(self, recent: RecentEntries) -> list[bytes]:
        try:
            return recent.read()
        except BrokenEntries as error:
            raise LogError(str(error)) from error

    def _grow(self, entries: Sequence[bytes]) -> None:
        """Adds entries to the edge and writes the tiles that became full."""
        first = self._edge.size - len(self._tail)
        for tile, data in self._edge.extend([leaf_hash(entry) for entry in entries]):
            self._write_full(tile, data)
        self._tail += entries
        full = len(self._tail) // WIDTH
        for number in range(full):
            bundle = pack_entries(self._tail[number * WIDTH : (number + 1) * WIDTH])
            self._write_full(Tile(None, first // WIDTH + number), bundle)
        del self._tail[: full * WIDTH]

    def _write_full(self, tile: Tile, data: bytes) -> None:
        self._folder.write_tile(tile, data)
        self._unsynced.add(tile)

    def _publish(self, again: bool = False) -> None:
        """Writes the partial tiles, then the checkpoint. `again`: the files there may be broken."""
        size = self._edge.size
        if self._tail:
            bundle = tile_at(None, size // WIDTH, size)
            self._folder.write_tile(bundle, pack_entries(self._tail))
        for tile, data in self._edge.partial():
            if again or not tile.level or not (self._folder.public / tile.path).exists():
                self._folder.write_tile(tile, data)
        text = Checkpoint(self._signer.name, size, self._edge.root()).text
        signed = self._read_checkpoint() if again else None
        if signed is not None and signed.note.text == text:
            return  # it may carry signatures of witnesses
        note = Note(text, (self._signer.sign(text),))
        # It need not be durable: the next start has all entries and signs the same or more.
        replace_file(self._folder.checkpoint, str(note).encode(), durable=False)

    def _begin_recent(self) -> None:
        """A new file with the entries after the last full bundle; what came before is safe."""
        self._folder.sync_tiles(self._unsynced)
        self._unsynced.clear()
        RecentEntries.begin(self._folder.recent, self._edge.size - len(self._tail), self._tail)
        self._forget()
        self._recent = RecentEntries(self._folder.recent)
        self._recent.read()

    def _read_checkpoint(self) -> SignedCheckpoint | None:
        """The last checkpoint, or None if a crash left none. Raises LogError if it is not ours."""
        try:
            raw = self._folder.checkpoint.read_text("utf-8")
        except FileNotFoundError:
            return None
        if not raw.strip("\0\n"):
            return None
        try:
            return open_checkpoint(raw, self._signer.verifier)
        except NoteError as error:
            raise LogError(f"{self._folder.checkpoint}: {error}") from error

    def _check_signed(self, signed: SignedCheckpoint | None) -> None:
        """Raises LogError if the folder no longer holds what the log has signed."""
        if signed is None:
            return
        said, size = signed.checkpoint, self._edge.size
        if said.size > size:
            raise LogError(
                f"{self._folder.root} has signed {said.size} entries but holds {size}: "
                "restore it from a copy, do not go on with it"
            )
        if _root_at(self._edge, said.size, self._folder.read_tile) != said.root:
            raise LogError(
                f"{self._folder.root}: the entries are not those that the log has signed: "
                "restore it from a copy, do not go on with it"
            )


class Log(PublishedLog):
    """An open log in files."""

    def __init__(self, folder: LogFolder, signer: Signer) -> None:
        """Callers use `Log.open`."""
        super().__init__()
        self.folder, self._signer = folder, signer
        self._writer = Writer(folder, signer)
        self._commit: GroupCommit[Sequence[bytes], int] = GroupCommit(self._write, _PAUSE_S)

    @classmethod
    def open(cls, folder: Path, *, origin: str | None = None) -> Log:
        """Opens a log, or begins one named `origin` if the folder holds none.

        The origin is the log's public address without `https://`; it cannot change. Raises
        LogError, and NoteError if the origin cannot be a name.
        """
        files = LogFolder(folder)
        try:
            refuse_moved(files.public)
        except Moved as error:
            raise LogError(str(error)) from error
        folder.mkdir(parents=True, exist_ok=True)
        with locked(files.lock):
            if not files.begun():
                if not files.key.exists():
                    if origin is None:
                        raise LogError(f"there is no log in {folder}, and no name for a new one")
                    files.create(Signer.new(origin))
                RecentEntries.begin(files.recent, 0, [])
        signer = files.read_signer()
        if origin not in (None, signer.name):
            raise LogError(f"{folder} holds the log {signer.name}, not {origin}")
        return cls(files, signer)

    @property
    def signs(self) -> bool:
        """See `PublishedLog`. Whoever has the folder has the key."""
        return True

    def keep_signed(self) -> threading.Event:
        """See `PublishedLog`. Here whoever appends signs, so there is nothing to do."""
        return threading.Event()

    @property
    def verifier(self) -> Verifier:
        """See `PublishedLog`."""
        return self._signer.verifier

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `PublishedLog`."""
        check_lengths(entries)
        if not entries:
            return range(0)
        first = self._commit.submit(entries).result()
        return range(first, first + len(entries))

    def checkpoint(self) -> str:
        """See `PublishedLog`."""
        return self.folder.checkpoint.read_text("utf-8")

    def cosigned(self) -> str | None:
        """See `PublishedLog`."""
        try:
            return self.folder.cosigned.read_text("utf-8")
        except FileNotFoundError:
            return None

    def attach(self, text: str, signatures: Sequence[Signature]) -> Note:
        """See `PublishedLog`."""
        return self._writer.attach(text, signatures)

    def pins(self) -> Pins:
        """See `PublishedLog`."""
        return Pins.in_file(self.folder.root / "witnesses.json")

    def read_tile(self, tile: Tile) -> bytes:
        """See `PublishedLog`."""
        return self.folder.read_tile(tile)

    def published(self, name: str) -> bytes | None:
        """See `PublishedLog`."""
        try:
            return (self.folder.public / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def close(self) -> None:
        """See `PublishedLog`."""
        self._commit.close()
        self._writer.close()

    def _write(self, batches: Sequence[Sequence[bytes]]) -> list[int]:
        """The index of the first entry of each batch."""
        first = self._writer.append([entry for batch in batches for entry in batch])
        return [first + before for before in (0, *accumulate(map(len, batches[:-1])))]


def _root_at(edge: Edge, size: int, read_tile: Callable[[Tile], bytes]) -> bytes:
    """Root of an earlier tree. The partial tiles of `edge` need not be on disk."""
    if size == edge.size:
        return edge.root()
    partial = dict(edge.partial())
    tree = TileTree(lambda tile: partial.get(tile) or read_tile(tile), edge.size)
    return tree_root(tree.node, size)
