"""Every store of a deployment, and how its tables stand: for `seva migrate` and `seva doctor`."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nlu.storage.database import DatabaseAway, Tables
from nlu.storage.migrations.migrator import plan
from nlu.storage.migrations.readiness import place_of
from nlu.storage.migrations.step import EngineName, Half, Step
from nlu.storage.migrations.version import (
    Ask,
    NoVersion,
    Version,
    fits,
    is_beyond,
    known_version,
    version_of,
)
from nlu.storage.read_only import read_only
from nlu.storage.tables import open_engine, shown

PLACES = ("api.stores", "actions.stores", "nlu.stores")
"""Modules with a function `stores`, which gives the stores of one floor. They are found by their
place, not by entry points: an installation that was not renewed may be what is migrated."""
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Store:
    """Tables, and the URL of SQLAlchemy where they lie."""

    tables: Tables
    url: str

    @property
    def name(self) -> str:
        """As `seva migrate` calls it."""
        return self.tables.name

    @property
    def file(self) -> Path | None:
        """The file, if it is SQLite's."""
        return Path(self.url.removeprefix(_SQLITE)) if self.url.startswith(_SQLITE) else None

    @property
    def engine(self) -> EngineName:
        """Where it lies."""
        return "postgresql" if self.file is None else "sqlite"

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return str(self.file or shown(self.url))


@dataclass(frozen=True)
class Standing:
    """How the tables of a store stand."""

    store: Store
    version: Version | None
    """None where they are not made yet."""
    adopted: bool = True
    """False for tables of a Seva without migrations; `version` is then what they will be."""

    @property
    def ready(self) -> bool:
        """Whether this Seva can work with them, or will make them."""
        if self.version is None:
            return True
        return self.adopted and fits(self.version, known_version(self.store.tables))

    @property
    def beyond(self) -> bool:
        """Whether a newer Seva took away what this one needs."""
        return self.version is not None and is_beyond(
            self.version, known_version(self.store.tables)
        )

    def waiting(self, half: Half) -> Sequence[Step]:
        """The steps of one half that have not been run."""
        return plan(self.store.tables, self.version, half)


def all_stores(settings: Any) -> list[Store]:
    """Of all floors. `settings`: `nlu.settings.Settings`."""
    return [store for place in PLACES for store in importlib.import_module(place).stores(settings)]


def standing(store: Store) -> Standing:
    """Looks and changes nothing. Raises DatabaseAway, and `sqlite3.Error` for a broken file."""
    if store.file is not None and not store.file.is_file():
        return Standing(store, None)
    try:
        with _reader(store) as ask:
            return Standing(store, version_of(ask, store.engine, store.tables))
    except NoVersion:
        return Standing(store, Version(1), adopted=False)


@contextmanager
def _reader(store: Store) -> Iterator[Ask]:
    if store.file is not None:
        with read_only(store.file) as db:
            yield lambda sql: db.execute(sql).fetchall()
        return
    engine = open_engine(store.url, pool_size=1, max_overflow=0)
    try:
        with engine.connect() as pg:
            yield lambda sql: pg.exec_driver_sql(sql).fetchall()
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        away = f"{place_of(engine)}: PostgreSQL does not answer ({type(error).__name__})"
        raise DatabaseAway(away) from error
    finally:
        engine.dispose()
