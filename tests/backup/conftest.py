"""A deployment in a folder of its own, with its backups beside it, on either engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from nlu.storage.tables import file_url

ROOT = Path(__file__).resolve().parents[2]
_REGISTRY = "documents/registry.sqlite"
_FILES = {
    "department_writes": "journal.sqlite",
    "profile": "profile.sqlite",
    "documents": _REGISTRY,
    "entries": _REGISTRY,
}


@dataclass
class Deployment:
    """Folders, keys of backups, and the commands of `seva` with the right environment."""

    folder: Path
    server: str
    """URL of PostgreSQL's server; empty for SQLite."""

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def out(self) -> Path:
        return self.folder / "backups"

    @property
    def database(self) -> str:
        return self.server.replace("/postgres?", "/drill?") if self.server else "sqlite"

    @property
    def environment(self) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("SEVA_")}
        return plain | {
            "PYTHONPATH": str(ROOT),
            "SEVA_VAR_DIR": str(self.var),
            "SEVA_MODELS_DIR": str(self.folder / "models"),
            "SEVA_DATABASE_URL": self.database,
            "SEVA_DOUBT_SECONDS": "1",
            "SEVA_LEASE_SECONDS": "1",
            "SEVA_BACKUP_RECIPIENTS": str(self.folder / "recipients"),
            "SEVA_BACKUP_IDENTITY": str(self.folder / "identity"),
        }

    def begin(self) -> None:
        """A model of one file, keys for backups, an empty database."""
        model = self.folder / "models" / "m1"
        model.mkdir(parents=True)
        (model / "manifest.json").write_text("{}")
        (model.parent / "live").write_text('{"id": "m1", "history": []}\n')
        self.out.mkdir()
        for of in ("", "-of-keys"):
            public = self.seva("backup", "identity", self.folder / f"identity{of}")
            text = f"# the vault's\n{public.splitlines()[0]}\n"
            (self.folder / f"recipients{of}").write_text(text)
        self.make_database()

    def seva(self, *words: object, code: int = 0, **more: str) -> str:
        """What a command says on both streams; it ends with `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "nlu.cli", *map(str, words)],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def backup(self, *words: object) -> dict[str, Any]:
        """Makes one; what it says of itself."""
        found: dict[str, Any] = json.loads(self.seva("backup", self.out, "--json", *words))
        return found

    def delete_everything(self) -> None:
        """What a deployment has, but not its backups."""
        for folder in (self.var, self.folder / "models"):
            shutil.rmtree(folder)
        if self.server:
            self._administer("DROP DATABASE drill WITH (FORCE)")

    def make_database(self) -> None:
        """As new."""
        if self.server:
            self._administer("DROP DATABASE IF EXISTS drill WITH (FORCE)", "CREATE DATABASE drill")

    def _administer(self, *statements: str) -> None:
        with closing(psycopg2.connect(self.server)) as connection:
            connection.autocommit = True
            for one in statements:
                connection.cursor().execute(one)

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """All rows as they lie there, by number or key."""
        url = self.database
        if not self.server:
            url = file_url(self.var / _FILES.get(table, "seva.sqlite"))
        engine = sa.create_engine(url)
        with engine.connect() as db:
            found = db.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1")).mappings().all()
        engine.dispose()
        return [dict(row) for row in found]


@pytest.fixture(params=["sqlite", "postgres"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Deployment:
    server = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    made = Deployment(tmp_path, server)
    made.begin()
    return made
