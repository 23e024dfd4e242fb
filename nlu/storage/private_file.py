"""Files that only the user of our processes reads: made 0600, and put in place in one step."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o077
_BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite makes these with the mode of the file itself


def make_private(path: Path) -> None:
    """Makes a file of mode 0600 and its folder where there is none. One that is there, and what
    SQLite keeps beside it, is taken from others.

    Where it is not ours it is left as it is. It is not opened: to close a SQLite file once more
    would end the locks of all connections of this process (https://sqlite.org/howtocorrupt.html).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    for ending in _BESIDE:
        with suppress(FileNotFoundError, PermissionError):
            one = path.with_name(path.name + ending)
            if one.stat().st_mode & _OTHERS:
                one.chmod(0o600)


def put_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Whole or not at all, and on disk when this returns.

    Raises FileExistsError where the file is there and may not be replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if replace:
            os.replace(draft, path)
        else:
            os.link(draft, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
