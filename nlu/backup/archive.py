"""The inside of a backup: a tar with the manifest first, then the parts in its order."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from nlu.backup.encryption import decrypted
from nlu.backup.errors import BackupError
from nlu.backup.manifest import NAME, Manifest, Part

_CHUNK = 1 << 20
Advance = Callable[[int], object]
"""Told how many bytes were done."""


def write(manifest: Manifest, sources: Mapping[str, Path], out: BinaryIO, advance: Advance) -> None:
    """Of each source, as many bytes as the manifest says."""
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        raw = manifest.encode()
        tar.addfile(_entry(NAME, len(raw), 0o600), io.BytesIO(raw))
        for part in manifest.parts:
            with sources[part.name].open("rb") as file:
                tar.addfile(_entry(part.name, part.bytes, part.mode), _Counted(file, advance))


def _entry(name: str, size: int, mode: int) -> tarfile.TarInfo:
    """Nothing of the machine it comes from."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, mode
    return entry


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, advance: Advance) -> None:
        self._file, self._advance = file, advance

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes."""
        found = self._file.read(size)
        self._advance(len(found))
        return found


@contextmanager
def opened(path: Path, identities: Sequence[Any]) -> Iterator[Archive]:
    """A backup that is read from its beginning to its end. Raises BackupError."""
    with decrypted(path, identities) as stream:
        yield Archive(stream)


class Archive:
    """A backup that is being read."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises BackupError where it does not begin with a manifest."""
        try:
            self._tar = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115
            first = self._tar.next()
            raw = self._tar.extractfile(first) if first and first.name == NAME else None
            if raw is None:
                raise BackupError("this is no backup of Seva: it does not begin with a manifest")
            self.manifest = Manifest.decode(raw.read())
        except tarfile.TarError as error:
            raise BackupError("this is no backup of Seva") from error

    def parts(self) -> Iterator[tuple[Part, IO[bytes]]]:
        """Each part with its bytes, in the manifest's order. Raises BackupError where one is
        missing, or is another."""
        try:
            for part in self.manifest.parts:
                entry = self._tar.next()
                content = self._tar.extractfile(entry) if entry else None
                if entry is None or content is None or entry.name != part.name:
                    raise BackupError(f"the backup is damaged: {part.name} is missing")
                yield part, content
        except tarfile.TarError as error:
            raise BackupError("the backup is damaged: it ends in the middle") from error


def unpack(part: Part, content: IO[bytes], target: Path, advance: Advance) -> None:
    """Writes a part to a new file. Raises BackupError where it is not what the manifest says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    found, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        target.chmod(part.mode & 0o777)
        while block := content.read(_CHUNK):
            out.write(block)
            found.update(block)
            size += len(block)
            advance(len(block))
    if size != part.bytes or found.hexdigest() != part.sha256:
        raise BackupError(f"the backup is damaged: {part.name} is not what its manifest says")


def hash_of(path: Path, size: int) -> str:
    """SHA-256 of the first `size` bytes. Raises BackupError where there are fewer."""
    found, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (block := file.read(min(_CHUNK, left))):
            found.update(block)
            left -= len(block)
    if left:
        raise BackupError(f"{path} became shorter while it was read: try again")
    return found.hexdigest()
