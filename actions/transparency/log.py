"""A tamper-evident log in a folder: append entries, prove that they are there.

Appending is for the one that issues; proofs and checkpoint are read from the public files, as
anybody else reads them. Safe for threads, and for several processes on one folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from actions.transparency.checkpoint import Checkpoint
from actions.transparency.durable import locked
from actions.transparency.folder import LogError, LogFolder
from actions.transparency.merkle import consistency_proof, inclusion_proof
from actions.transparency.note import Note, Signature, Signer, Verifier
from actions.transparency.recent import RecentEntries
from actions.transparency.tiles import LONGEST_ENTRY, TileTree
from actions.transparency.writer import Writer
from nlu.storage.group_commit import GroupCommit

_PAUSE_S = 0.001
_TILES_KEPT = 256  # 8 kB each


@dataclass(frozen=True)
class Receipt:
    """That entry `index` is in the log, by a checkpoint of `size` entries."""

    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


class Log:
    """An open log."""

    def __init__(self, folder: LogFolder, signer: Signer) -> None:
        """Use `Log.open`."""
        self.folder, self._signer = folder, signer
        self._writer = Writer(folder, signer)
        self._commit: GroupCommit[Sequence[bytes], int] = GroupCommit(self._write, _PAUSE_S)
        self._tile = lru_cache(_TILES_KEPT)(folder.read_tile)

    @classmethod
    def open(cls, folder: Path, *, origin: str | None = None) -> Log:
        """Opens a log, or begins one named `origin` where the folder holds none.

        The origin is the log's public address without `https://`, and cannot change. Raises
        LogError, NoteError for an unfit origin.
        """
        files = LogFolder(folder)
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
    def origin(self) -> str:
        """The log's name."""
        return self._signer.name

    @property
    def verifier(self) -> Verifier:
        """The key that checks its checkpoints."""
        return self._signer.verifier

    @property
    def size(self) -> int:
        """Number of entries under the current checkpoint."""
        return self._current().size

    def append(self, data: bytes) -> int:
        """Index of the entry once it is durable and under the checkpoint.

        An entry has 65,535 bytes at most. After an OSError it may or may not be in the log.
        """
        return self.append_many([data])[0]

    def append_many(self, entries: Sequence[bytes]) -> range:
        """Indices of the entries, which stay together. As `append`."""
        if any(len(entry) > LONGEST_ENTRY for entry in entries):
            raise ValueError(f"an entry has {LONGEST_ENTRY} bytes at most")
        if not entries:
            return range(0)
        first = self._commit.submit(entries).result()
        return range(first, first + len(entries))

    def checkpoint(self) -> str:
        """The latest checkpoint: a signed note."""
        return self.folder.checkpoint.read_text("utf-8")

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Proof for the tree of `size` entries, default all. Raises IndexError."""
        now = self.size
        return inclusion_proof(self._nodes(now), index, self._known(size, now))

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """Proof that the tree of `new` entries, default all, appends to that of `old`."""
        now = self.size
        return consistency_proof(self._nodes(now), old, self._known(new, now))

    def receipt(self, index: int) -> Receipt:
        """Proof and checkpoint that belong together, whatever others append meanwhile.

        The checkpoint is the one that witnesses signed, where it holds the entry.
        """
        raw = self._cosigned(index) or self.checkpoint()
        size = Checkpoint.parse(Note.parse(raw).text).size
        return Receipt(index, size, tuple(self.inclusion_proof(index, size)), raw)

    def attach(self, text: str, signatures: Sequence[Signature]) -> Note:
        """Publishes witnesses' signatures, already checked, of a checkpoint with this text."""
        return self._writer.attach(text, signatures)

    def close(self) -> None:
        """Frees its files; nothing is lost without it."""
        self._commit.close()
        self._writer.close()

    def _write(self, batches: Sequence[Sequence[bytes]]) -> list[int]:
        """The index of the first entry of each batch."""
        first = self._writer.append([entry for batch in batches for entry in batch])
        return [first + before for before in (0, *accumulate(map(len, batches[:-1])))]

    def _current(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse(self.checkpoint()).text)

    def _cosigned(self, index: int) -> str | None:
        """The checkpoint that witnesses signed, if it holds the entry."""
        try:
            raw = self.folder.cosigned.read_text("utf-8")
        except FileNotFoundError:
            return None
        return raw if index < Checkpoint.parse(Note.parse(raw).text).size <= self.size else None

    def _nodes(self, size: int):
        return TileTree(self._tile, size).node

    def _known(self, size: int | None, now: int) -> int:
        if size is not None and size > now:
            raise IndexError(f"the log has {now} entries, not {size}")
        return now if size is None else size
