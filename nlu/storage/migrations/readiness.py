"""Tables are ready when a process opens them: new ones are made, older ones brought up or refused.

A process brings up a SQLite file by itself: it is on one machine, nobody would run a command for
it, and steps `before` are in nobody's way. PostgreSQL is brought up by `seva migrate before`,
unless SEVA_MIGRATE says otherwise.
"""

from __future__ import annotations

import os

import sqlalchemy as sa

from nlu.storage.database import Tables
from nlu.storage.migrations.step import EngineName
from nlu.storage.migrations.version import (
    Ask,
    NoVersion,
    WrongVersion,
    fits,
    known_version,
    refuse_beyond,
    version_of,
)

VARIABLE = "SEVA_MIGRATE"


def are_ready(ask: Ask, engine: EngineName, tables: Tables) -> bool:
    """Whether a process can work with the tables as they are: no lock, nothing is changed."""
    try:
        found = version_of(ask, engine, tables)
    except NoVersion:
        return False
    return found is not None and fits(found, known_version(tables))


def open_schema(engine: sa.engine.Engine, tables: Tables) -> None:
    """Makes the tables ready. Raises WrongVersion where they are not and may not be changed, and
    `sqlalchemy.exc.SQLAlchemyError`."""
    from nlu.storage.migrations.migrator import Migrator, asks, engine_name, in_turn

    with engine.connect() as db:
        if are_ready(asks(db), engine_name(db), tables):
            return
    where = place_of(engine)

    def make_ready(db: sa.engine.Connection) -> None:
        """What is there is read again: another process may have been faster."""
        migrator = Migrator(db, tables)
        try:
            found = migrator.version
            if found is None:
                migrator.make()
                return
            refuse_beyond(where, tables, found)
        except NoVersion:
            found = None
        missing = migrator.plan("before")
        if found is not None and not missing:
            return
        if not changes_by_itself(engine_name(db)):
            raise WrongVersion(
                f"{where}: the tables of `{tables.name}` lack what this Seva needs; run `seva "
                f"migrate before` (older processes may go on), or set {VARIABLE}=always"
            )
        if found is None:
            migrator.adopt(where)
        for step in missing:
            migrator.up(step)

    in_turn(engine, make_ready)


def changes_by_itself(engine: EngineName, wanted: str = "") -> bool:
    """Whether a process that starts runs the steps `before` that a database lacks. `wanted`: as
    SEVA_MIGRATE says, which is read where nothing is given."""
    return (wanted or os.environ.get(VARIABLE, "").strip() or "sqlite") in ("always", engine)


def place_of(engine: sa.engine.Engine) -> str:
    """A database as an operator knows it: the file, or the URL without its password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database or "memory")
    return str(engine.url.render_as_string())
