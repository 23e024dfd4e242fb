"""Signed texts of a log: notes, checkpoints and proofs.

A note (C2SP signed-note) is a text with Ed25519 signatures; witnesses add cosignatures
(tlog-cosignature). A checkpoint (tlog-checkpoint) is a note with the size and root of a log at one
moment. A proof (tlog-proof) shows that an entry is in a log; it is checked without a network.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from actions.transparency.merkle import HASH_SIZE, leaf_hash, verify_inclusion

ED25519 = 0x01
COSIGNATURE = 0x04  # witnesses make it; it holds the time of signing
_DASH = "\u2014 "
_PRIVATE = "PRIVATE+KEY+"
_KINDS = (ED25519, COSIGNATURE)
_MOST_SIGNATURES = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_FIRST = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class NoteError(ValueError):
    """A note, key or signature is malformed or does not verify."""


def decode64(text: str) -> bytes:
    """Decodes standard base64. Raises NoteError for any but the canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if encode64(data) != text:
        raise NoteError("not canonical base64")
    return data


def encode64(data: bytes) -> str:
    """Encodes as standard base64."""
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True)
class Signature:
    """One signature line: the key's name, its id (4 bytes) and the signature."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line and its newline."""
        return f"{_DASH}{self.name} {encode64(self.key_id + self.data)}\n"

    @property
    def time(self) -> int:
        """Time of a cosignature in Unix seconds. Raises NoteError for another kind of signature."""
        if len(self.data) != 72:
            raise NoteError(f"the signature of {self.name} is no cosignature")
        return int(struct.unpack(">Q", self.data[:8])[0])

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Reads a line without its newline. Raises NoteError."""
        name, found, blob = line.removeprefix(_DASH).partition(" ")
        data = decode64(blob) if found else b""
        if not line.startswith(_DASH) or not _good_name(name) or len(data) < 5:
            raise NoteError("not a signature line")
        return cls(name, data[:4], data[4:])


@dataclass(frozen=True)
class Verifier:
    """A public key and the name under which it signs."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not _good_name(self.name) or self.kind not in _KINDS or len(self.public) != 32:
            raise NoteError("not a key that notes are signed with")

    @property
    def key_id(self) -> bytes:
        """Four bytes; they differ between two keys of the same name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Reads `name+id+key`, as `GET .../key` answers it. Raises NoteError."""
        name, key_id, data = _parts(text.strip())
        key = cls(name, data[0], data[1:])
        if key.key_id.hex() != key_id:
            raise NoteError("the key's id does not fit the key")
        return key

    def verify(self, text: str, signature: Signature) -> None:
        """Raises NoteError unless the signature over the text is this key's."""
        message, data = text.encode(), signature.data
        if self.kind == COSIGNATURE:
            message, data = _cosigned(text, signature.time), data[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(data, message)
        except InvalidSignature as error:
            raise NoteError(f"the signature of {self.name} is wrong") from error


@dataclass(frozen=True)
class Signer:
    """A private key and the name under which it signs."""

    name: str
    kind: int
    seed: bytes

    def __post_init__(self) -> None:
        if not _good_name(self.name) or self.kind not in _KINDS or len(self.seed) != 32:
            raise NoteError("a key's name is not empty and holds neither space nor plus")

    @classmethod
    def new(cls, name: str, kind: int = ED25519) -> Signer:
        """Makes a key. Raises NoteError if the name is empty or holds a space or a plus sign."""
        return cls(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifier(self) -> Verifier:
        """The public key that belongs to it."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.name, self.kind, public.public_bytes_raw())

    def encode(self) -> str:
        """The private key as text, in the form of Go's sumdb/note. It is secret."""
        key_id = self.verifier.key_id.hex()
        return f"{_PRIVATE}{self.name}+{key_id}+{encode64(bytes([self.kind]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Reads what `encode` wrote. Raises NoteError; its message never holds the key."""
        text = text.strip()
        if not text.startswith(_PRIVATE):
            raise NoteError("not a private key")
        name, key_id, data = _parts(text.removeprefix(_PRIVATE))
        if len(data) != 33 or data[0] not in _KINDS:
            raise NoteError("not a private key")
        signer = cls(name, data[0], data[1:])
        if signer.verifier.key_id.hex() != key_id:
            raise NoteError("the key's id does not fit the key")
        return signer

    def sign(self, text: str, time: int = 0) -> Signature:
        """Signs a note's text. A cosignature also signs `time` (Unix seconds)."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.kind == COSIGNATURE:
            data = struct.pack(">Q", time) + key.sign(_cosigned(text, time))
        else:
            data = key.sign(text.encode())
        return Signature(self.name, self.verifier.key_id, data)


@dataclass(frozen=True)
class Note:
    """A text, which ends in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    @classmethod
    def parse(cls, raw: str) -> Note:
        """Reads a signed note without checking its signatures. Raises NoteError."""
        body, found, signed = raw.rpartition("\n\n")
        lines = signed.split("\n")
        if not found or lines.pop() or not 0 < len(lines) <= _MOST_SIGNATURES:
            raise NoteError("not a signed note")
        if any(ord(character) < 32 and character != "\n" for character in raw):
            raise NoteError("a note holds no control characters")
        return cls(body + "\n", tuple(Signature.parse(line) for line in lines))

    def signature_of(self, key: Verifier) -> Signature | None:
        """The checked signature of a key, or None if it has not signed.

        Raises NoteError if wrong.
        """
        mine = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        for signature in mine:
            key.verify(self.text, signature)
        return mine[0] if mine else None

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """The note with these signatures; they replace earlier ones by the same keys."""
        found = {(s.name, s.key_id): s for s in (*self.signatures, *more)}
        return Note(self.text, tuple(found.values()))


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
    """Checks the log's signature and returns the checkpoint. Raises NoteError."""
    note = Note.parse(raw)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.name:
        raise NoteError(f"this is a checkpoint of {checkpoint.origin}, not of {log.name}")
    if note.signature_of(log) is None:
        raise NoteError(f"the checkpoint is not signed by the known key of {log.name}")
    return SignedCheckpoint(checkpoint, note)


@dataclass(frozen=True)
class Proof:
    """Index of an entry, its path in the tree, and the signed checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        path = "".join(f"{encode64(node)}\n" for node in self.path)
        return f"{_FIRST}\nindex {self.index}\n{path}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Reads the text of a proof. Raises NoteError if it is malformed."""
        head, found, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        if lines and lines[0].startswith("extra "):
            lines = lines[1:]
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if not found or first != _FIRST or not index:
            raise NoteError("not a proof of a log")
        return cls(int(index[1]), tuple(decode64(line) for line in lines[1:]), checkpoint)

    def verify(self, data: bytes, log: Verifier) -> Checkpoint:
        """Checks the proof and returns its checkpoint. Raises NoteError if the proof is wrong."""
        checkpoint = open_checkpoint(self.checkpoint, log).checkpoint
        size, root = checkpoint.size, checkpoint.root
        if not verify_inclusion(leaf_hash(data), self.index, size, self.path, root):
            raise NoteError(f"this is not entry {self.index} of the log")
        return checkpoint


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _parts(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    data = decode64(parts[2]) if len(parts) == 3 else b""
    if not data:
        raise NoteError("not a key of the form name+id+base64")
    return parts[0], parts[1], data


def _good_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)
