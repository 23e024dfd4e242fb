"""Files that are whole or absent after a crash."""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SIDE_BY_SIDE = 8


def replace_file(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Replaces a file in one step. If `durable`, its bytes are on disk before it gets its name.

    The name is on disk after `sync_folder` of its folder. The caller must hold a lock, because
    every writer uses the same name for its draft.
    """
    draft = path.with_name(f"{path.name}.draft")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fdatasync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def sync_files(paths: Collection[Path]) -> None:
    """Writes the bytes of these files to disk.

    Threads do it at once, so that they share commits.
    """
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Writes the names in a folder to disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
