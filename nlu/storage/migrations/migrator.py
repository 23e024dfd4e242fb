"""Makes, adopts and changes the tables of a store. Alembic runs the steps and remembers them.

Each work is one transaction in which no other process makes or changes tables: whoever is killed
leaves the database as it was. The two halves of the pairs are two branches of Alembic, as the
expanding and contracting halves of OpenStack's are, so that each has a last step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa
import stamina
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from sqlalchemy.schema import CreateIndex, CreateTable

from nlu.log import get_logger
from nlu.storage.database import Tables
from nlu.storage.migrations.step import EngineName, Half, Step, statements
from nlu.storage.migrations.version import (
    Ask,
    NoVersion,
    Version,
    WrongVersion,
    known_version,
    steps_of,
    version_of,
)

T = TypeVar("T")
log = get_logger(__name__)
_TURN = {
    "sqlite": ["BEGIN IMMEDIATE"],
    # Any number, the same for all. Nobody waits long for a table that somebody reads, for all who
    # come later would wait behind: it is given up and tried again.
    "postgresql": ["SELECT pg_advisory_xact_lock(5783651)", "SET LOCAL lock_timeout = '3s'"],
}
_BUSY = {"55P03", "40P01"}  # lock not available, deadlock: PostgreSQL, appendix A
_TRIES = 20


class Migrator:
    """The tables of one store, on a connection whose transaction is the caller's (`in_turn`)."""

    def __init__(self, db: sa.engine.Connection, tables: Tables) -> None:
        self._db, self._tables = db, tables
        self._engine = engine_name(db)
        self._script = _script(tables, self._run)

    @property
    def version(self) -> Version | None:
        """None where there are no tables. Raises NoVersion."""
        return version_of(asks(self._db), self._engine, self._tables)

    def make(self) -> None:
        """All tables as this Seva knows them, in a database that has none of them."""
        self._execute(self._head())
        known = known_version(self._tables)
        self._stamp("before", known.before)
        if known.after > 1:
            self._stamp("after", known.after)

    def adopt(self, where: str) -> None:
        """Takes over tables of a Seva without migrations: gives them what pair 1 has and they
        lack, and remembers that. Raises WrongVersion for tables that are too old."""
        first = next(iter(steps_of(self._tables)), None)
        making = first.statements(self._engine) if first else self._head()
        self._execute(one for one in making if "CREATE TABLE" in one)
        for table, column, kind in self._missing(making):
            if "NOT NULL" in kind and "DEFAULT" not in kind:
                raise WrongVersion(
                    f"{where}: the table `{table}` has no `{column}`: it is of a Seva that is too "
                    "old to be taken over; move it away, or run that Seva until nothing waits"
                )
            self._execute([f"ALTER TABLE {table} ADD COLUMN {column} {kind}"])
        self._execute(making)
        self._stamp("before", 1)

    def plan(self, half: Half, to: int | None = None) -> list[Step]:
        """What is missing of one half, up to a number; of a database without a version, from the
        second pair on."""
        try:
            found = self.version
        except NoVersion:
            found = Version(1)
        return plan(self._tables, found, half, to)

    def up(self, step: Step) -> None:
        """Runs one step, the next of its half."""
        self._migrate(lambda heads: self._script._upgrade_revs(step.id, heads))

    def down(self, step: Step) -> None:
        """Undoes one step, the last of its half."""
        one_less = f"{step.half}@-1"
        self._migrate(lambda heads: self._script._downgrade_revs(one_less, heads))

    def losses(self, step: Step) -> list[tuple[int, str]]:
        """How much of what would be lost if the step were undone now."""
        counted = ((asks(self._db)(sql)[0][0], name) for name, sql in step.losses(self._engine))
        return [(int(count), name) for count, name in counted if count]

    def _head(self) -> list[str]:
        head = self._tables.head
        if isinstance(head, str):
            return statements(head, self._engine)
        making: list[Any] = []
        for table in head.sorted_tables:
            making.append(CreateTable(table, if_not_exists=True))
            making += [CreateIndex(index, if_not_exists=True) for index in table.indexes]
        return [str(one.compile(dialect=self._db.dialect)) for one in making]

    def _run(self, step: Step, downwards: bool) -> None:
        self._execute(step.statements(self._engine, downwards=downwards))
        done = "undone" if downwards else "done"
        log.info("schema_step", store=self._tables.name, step=step.id, name=step.name, what=done)

    def _execute(self, sql: Iterable[str]) -> None:
        plain = self._db.execution_options(no_parameters=True)  # else `%` is a mark of psycopg2
        for one in sql:
            plain.exec_driver_sql(one)

    def _stamp(self, half: Half, number: int) -> None:
        self._context().stamp(self._script, f"{number:04}_{half}")

    def _migrate(self, revisions: Callable[[Any], list[RevisionStep]]) -> None:
        context = self._context(fn=lambda heads, _: revisions(heads))
        with Operations.context(context):
            context.run_migrations()

    def _context(self, **more: Any) -> MigrationContext:
        opts = {"version_table": self._tables.versions, "script": self._script, **more}
        return MigrationContext.configure(self._db, opts=opts)

    def _missing(self, making: Iterable[str]) -> list[tuple[str, str, str]]:
        """Columns of the first pair that are not there: table, name, and how it is declared."""
        found = []
        for one in making:
            for table, columns in _declared(one).items():
                there = {column["name"] for column in sa.inspect(self._db).get_columns(table)}
                found += [(table, name, columns[name]) for name in columns if name not in there]
        return found


