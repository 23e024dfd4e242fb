"""PostgreSQL's programs: the right ones are found, and the wrong ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.backup import postgres as module
from nlu.backup.errors import BackupError


def program(folder: Path, version: str) -> Path:
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only programs of this folder are on the machine."""
    monkeypatch.setattr(module, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_newest_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9.6.1", "17.2 (Debian 17.2-1)", "15.14"):
        folder = tmp_path / version.split(".")[0]
        folder.mkdir()
        program(folder, version)
    monkeypatch.setattr(module, "_FOLDERS", (f"{tmp_path}/*",))
    monkeypatch.setenv("PATH", "")
    assert module.newest("pg_dump") == module.Program(tmp_path / "17" / "pg_dump", 17)


def test_none_is_told(alone: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump is not on this machine: install"):
        module.newest("pg_dump")


def test_one_that_is_older_than_the_server_is_refused(alone: Path, postgres: str) -> None:
    path = program(alone, "9.6.1")
    with (
        pytest.raises(BackupError, match=f"{path} is of PostgreSQL 9, the server of 1"),
        module.snapshot(postgres),
    ):
        pass


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with (
        pytest.raises(BackupError) as found,
        module.connected("postgresql://seva:hush@127.0.0.1:1/none"),
    ):
        pass
    assert "127.0.0.1:1/none" in str(found.value) and "hush" not in str(found.value)


def test_a_database_with_tables_is_not_filled(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(module.tables_in(postgres), list)
    with module.connected(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA of_others; CREATE TABLE of_others.things (n INTEGER)")
        connection.commit()
        try:
            assert "of_others.things" in module.tables_in(postgres)
        finally:
            cursor.execute("DROP SCHEMA of_others CASCADE")
            connection.commit()
