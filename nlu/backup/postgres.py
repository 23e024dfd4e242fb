"""A database of PostgreSQL: one snapshot of it by pg_dump, and back by pg_restore.

The programs of PostgreSQL are taken from the machine, the newest that is found: pg_dump refuses a
server that is newer than itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import make_dsn

from nlu.backup.errors import BackupError
from nlu.storage.tables import one_form, shown

_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\.\d+)*")
_TABLES = (
    "SELECT c.oid::regclass::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
    "AND n.nspname NOT LIKE 'pg_toast%' ORDER BY 1"
)
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Program:
    """`pg_dump` or `pg_restore` of a version."""

    path: Path
    version: int


def newest(name: str) -> Program:
    """The newest on this machine. Raises BackupError where there is none."""
    found = [path for folder in _FOLDERS for path in Path("/").glob(f"{folder[1:]}/{name}")]
    on_path = shutil.which(name)
    programs = [_program(path) for path in [*found, *([Path(on_path)] if on_path else [])]]
    best = max((one for one in programs if one), key=lambda one: one.version, default=None)
    if best is None:
        raise BackupError(
            f"{name} is not on this machine: install PostgreSQL's client programs of the server's "
            "version or newer (Debian: postgresql-client-17)"
        )
    return best


def _program(path: Path) -> Program | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return None
    version = _VERSION.search(said)
    return Program(path, int(version[1])) if version else None


@dataclass
class Snapshot:
    """A transaction that sees the database as it was when `hold` was called. pg_dump, which has a
    connection of its own, sees the same by the snapshot's name."""

    url: str
    connection: Any
    program: Program
    name: str = ""
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def versions(self) -> str:
        """For the manifest."""
        return f"server {_major(self.connection)}, pg_dump {self.program.version}"

    def hold(self) -> None:
        """From here on. Raises BackupError."""
        with _told("cannot hold a snapshot"), self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            ((self.name,),) = cursor.fetchall()

    def dump(self, target: Path) -> dict[str, int]:
        """Writes the database in pg_dump's own form; how many rows each table has. Raises
        BackupError."""
        _run(
            self.program,
            ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={self.name}"],
            self.url,
            ["--file", str(target)],
        )
        target.chmod(0o600)
        return _rows(self.connection)


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Connected, and not held yet. Raises BackupError: also where pg_dump is older than the
    server."""
    program = newest("pg_dump")
    with connected(url) as connection:
        server = _major(connection)
        if program.version < server:
            raise BackupError(
                f"{program.path} is of PostgreSQL {program.version}, the server of {server}: "
                f"install its client programs (Debian: postgresql-client-{server})"
            )
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield Snapshot(url, connection, program)


def tables_in(url: str) -> list[str]:
    """Names of the tables there; none in an empty database. Raises BackupError."""
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for name, _ in cursor.fetchall()]


def restore(url: str, dump: Path, rows: Mapping[str, int]) -> None:
    """Fills an empty database from a dump, in one transaction: all of it or nothing. Raises
    BackupError, also where other numbers of rows come out than went in."""
    _run(
        newest("pg_restore"),
        ["--exit-on-error", "--single-transaction", "--no-owner", "--no-acl"],
        url,
        [str(dump)],
    )
    with connected(url) as connection:
        found = _rows(connection)
    if found != dict(rows):
        raise BackupError(f"{shown(url)}: other numbers of rows came out than the backup names")


def check(dump: Path) -> None:
    """Whether pg_restore can read what is in a dump. Raises BackupError."""
    program = newest("pg_restore")
    done = subprocess.run([program.path, "--list", dump], capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupError(f"pg_restore cannot read it: {_first(done.stderr)}")


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection that is closed after. Raises BackupError where the server does not answer."""
    with _told(f"{shown(url)} does not answer"):
        connection = psycopg2.connect(**_options(url), connect_timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def _rows(connection: Any) -> dict[str, int]:
    with _told("tables cannot be counted"), connection.cursor() as cursor:
        cursor.execute(_TABLES)
        counts = {}
        for name, quoted in cursor.fetchall():
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            counts[name] = int(cursor.fetchone()[0])
    return counts


def _major(connection: Any) -> int:
    return int(connection.server_version // 10_000)


def _options(url: str) -> dict[str, Any]:
    """As psycopg2 takes them."""
    plain = sa.engine.make_url(one_form(url)).set(drivername="postgresql+psycopg2")
    _, options = plain.get_dialect()().create_connect_args(plain)
    return dict(options)


def _run(program: Program, how: list[str], url: str, what: list[str]) -> None:
    """The password goes by the environment: others can read a command line."""
    options = _options(url)
    password = options.pop("password", None)
    secret = {"PGPASSWORD": str(password)} if password is not None else {}
    command = [str(program.path), *how, "--no-password", "--dbname", make_dsn(**options), *what]
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupError(f"{program.path.name}: {_first(done.stderr)}")


def _first(said: str) -> str:
    """The first line: the following ones may quote rows."""
    return (said.strip().splitlines() or ["failed without a word"])[0][:_LONGEST_ERROR]


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise BackupError(f"PostgreSQL: {what}: {_first(str(error))}") from error
