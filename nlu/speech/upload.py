"""Puts a citizen's voice into a file only for as long as it is listened to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def voice_file(data: bytes, suffix: str = ".ogg") -> Iterator[Path]:
    """A file with `data` that only this user may read (0600); it is gone afterwards."""
    handle, name = tempfile.mkstemp(prefix="seva-voice-", suffix=suffix)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
