"""An older version at work: its tables, and what it said to them, as `record.py` wrote it down."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from nlu.storage.migrations.step import EngineName, statements

HERE = Path(__file__).parent
Execute = Callable[[str, Sequence[Any]], tuple[list[dict[str, Any]], int]]


class OldCode:
    """`pair` is the last pair of steps that it knew. It knows nothing of later ones."""

    def __init__(self, pair: int, url: str) -> None:
        self._url = url
        self.engine: EngineName = "sqlite" if url.startswith("sqlite") else "postgresql"
        folder = HERE / f"v{pair}"
        lines = (folder / f"session.{self.engine}.jsonl").read_text("utf-8").splitlines()
        self._session: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._schema = (folder / "schema.sql").read_text("utf-8")

    def make(self) -> None:
        """Its tables, as it made them: it said which version they are in its own way."""
        with self._connected() as execute:
            for one in statements(self._schema, self.engine):
                execute(one, ())
            if self.engine == "sqlite":
                execute("PRAGMA user_version = 3", ())
                return
            execute("CREATE TABLE table_versions (name TEXT PRIMARY KEY, version INTEGER)", ())
            execute("INSERT INTO table_versions VALUES ('inbox', 3)", ())

    def opens(self) -> None:
        """What it does when it starts."""
        with self._connected() as execute:
            said = "SELECT version FROM table_versions WHERE name = 'inbox'"
            rows, _ = execute("PRAGMA user_version" if self.engine == "sqlite" else said, ())
            ((version,),) = (row.values() for row in rows)
            assert version in (0, 3)
            for one in statements(self._schema, self.engine):
                execute(one, ())

    def play(self, phase: str) -> None:
        """Says it all again; what is found is what was found then."""
        with self._connected() as execute:
            for transaction in self._session:
                if transaction["phase"] == phase:
                    execute("BEGIN", ())
                    for one in transaction["statements"]:
                        rows, count = execute(one["sql"], one["values"])
                        assert (_known(rows, one["rows"]), count) == (
                            _plain(one["rows"]),
                            one["count"],
                        ), one["sql"]
                    execute("COMMIT", ())

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in the tables that it knows."""
        names = [one.split()[5] for one in self._schema.splitlines() if "CREATE TABLE" in one]
        with self._connected() as execute:
            found = {name: execute(f"SELECT * FROM {name}", ())[0] for name in names}
        return {name: sorted(rows, key=str) for name, rows in found.items() if name != "clock"}

    def ask(self, sql: str) -> list[dict[str, Any]]:
        with self._connected() as execute:
            return execute(sql, ())[0]

    @contextmanager
    def _connected(self) -> Iterator[Execute]:
        if self.engine == "sqlite":
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
                db.row_factory = sqlite3.Row
                yield lambda sql, values: _found(db.execute(sql, values))
            return
        with closing(psycopg2.connect(self._url, cursor_factory=RealDictCursor)) as pg:
            pg.autocommit = True  # BEGIN is said as it is

            def execute(sql: str, values: Sequence[Any]) -> tuple[list[dict[str, Any]], int]:
                cursor = pg.cursor()
                marked = sql.replace("%", "%%").replace("?", "%s") if values else sql
                cursor.execute(marked, tuple(values) or None)
                return _found(cursor)

            yield execute


def _found(cursor: Any) -> tuple[list[dict[str, Any]], int]:
    rows = [dict(row) for row in cursor.fetchall()] if cursor.description else []
    return rows, cursor.rowcount


def _known(rows: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The columns that there were."""
    names = list(then[0]) if then else []
    return _plain([{name: row[name] for name in names} for row in rows])


def _plain(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Two tokens of the same words differ."""
    return [
        {name: "sealed" if str(value).startswith("gAAAA") else value for name, value in row.items()}
        for row in rows
    ]
