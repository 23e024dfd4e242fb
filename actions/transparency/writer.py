"""The writing side of a log: recent entries first, then tiles, the checkpoint last.

A crash at any point leaves recent entries from which the next writer goes on. Every batch holds the
lock; what other processes wrote meanwhile is read from their file first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actions.transparency.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from actions.transparency.durable import locked, replace_file
from actions.transparency.edge import Edge
from actions.transparency.folder import LogError, LogFolder
from actions.transparency.merkle import leaf_hash, tree_root
from actions.transparency.note import Note, NoteError, Signature, Signer
from actions.transparency.recent import BrokenEntries, RecentEntries
from actions.transparency.tiles import WIDTH, Tile, TileTree, pack_entries, tile_at

_MOST_RECENT = 64 * WIDTH  # entries; what opening a log has to go through again


class Writer:
    """Appends to the log in a folder. One thread at a time may use it; processes may share it."""

    def __init__(self, folder: LogFolder, signer: Signer) -> None:
        """Recovers what a crash left half done. Raises LogError."""
        self._folder, self._signer = folder, signer
        self._recent: RecentEntries | None = None
        self._edge = Edge()
        self._tail: list[bytes] = []  # entries after the last full bundle
        self._unsynced: set[Tile] = set()
        with locked(folder.lock):
            self._recover()

    def append(self, entries: Sequence[bytes]) -> int:
        """Index of the first entry; all are durable and under the checkpoint.

        After an error they may or may not be in the log. Raises LogError, OSError.
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
        """Keeps witnesses' signatures of a checkpoint with this text. Raises NoteError, OSError."""
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
        """Takes in what other processes wrote; what one left half done is published with ours."""
        if self._recent is None:
            self._recover()
        elif self._recent.replaced():
            self._load()
        else:
            self._grow(self._read(self._recent))

    def _recover(self) -> None:
        """Reads everything anew, and writes again what may not have reached the disk."""
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
        """Writes the partial tiles, then the checkpoint; again: what is there may be broken."""
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
            return  # it may carry witnesses' signatures
        note = Note(text, (self._signer.sign(text),))
        # Not durable by itself: the next opening signs the same or more, and has all the entries.
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
        """The last one; None where a crash left none. Raises LogError where it is not ours."""
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
        """Raises LogError where the folder no longer holds what the log has signed."""
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


def _root_at(edge: Edge, size: int, read_tile: Callable[[Tile], bytes]) -> bytes:
    """Root of an earlier tree; the partial tiles of `edge` need not be on disk."""
    if size == edge.size:
        return edge.root()
    partial = dict(edge.partial())
    tree = TileTree(lambda tile: partial.get(tile) or read_tile(tile), edge.size)
    return tree_root(tree.node, size)
