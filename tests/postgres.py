"""A PostgreSQL server for tests that name it, and tables in it or in files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nlu.storage.tables import file_url

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
"""Debian keeps its programs off the path."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own, reached by a socket. `make test` installs it; `make check`
    installs no Debian packages, so it may be without."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed; `make system` brings it")
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
        if user:
            shutil.chown(folder, "nobody")
        control = [*user, POSTGRES / "pg_ctl", "-D", data]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder}
        made = [*user, POSTGRES / "initdb", "-D", data, "-U", "seva", "-A", "trust"]
        subprocess.run(made, check=True, **quiet)
        options = f"-k {folder} -c listen_addresses=''"
        started = [*control, "-w", "-l", f"{folder}/log", "-o", options, "start"]
        subprocess.run(started, check=True, **quiet)
        yield f"postgresql://seva@/postgres?host={folder}"
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def empty(url: str) -> None:
    """As new."""
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(sa.text("DROP SCHEMA public CASCADE"))
        db.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def another(url: str, name: str) -> str:
    """A second database of the same server, as new."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    there = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
    with engine.connect() as db:
        if db.execute(there, {"name": name}).first() is None:
            db.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    found = url.replace("/postgres?", f"/{name}?")
    empty(found)
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def url_of(request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """The URL of tables that lie in a file, or all in one database of PostgreSQL: the same test on
    both."""
    if request.param == "sqlite":
        return file_url
    url: str = request.getfixturevalue("postgres")
    empty(url)
    return lambda file: url
