"""Which steps a database has had, and whether this Seva can work with it.

It is read by plain SQL, so that whoever starts or only looks needs neither Alembic nor a lock. The
rows are those of Alembic: the last step of each half.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nlu.storage.database import Tables
from nlu.storage.migrations.step import EngineName, Half, Step, read_steps

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""Rows that a statement without values finds."""
_ROW = re.compile(r"(\d{4})_(before|after)")


@dataclass(frozen=True)
class Version:
    """The last pair of which each half has been run. A store begins with both halves of pair 1."""

    before: int
    after: int = 1

    def __str__(self) -> str:
        return f"before {self.before:04}, after {self.after:04}"

    def of(self, half: Half) -> int:
        """The number of one half."""
        return self.before if half == "before" else self.after


class NoVersion(Exception):
    """The tables are those of a Seva without migrations."""


class WrongVersion(ValueError):
    """Tables that this Seva cannot work with; the message says what to do."""


def known_version(tables: Tables) -> Version:
    """What this Seva's steps lead to."""
    steps = steps_of(tables)
    return Version(
        max((one.number for one in steps if one.half == "before"), default=1),
        max((one.number for one in steps if one.half == "after"), default=1),
    )


def steps_of(tables: Tables) -> tuple[Step, ...]:
    """All steps of a store; none where its tables never changed."""
    return read_steps(tables.folder) if tables.folder else ()


def version_of(ask: Ask, engine: EngineName, tables: Tables) -> Version | None:
    """What the tables of a database are; None where there are none. Raises NoVersion."""
    if not _is_there(ask, engine, tables.versions):
        if any(_is_there(ask, engine, name) for name in tables.names):
            raise NoVersion
        return None
    rows = [
        _ROW.fullmatch(str(row[0])) for row in ask(f"SELECT version_num FROM {tables.versions}")
    ]
    last = {row[2]: int(row[1]) for row in rows if row}
    if "before" not in last:
        raise NoVersion
    return Version(last["before"], last.get("after", 1))


def fits(found: Version, known: Version) -> bool:
    """Whether this Seva can work: it has what it needs, and nothing was taken away that it needs.
    Steps `before` of newer Sevas are not in its way."""
    return found.before >= known.before and not is_beyond(found, known)


def is_beyond(found: Version, known: Version) -> bool:
    """Whether a newer Seva took away what this one needs."""
    return found.after > known.before


def refuse_beyond(where: str, tables: Tables, found: Version) -> None:
    """Raises WrongVersion where a newer Seva took away what this one needs."""
    known = known_version(tables)
    if is_beyond(found, known):
        raise WrongVersion(
            f"{where}: the tables of `{tables.name}` are of a newer Seva ({found}; this one knows "
            f"{known.before:04}); run that one, or go back with its `seva migrate down`"
        )


def _is_there(ask: Ask, engine: EngineName, table: str) -> bool:
    if engine == "sqlite":
        return bool(ask(f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{table}'"))
    # Not `to_regclass`: that may answer from what the connection knew before it had its turn.
    mine = "schemaname = ANY (current_schemas(false))"
    return bool(ask(f"SELECT 1 FROM pg_tables WHERE {mine} AND tablename = '{table}'"))
