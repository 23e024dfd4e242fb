"""A store with three pairs of steps, as each of three versions knows it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nlu.storage.database import Tables
from nlu.storage.migrations.store import Store
from nlu.storage.tables import open_engine, open_tables

CHAIN = Path(__file__).parent / "chain"
HEADS = {
    1: "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT '');",
    2: "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, words TEXT);",
    3: "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, words TEXT, day INTEGER);\n"
    "CREATE INDEX IF NOT EXISTS notes_day ON notes (day);",
}
WRITES = {
    1: "INSERT INTO notes (id, text) VALUES ({0}, '{1}')",
    2: "INSERT INTO notes (id, words) VALUES ({0}, '{1}')",
    3: "INSERT INTO notes (id, words, day) VALUES ({0}, '{1}', 9)",
}
READS = {1: "text", 2: "words", 3: "words"}


class Code:
    """The code of one version: its steps, what it writes and how it reads."""

    def __init__(self, number: int, folder: Path, url: str) -> None:
        self.number, self.url = number, url
        steps = folder / f"steps{number}"
        if not steps.exists():
            steps.mkdir(parents=True)
            for path in CHAIN.glob("*.sql"):
                if int(path.name[:4]) <= number:
                    shutil.copy(path, steps)
        self.tables = Tables("notes", HEADS[number], steps)
        self.store = Store(self.tables, url)

    def start(self) -> None:
        """As a process of it starts."""
        open_tables(self.url, self.tables).dispose()

    def write(self, number: int, words: str) -> None:
        self.say(WRITES[self.number].format(number, words))

    def read(self) -> list[str]:
        return [row[0] for row in self.say(f"SELECT {READS[self.number]} FROM notes ORDER BY id")]

    def say(self, sql: str) -> list[Any]:
        engine = open_engine(self.url)
        with engine.begin() as db:
            found = db.exec_driver_sql(sql)
            rows = found.fetchall() if found.returns_rows else []
        engine.dispose()
        return list(rows)


def shape(url: str) -> dict[str, Any]:
    """What a database looks like: the same however it came there. Columns have no order."""
    engine = open_engine(url)
    with engine.connect() as db:
        seen = sa.inspect(db)
        found = {
            table: _table(db, seen, table)
            for table in seen.get_table_names()
            if not table.startswith(("alembic_version", "sqlite_"))
        }
    engine.dispose()
    return found


def _table(db: sa.engine.Connection, seen: Any, table: str) -> dict[str, Any]:
    columns = {
        one["name"]: (
            one["type"].compile(db.dialect),
            one["nullable"],
            one["default"],
            bool(one.get("identity")),
        )
        for one in seen.get_columns(table)
    }
    where = f"'{table}' ORDER BY 1"
    if db.dialect.name == "sqlite":
        rest = db.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') "
            f"AND sql IS NOT NULL AND tbl_name = {where}"
        )
        options = db.exec_driver_sql(f"PRAGMA table_list({table})").fetchone()
        kind: Any = tuple(options)[2:]
        kind = kind[:1] + kind[2:]  # without the number of columns: they are above
        checks: Any = [one["sqltext"] for one in seen.get_check_constraints(table)]
    else:
        rest = db.exec_driver_sql(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename = {where}"
        )
        kind = None
        checks = db.exec_driver_sql(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            f"WHERE conrelid = '{table}'::regclass ORDER BY 1"
        ).fetchall()
    return {
        "columns": columns,
        "key": seen.get_pk_constraint(table)["constrained_columns"],
        "unique": sorted(one["column_names"] for one in seen.get_unique_constraints(table)),
        "foreign": sorted(map(str, seen.get_foreign_keys(table))),
        "indexes": {name: " ".join(str(sql).split()) for name, sql in rest.fetchall()},
        "kind": kind,
        "checks": [tuple(one) if not isinstance(one, str) else one for one in checks],
    }
