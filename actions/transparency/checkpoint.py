"""Checkpoints (C2SP tlog-checkpoint): the size and root of a log at one moment, as a note."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.transparency.merkle import HASH_SIZE
from actions.transparency.note import Note, NoteError, Verifier, decode64, encode64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """What a log says about itself: its name (`origin`), number of entries and root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "\n".join([self.origin, str(self.size), encode64(self.root), *self.extensions, ""])

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Reads the text of a note. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines) or not _SIZE.fullmatch(lines[1]):
            raise NoteError("not a checkpoint")
        root = decode64(lines[2])
        if len(root) != HASH_SIZE:
            raise NoteError("a checkpoint's root has 32 bytes")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint and the note that it came in."""

    checkpoint: Checkpoint
    note: Note

    def __str__(self) -> str:
        return str(self.note)


def open_checkpoint(raw: str, log: Verifier) -> SignedCheckpoint:
    """The checkpoint, once the log's signature is checked. Raises NoteError."""
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.name:
        raise NoteError(f"this is a checkpoint of {checkpoint.origin}, not of {log.name}")
    if note.signature_of(log) is None:
        raise NoteError(f"the checkpoint is not signed by the known key of {log.name}")
    return SignedCheckpoint(checkpoint, note)
