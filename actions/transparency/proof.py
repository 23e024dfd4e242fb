"""A proof to take away (C2SP tlog-proof): that an entry is in a log, checked without a network."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.transparency.checkpoint import Checkpoint, open_checkpoint
from actions.transparency.merkle import leaf_hash, verify_inclusion
from actions.transparency.note import NoteError, Verifier, decode64, encode64

_FIRST = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class Proof:
    """Index, path and signed checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        path = "".join(f"{encode64(node)}\n" for node in self.path)
        return f"{_FIRST}\nindex {self.index}\n{path}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Raises NoteError where it is malformed."""
        head, found, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        if lines and lines[0].startswith("extra "):
            lines = lines[1:]
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if not found or first != _FIRST or not index:
            raise NoteError("not a proof of a log")
        return cls(int(index[1]), tuple(decode64(line) for line in lines[1:]), checkpoint)

    def verify(self, data: bytes, log: Verifier) -> Checkpoint:
        """The checkpoint under which the entry is. Raises NoteError where the proof is wrong."""
        checkpoint = open_checkpoint(self.checkpoint, log).checkpoint
        size, root = checkpoint.size, checkpoint.root
        if not verify_inclusion(leaf_hash(data), self.index, size, self.path, root):
            raise NoteError(f"this is not entry {self.index} of the log")
        return checkpoint
