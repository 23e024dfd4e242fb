"""What a move refuses, and what it makes of odd values. Nothing has changed then."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from actions.documents.settings import documents_folder
from actions.transparency.log import Log
from actions.transparency.tiles import Tile
from nlu.settings import Settings
from nlu.storage.clock import time_of
from nlu.storage.move.errors import MoveError
from nlu.storage.move.move import move
from nlu.storage.move.source import all_sources
from nlu.storage.move.target import Target
from nlu.storage.move.values import Digest
from tests.documents.test_issuing_killed import assert_consistent
from tests.move.conftest import Files, table
from tests.move.test_move import content, in_database
from tests.move.test_move_killed import tables
from tests.postgres import another


@contextmanager
def changed(files: Files, name: str = "seva.sqlite") -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(files.var / name)) as db:
        yield db
        db.commit()


def refused(files: Files, *words: object, **more: str) -> str:
    """What it says; nothing was changed."""
    said = files.move(*words, code=1, **more)
    assert "Traceback" not in said
    assert not [*files.var.rglob("*.moved")]
    return said


def test_a_process_that_has_a_file_open_is_named(files: Files) -> None:
    holds = files.process("tests.move.town", "hold")
    try:
        assert holds.stdout is not None and holds.stdout.readline() == "holding\n"
        said = refused(files)
        assert f"is open in process {holds.pid} (" in said and "stop all processes" in said
        assert "rows would go into" in files.move("--dry-run"), "to count is allowed"
    finally:
        holds.kill()
        holds.wait()
    assert tables(files.urls) == []
    files.move()


def test_a_database_with_rows_is_named(files: Files) -> None:
    with closing(psycopg2.connect(files.urls)) as db, db.cursor() as cursor:
        cursor.execute("CREATE TABLE inbox (seq INTEGER); INSERT INTO inbox VALUES (1)")
        cursor.execute("CREATE TABLE bare (seq INTEGER)")
        db.commit()
    for words in ([], ["--dry-run"]):
        said = refused(files, *words)
        assert "is not empty: it has rows in inbox" in said and "bare" not in said
    assert table(files.urls, "inbox") == [{"seq": 1}]


def test_without_postgresql_there_is_nowhere_to_go(files: Files) -> None:
    assert "SEVA_DATABASE_URL names no PostgreSQL" in files.seva("migrate", "move", code=1)
    said = refused(files, SEVA_JOURNAL_URL="sqlite")
    assert "SEVA_JOURNAL_URL names no PostgreSQL" in said and "leave it out" in said


def test_a_server_that_is_away_is_one_line(files: Files) -> None:
    files.urls = "postgresql://seva:hush@127.0.0.1:1/seva"
    said = refused(files)
    assert "PostgreSQL does not answer" in said and "hush" not in said and said.count("\n") == 1


def test_another_folder_holds_nothing(files: Files, tmp_path: Path) -> None:
    said = files.move(code=1, SEVA_VAR_DIR=str(tmp_path / "other"))
    assert "holds nothing of a deployment: see SEVA_VAR_DIR" in said


def test_tables_of_another_version(files: Files) -> None:
    files.seva("migrate", "down", "inbox", "1", "--yes", "--lose-data")
    said = refused(files)
    assert "the tables of `inbox` are not as this Seva has them" in said
    assert tables(files.urls) == []


def test_a_log_that_is_not_the_one_that_was_signed(files: Files) -> None:
    """A full bundle is not read when the log is opened, but it is when it is moved."""
    Log.open(files.var / "documents/log").close()  # what the dead process left is in its tiles
    bundle = files.var / "documents/log/public" / Tile(None, 0).path
    raw = bytearray(bundle.read_bytes())
    raw[-1] ^= 1
    bundle.write_bytes(raw)
    said = refused(files)
    assert "the entries are not those that the log has signed" in said
    assert tables(files.urls) == []


def test_a_value_of_another_type_is_named_and_not_told(files: Files) -> None:
    with changed(files) as db:
        db.execute("UPDATE outbox SET attempts = '9848012345x' WHERE seq = 1")
    said = refused(files)
    assert "the table outbox has a value in attempts that is no integer" in said
    assert "9848012345" not in said and tables(files.urls) == []


def test_a_column_that_nobody_knows(files: Files) -> None:
    with changed(files) as db:
        db.execute("ALTER TABLE citizens ADD COLUMN later TEXT")
    assert "columns that this Seva does not know (later)" in refused(files)


def test_text_that_postgresql_does_not_take(files: Files) -> None:
    """A NUL, and half a surrogate pair, which Python does not write into SQLite."""
    with changed(files) as db:
        lane = db.execute("SELECT MIN(lane) FROM citizens").fetchone()[0]
        db.execute("UPDATE citizens SET phone = ? WHERE lane = ?", ("a\0b", lane))
        db.execute(
            "UPDATE citizens SET language = CAST(x'61EDA08062' AS TEXT) WHERE lane = ?", (lane,)
        )
        db.execute("UPDATE inbox SET reason = '%s ? \\ '' 😀' WHERE seq = 1")
    said = files.move()
    assert "citizens.phone: 1 with a character that PostgreSQL does not take" in said
    (row,) = [row for row in table(files.urls, "citizens") if row["lane"] == lane]
    assert row["phone"] == "a\ufffdb"
    assert set(row["language"]) == {"a", "\ufffd", "b"}
    (odd,) = [row for row in table(files.urls, "inbox") if row["seq"] == 1]
    assert odd["reason"] == "%s ? \\ ' 😀"


def test_numbers_are_never_given_twice(files: Files) -> None:
    """Also those of rows that are gone, and whatever the number of databases."""
    gone = {}
    for name, column, file in (
        ("inbox", "seq", "seva.sqlite"),
        ("outbox", "seq", "seva.sqlite"),
        ("entries", "number", "documents/registry.sqlite"),
    ):
        with changed(files, file) as db:
            (gone[name],) = db.execute(f"SELECT MAX({column}) FROM {name}").fetchone()
            if name != "entries":
                db.execute(f"DELETE FROM {name} WHERE {column} = ?", (gone[name],))
    gone["department_misses"] = max(row["id"] for row in content(files)["department_misses"])
    files.move()
    with closing(psycopg2.connect(files.urls)) as db, db.cursor() as cursor:
        for name, last in gone.items():
            column = {"entries": "number", "department_misses": "id"}.get(name, "seq")
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", (name, column))
            assert cursor.fetchall() == [(last + 1,)], name


def test_what_waits_is_not_late_because_the_file_was_ahead(files: Files) -> None:
    """The clock of a file stands still when the machine's is put back."""
    with changed(files) as db:
        db.execute("UPDATE clock SET shift = shift + 3600")
        before = dict(db.execute("SELECT lane, due_at FROM inbox_lanes"))
        assert time_of(db.execute("SELECT boot, shift, seen FROM clock").fetchone()) > 0
    files.move()
    for row in table(files.urls, "inbox_lanes"):
        assert before[row["lane"]] - row["due_at"] == pytest.approx(3600, abs=60)


