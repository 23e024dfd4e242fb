"""SQLite files of others, read without a trace: whoever looks makes, changes and locks nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_WAIT_S = 2.0


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads. Raises `sqlite3.Error`.

    A file in write-ahead mode that nobody has open lacks what SQLite keeps beside it, and a reader
    would make that (https://sqlite.org/wal.html, section 5); then nobody writes either, and the
    file is read as one that does not change.
    """
    beside = path.with_name(f"{path.name}-wal").exists()
    how = "mode=ro" if beside else "mode=ro&immutable=1"
    url = f"file:{quote(str(path.absolute()))}?{how}"
    with closing(sqlite3.connect(url, timeout=_WAIT_S, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
