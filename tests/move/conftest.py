"""A deployment in files that died in the middle, and an empty PostgreSQL for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.backup.conftest import ROOT, Deployment
from tests.postgres import another, empty


@dataclass
class Files(Deployment):
    """In files until it is moved; `urls` is what SEVA_DATABASE_URL becomes."""

    urls: str = ""

    @property
    def book(self) -> Path:
        return self.folder / "book.sqlite"

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"SEVA_MODELS_STORE": str(self.folder / "store")}

    @property
    def moved(self) -> dict[str, str]:
        """What is other in the environment from now on."""
        return {"SEVA_DATABASE_URL": self.urls}

    def move(self, *words: object, code: int = 0, **more: str) -> str:
        return self.seva("migrate", "move", *words, code=code, **self.moved, **more)

    def process(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """A process of the town of this folder, with the settings of files unless told."""
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=self.environment | more,
            stdout=subprocess.PIPE,
            text=True,
        )

    def at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """This process works with PostgreSQL from here on."""
        for name, value in (self.environment | self.moved).items():
            if name.startswith("SEVA_"):
                monkeypatch.setenv(name, value)


def table(url: str, name: str) -> list[dict[str, Any]]:
    """All rows of a table, in an order that is the same on both engines."""
    engine = sa.create_engine(url)
    with engine.connect() as db:
        found = db.execute(sa.text(f"SELECT * FROM {name}")).mappings().all()
    engine.dispose()
    plain = [
        {key: bytes(v) if isinstance(v, memoryview) else v for key, v in row.items()}
        for row in found
    ]
    return sorted(plain, key=lambda row: repr(sorted(row.items())))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with something in every store, whose process was killed: made once."""
    made = Files(tmp_path_factory.mktemp("filled"), "")
    died = made.process("tests.move.town", "fill", str(made.book))
    assert died.communicate(timeout=300)[0].endswith("filled\n") and died.returncode == -9
    return made.folder


@pytest.fixture
def files(filled: Path, tmp_path: Path, postgres: str) -> Files:
    """A copy of it, and an empty database."""
    shutil.copytree(filled, tmp_path / "town")
    empty(postgres)
    return Files(tmp_path / "town", "", urls=postgres)


@pytest.fixture
def shards(files: Files, postgres: str) -> Files:
    """The same, with two databases."""
    files.urls = f"{postgres} {another(postgres, 'second')}"
    return files
