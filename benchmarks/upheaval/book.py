"""WhatsApp's book: one JSON object a line, only ever appended, so that a `kill -9` loses nothing.

`send`: a message of Seva that was taken; `read`: Seva began to answer a message; `lost`: the answer
to a send was kept back on purpose; `told`: statuses that Seva answered 200.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.upheaval.facts import Option, Send


class Book:
    """The writing side; belongs to one process."""

    def __init__(self, path: Path) -> None:
        """A line that was cut short in an earlier life is taken away: nobody was told of it."""
        path.touch()
        whole = path.read_bytes()
        os.truncate(path, whole.rfind(b"\n") + 1)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def add(self, line: Mapping[str, Any]) -> None:
        """In the file, whatever happens to this process; not yet on disk."""
        os.write(self._file, json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def sync(self) -> None:
        """All that was added is on disk."""
        os.fdatasync(self._file)


class BookReader:
    """The reading side: what was added since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at, self._rest = 0, b""

    def lines(self) -> list[dict[str, Any]]:
        """New whole lines, in their order."""
        if not self._path.exists():
            return []
        with open(self._path, "rb") as file:
            file.seek(self._at)
            new = file.read()
        self._at += len(new)
        *whole, self._rest = (self._rest + new).split(b"\n")
        return [json.loads(line) for line in whole if line]


def send_of(line: Mapping[str, Any]) -> Send:
    """The send in a line of the book."""
    options = tuple(Option(*one) for one in line["options"])
    return Send(line["at"], line["id"], line["tracker"], line["to"], line["text"], options)