def test_what_a_crash_left_half_done_is_logged_once(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has the entry, and the registry does not know that yet."""
    folder = files.var / "documents"
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    dead = files.process("tests.documents.issuing_process", str(folder), "a", "after")
    dead.communicate(timeout=60)
    assert dead.returncode == -9
    assert None in [row["log_index"] for row in content(files)["entries"]]
    files.move()
    files.at(monkeypatch)
    assert len(in_database(files)["entries"]) == 3
    assert_consistent(documents_folder())


def test_files_of_other_names(files: Files) -> None:
    """SEVA_DATABASE_URL and SEVA_JOURNAL_URL named them."""
    before = content(files)
    elsewhere = files.folder / "elsewhere"
    elsewhere.mkdir()
    for old, new in (("seva.sqlite", "state.db"), ("journal.sqlite", "writes.db")):
        for ending in ("", "-wal", "-shm"):
            if (found := files.var / f"{old}{ending}").exists():
                found.rename(elsewhere / f"{new}{ending}")
    named = ("--database", elsewhere / "state.db", "--journal", elsewhere / "writes.db")
    files.move(*named)
    assert in_database(files) == before
    assert sorted(path.name for path in elsewhere.iterdir()) == [
        "state.db.moved",
        "writes.db.moved",
    ]
    assert "was moved already" in files.move(*named)


def test_a_journal_in_a_database_of_its_own(files: Files, postgres: str) -> None:
    before, writes = content(files), another(postgres, "writes")
    files.move(SEVA_JOURNAL_URL=writes)
    for name in ("department_writes", "department_misses", "payments"):
        assert table(writes, name) == before[name]
    assert not {"payments", "department_writes"} & set(tables(files.urls))
    assert table(files.urls, "citizens") == before["citizens"]


def test_a_journal_that_lies_in_postgresql_already_stays(files: Files, postgres: str) -> None:
    writes = another(postgres, "writes")
    with closing(psycopg2.connect(writes)) as db, db.cursor() as cursor:
        cursor.execute("CREATE TABLE payments (id TEXT); INSERT INTO payments VALUES ('paid')")
        db.commit()
    for path in files.var.glob("journal.sqlite*"):
        path.unlink()
    files.move(SEVA_JOURNAL_URL=writes)
    assert table(writes, "payments") == [{"id": "paid"}]


def test_what_comes_out_is_what_went_in_or_nothing_is(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that keeps other values than it is given."""
    insert = Target.insert

    def other(target: Target, name: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        if name == "payments":
            rows = [tuple("other" if v == "sandbox" else v for v in row) for row in rows]
        insert(target, name, columns, rows)

    monkeypatch.setattr(Target, "insert", other)
    files.at(monkeypatch)
    now = Settings.read()
    sources = all_sources(Settings.read({**os.environ, "SEVA_DATABASE_URL": "sqlite"}), now)
    with pytest.raises(MoveError, match="what came out of payments is not what went in"):
        move(sources, lambda name, rows: lambda done: None)
    assert tables(files.urls) == [] and not [*files.var.rglob("*.moved")]


def test_a_hash_knows_every_value_and_no_order() -> None:
    def of(*rows: tuple[Any, ...], but: Sequence[str] = ()) -> Digest:
        found = Digest(("a", "b"), but)
        for row in rows:
            found.add(row)
        return found

    assert of((1, "x"), (2, None)) == of((2, None), (1, "x"))
    for others in ([(1, "x")], [(1, "x"), (2, "")], [(1.0, "x"), (2, None)], [(1, "x")] * 2):
        assert of((1, "x"), (2, None)) != of(*others)
    assert of((1, "x"), but=["b"]) == of((1, "y"), but=["b"])