def in_turn(engine: sa.engine.Engine, work: Callable[[sa.engine.Connection], T]) -> T:
    """The result of `work`, in a transaction of its own while nobody else makes or changes tables.
    It is tried again where others have the tables. Raises `sqlalchemy.exc.SQLAlchemyError`."""
    for attempt in stamina.retry_context(on=_is_busy, attempts=_TRIES, timeout=120.0):
        with attempt, engine.connect() as db:
            take_turn(db)
            found = work(db)
            db.commit()
    return found


def take_turn(db: sa.engine.Connection) -> None:
    """Until the end of the transaction nobody else makes or changes tables."""
    for one in _TURN[db.dialect.name]:
        db.exec_driver_sql(one)


def plan(tables: Tables, found: Version | None, half: Half, to: int | None = None) -> list[Step]:
    """The steps of one half that a database of this version lacks, in their order."""
    if found is None:
        return []
    return [
        step
        for step in steps_of(tables)
        if step.half == half and found.of(half) < step.number and (to is None or step.number <= to)
    ]


def asks(db: sa.engine.Connection) -> Ask:
    """Reads on a connection of SQLAlchemy."""
    return lambda sql: db.exec_driver_sql(sql).fetchall()


def engine_name(db: sa.engine.Connection | sa.engine.Engine) -> EngineName:
    """Which one it is."""
    return "sqlite" if db.dialect.name == "sqlite" else "postgresql"


def _is_busy(error: Exception) -> bool:
    cause = getattr(error, "orig", error)
    return getattr(cause, "pgcode", None) in _BUSY


def _declared(statement: str) -> dict[str, dict[str, str]]:
    """The columns of a CREATE TABLE as they are declared, read by SQLite; none of other ones."""
    if "CREATE TABLE" not in statement:
        return {}
    for word in ("BIGINT GENERATED BY DEFAULT AS IDENTITY", "SERIAL"):  # SQLite knows neither
        statement = statement.replace(word, "INTEGER")
    engine = sa.create_engine("sqlite://", future=True)
    with engine.connect() as db:
        db.exec_driver_sql(statement)
        table = next(name for name in sa.inspect(db).get_table_names() if "sqlite" not in name)
        rows = db.exec_driver_sql(f"PRAGMA table_info({table})").fetchall()
    return {
        table: {
            name: f"{kind}{' NOT NULL' if needed else ''}"
            + (f" DEFAULT {default}" if default is not None else "")
            for _, name, kind, needed, default, _ in rows
        }
    }


def _script(tables: Tables, run: Callable[[Step, bool], None]) -> ScriptDirectory:
    """The steps as Alembic knows them: each a revision, each half a branch with its name."""
    steps = steps_of(tables) or (Step(1, "first", "before", "", ()),)
    last: dict[Half, str] = {}
    scripts = []
    for step in steps:
        module: Any = ModuleType(step.id)
        module.down_revision = last.get(step.half)
        module.branch_labels = None if step.half in last else (step.half,)
        module.upgrade = lambda step=step: run(step, False)
        module.downgrade = lambda step=step: run(step, True)
        scripts.append(Script(module, step.id, f"{step.id}_{step.name}.sql"))
        last[step.half] = step.id
    directory = ScriptDirectory(str(Path(__file__).parent))
    directory.revision_map = RevisionMap(lambda: scripts)
    return directory
