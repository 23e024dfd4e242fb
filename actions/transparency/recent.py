"""The log's recent entries: they are durable here before anything else of the log is written.

A record is its first index, its number of entries, their length and CRC-32, then the entries as a
bundle. A record that a crash cut off was acknowledged to nobody, and is removed. The first record
says where the file begins; what lies before it is in full tiles.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from actions.transparency.durable import replace_file, sync_folder
from actions.transparency.tiles import pack_entries, unpack_entries

_HEAD = struct.Struct(">QIII")


class BrokenEntries(Exception):
    """The file is absent, or its records do not follow each other."""


def _record(first: int, entries: Sequence[bytes]) -> bytes:
    data = pack_entries(entries)
    return _HEAD.pack(first, len(entries), len(data), zlib.crc32(data)) + data


class RecentEntries:
    """The open file. Its methods need the log's lock."""

    def __init__(self, path: Path) -> None:
        """Raises BrokenEntries where there is none."""
        self._path = path
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError as error:
            raise BrokenEntries(f"{path} is missing") from error
        self._end = 0
        self._next: int | None = None
        self.first = 0

    @staticmethod
    def begin(path: Path, first: int, entries: Sequence[bytes]) -> None:
        """Puts a file in place that begins at entry `first`. Durable when it returns."""
        replace_file(path, _record(first, entries), mode=0o600)
        sync_folder(path.parent)

    def close(self) -> None:
        """Frees the file."""
        os.close(self._handle)

    def replaced(self) -> bool:
        """Whether another process has begun a new file."""
        try:
            there = os.stat(self._path)
        except FileNotFoundError as error:
            raise BrokenEntries(f"{self._path} is missing") from error
        mine = os.fstat(self._handle)
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def read(self) -> list[bytes]:
        """The entries after those read or written so far; cuts off an unfinished record.

        Raises BrokenEntries where a record does not follow the one before, or is no longer there.
        """
        size = os.fstat(self._handle).st_size
        if size == self._end:
            return []
        if size < self._end:
            raise BrokenEntries(f"{self._path} has become shorter")
        data = os.pread(self._handle, size - self._end, self._end)
        found: list[bytes] = []
        at = 0
        while at + _HEAD.size <= len(data):
            first, count, length, checksum = _HEAD.unpack_from(data, at)
            body = data[at + _HEAD.size : at + _HEAD.size + length]
            if len(body) < length or zlib.crc32(body) != checksum:
                break
            if self._next is None:
                self.first = self._next = first
            entries = unpack_entries(body)
            if first != self._next or len(entries) != count:
                raise BrokenEntries(f"{self._path}: entry {self._next} is followed by {first}")
            found += entries
            self._next += count
            at += _HEAD.size + length
        if self._next is None:
            raise BrokenEntries(f"{self._path} holds no whole record")
        self._end += at
        if at < len(data):
            os.ftruncate(self._handle, self._end)
            os.fsync(self._handle)
        return found

    def append(self, entries: Sequence[bytes]) -> None:
        """Writes a record. Durable when it returns; after an OSError, open the file anew."""
        assert self._next is not None, "read it first"
        record = memoryview(_record(self._next, entries))
        while record:
            record = record[os.write(self._handle, record) :]
        os.fdatasync(self._handle)
        self._end += _HEAD.size + sum(2 + len(entry) for entry in entries)
        self._next += len(entries)
