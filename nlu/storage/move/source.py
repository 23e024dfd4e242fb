"""What a store left in files, as rows of the tables that it has in PostgreSQL.

Each floor lists its sources in its `stores.py`. Most are a SQLite file with the same tables; the
log of issued documents and the keys of departments are folders.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.storage.database import Tables
from nlu.storage.migrations.store import PLACES, Store
from nlu.storage.migrations.version import NoVersion, known_version, version_of
from nlu.storage.move.errors import MoveError
from nlu.storage.moved import moved_name

Values = tuple[Any, ...]
"""A row."""
Opened = Callable[[Path], sqlite3.Connection]
"""Gives the connection to a file that is held."""
_SLICE = 500


@dataclass(frozen=True)
class Content:
    """The rows that a table gets."""

    table: str
    columns: tuple[str, ...]
    count: int
    rows: Callable[[], Iterator[Values]]
    place: Callable[[Values], int] = lambda _: 0
    """Which of the source's databases gets a row, from 0."""
    last: int = 0
    """The highest number that was ever given, where rows are numbered."""
    fresh: frozenset[str] = frozenset()
    """Columns that are made anew each time, so that two moves of the same rows differ in them."""


class Source:
    """Something that lies in files; the base of all. Paths are told whether they are moved already
    or not."""

    def __init__(self, tables: Tables, urls: Sequence[str], paths: Sequence[Path]) -> None:
        """`tables` are those of PostgreSQL, `urls` the databases that get them."""
        self.tables, self.urls = tables, tuple(urls)
        self._paths = tuple(paths)

    @property
    def name(self) -> str:
        """As `seva migrate` calls the store."""
        return self.tables.name

    @property
    def paths(self) -> list[Path]:
        """Files and folders that are there, as they are called now. Raises MoveError for one that
        is there under both names."""
        return [found for path in self._paths if (found := _found(path)) is not None]

    @property
    def unmoved(self) -> list[Path]:
        """Those that have their name of before."""
        return [path for path in self._paths if path.exists()]

    @property
    def file(self) -> Path | None:
        """The SQLite file that is read, if there is one."""
        return None

    def finish(self) -> None:
        """Ends what a crash left half done, as a start does. Nothing is held."""

    def held(self) -> AbstractContextManager[Any]:
        """What else keeps others from writing. Raises MoveError where somebody does."""
        return nullcontext()

    def contents(self, opened: Opened) -> list[Content]:
        """Tables and their rows, those first that others refer to. Raises MoveError."""
        raise NotImplementedError

    def commits(self) -> None:
        """Called before the transactions end, when all is right."""


@dataclass(frozen=True)
class Shape:
    """How tables of a file differ from those of PostgreSQL."""

    of: Tables
    """The tables of the file."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Tables that have another name there."""
    left: frozenset[str] = frozenset()
    """Tables that are not needed there."""


class SqliteSource(Source):
    """Tables of a SQLite file."""

    def __init__(
        self, tables: Tables, urls: Sequence[str], file: Path, shape: Shape | None = None
    ) -> None:
        super().__init__(tables, urls, [file])
        self._shape = shape or Shape(tables)

    @property
    def file(self) -> Path | None:
        """See `Source`."""
        return next(iter(self.paths), None)

    def contents(self, opened: Opened) -> list[Content]:
        """See `Source`. Tables of another version are refused."""
        file = self.file
        assert file is not None
        db = opened(file)
        if not self._made(db, file):
            return []
        numbers = _numbers(db)
        shape = self._shape
        names = [name for name in shape.of.names if name not in shape.left]
        return [self.content(db, name, numbers.get(name, 0)) for name in names]

    def content(self, db: sqlite3.Connection, name: str, last: int) -> Content:
        """One table of the file."""
        columns = tuple(row[1] for row in db.execute(f"PRAGMA table_info({name})"))
        ((count,),) = db.execute(f"SELECT COUNT(*) FROM {name}")
        listed = ", ".join(columns)

        def rows() -> Iterator[Values]:
            found = db.execute(f"SELECT {listed} FROM {name}")
            while some := found.fetchmany(_SLICE):
                yield from some

        return Content(self._shape.names.get(name, name), columns, count, rows, last=last)

    def _made(self, db: sqlite3.Connection, file: Path) -> bool:
        """Whether the tables are there. Raises MoveError where they are of another version."""
        known, tables = known_version(self._shape.of), self._shape.of
        try:
            found = version_of(lambda sql: db.execute(sql).fetchall(), "sqlite", tables)
        except NoVersion:
            found = None
        else:
            if found is None:
                return False
        if found != known:
            raise MoveError(
                f"{file}: the tables of `{tables.name}` are not as this Seva has them "
                f"({found or 'before migrations'}; it has {known}). With the settings of before, "
                "run `seva migrate before` and `seva migrate after`, or the newer Seva"
            )
        return True


def all_sources(files: Any, now: Any) -> list[Source]:
    """Of all floors, messages last. `files` and `now`: `nlu.settings.Settings` of before, and as
    they are now."""
    return [
        source
        for place in reversed(PLACES)
        for source in importlib.import_module(place).sources(files, now)
    ]


def in_files(before: Sequence[Store], now: Sequence[Store]) -> list[Source]:
    """The stores that have the same tables in a file of before and in PostgreSQL now."""
    there = {store.name: store for store in now if store.file is None}
    return [
        SqliteSource(store.tables, [there[store.name].url], store.file)
        for store in before
        if store.file is not None and store.name in there
    ]


def _found(path: Path) -> Path | None:
    moved = moved_name(path)
    if path.exists() and moved.exists():
        raise MoveError(f"{path} and {moved} are both there: move the one away that is not wanted")
    return path if path.exists() else moved if moved.exists() else None


def _numbers(db: sqlite3.Connection) -> dict[str, int]:
    """The highest number that each table ever gave, of those that never give one twice."""
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone()
    if there is None:
        return {}
    return {
        name: int(last or 0) for name, last in db.execute("SELECT name, seq FROM sqlite_sequence")
    }
