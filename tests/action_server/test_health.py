"""Health tells whether actions can be done, from the stores themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.usage import FILE as USAGE
from actions.server.context import Context, words_release


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_MODELS_DIR", str(tmp_path / "models"))
    return Context.of(words_release())


async def test_nothing_hinders(here: Context) -> None:
    assert await here.health() == {}


@pytest.mark.parametrize(
    ("file", "store"),
    [
        (PROFILES, "profiles"),
        (HANDOVERS, "handovers"),
        (USAGE, "usage"),
        ("journal.sqlite", "journal"),
    ],
)
async def test_a_broken_file_is_named(here: Context, tmp_path: Path, file: str, store: str) -> None:
    with closing(sqlite3.connect(tmp_path / file)) as database, database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            database.execute(f"DROP TABLE {table}")
    assert store in await here.health()
