"""The files that backups are: made whole or not at all, private, and not more than wanted."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from nlu.backup import archive
from nlu.backup.archive import Advance
from nlu.backup.copies import Copies
from nlu.backup.encryption import encrypt
from nlu.backup.errors import BackupError

_NAME = "seva-{:%Y%m%dT%H%M%S}Z.age"
_MADE = re.compile(r"seva-\d{8}T\d{6}Z\.age")
_PARTIAL = ".partial"


@dataclass(frozen=True)
class Made:
    """A backup that lies where it was wanted."""

    path: Path
    bytes: int
    sha256: str
    removed: tuple[str, ...] = ()
    """Names of older ones that went for it."""


def place_for(target: Path, var: Path) -> Path:
    """The file that is made: `target`, or one named after the time in the folder `target`. Raises
    BackupError."""
    path = target
    if target.is_dir():
        path = target / _NAME.format(datetime.now(timezone.utc))
    if path.exists():
        raise BackupError(f"{path} is there already: a backup never writes over another")
    if not path.parent.is_dir():
        raise BackupError(f"{path.parent}: there is no such folder")
    if path.resolve().is_relative_to(var.resolve()):
        raise BackupError(f"{path} lies in SEVA_VAR_DIR, which is what is backed up: name another")
    return path


def write_backup(copies: Copies, path: Path, recipients: Sequence[Any], advance: Advance) -> Made:
    """Encrypts copies into a new file. Raises BackupError, OSError."""

    def fill(out: BinaryIO) -> None:
        archive.write(copies.manifest, copies.sources, out, advance)

    return _write(path, lambda out: encrypt(fill, out, recipients))


def write_whole(path: Path, content: bytes) -> Made:
    """A new file. Raises OSError."""
    return _write(path, lambda out: _drop(out.write(content)))


def keep_newest(folder: Path, count: int) -> tuple[str, ...]:
    """Deletes older backups, by the time in their names; which. Other files are left alone."""
    made = sorted(path for path in folder.iterdir() if _MADE.fullmatch(path.name))
    gone = made[:-count]
    for path in gone:
        path.unlink()
    return tuple(path.name for path in gone)


def _drop(_: object) -> None:
    """Nothing is done with it."""


class _Hashed(io.RawIOBase):
    """Tells the hash of what was written to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """All of it."""
        self._file.write(data)
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def _write(path: Path, fill: Callable[[BinaryIO], None]) -> Made:
    draft = path.with_name(f".{path.name}{_PARTIAL}")
    draft.unlink(missing_ok=True)  # of one that was killed
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            out = _Hashed(file)
            fill(out)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Made(path, out.size, out.hash.hexdigest())
