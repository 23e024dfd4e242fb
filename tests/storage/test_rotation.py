"""`seva keys`: one key follows another while processes go on and whatever is cut short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from typer.testing import CliRunner

from nlu.commands.keys import app as keys_commands
from nlu.storage import keys, rotation
from nlu.storage.database import Tables
from nlu.storage.keys import KEY_FILE, add_key, key_place, new_key, read_keys
from nlu.storage.sealed_table import SealedStore, SealedTable, unreadable_column
from nlu.storage.sealing import NOTICED_AFTER, Unreadable, seal, unseal
from nlu.storage.tables import delete_in_slices, file_url, open_tables
from tests.postgres import empty

METADATA = sa.MetaData()
NOTES = sa.Table(
    "notes",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("one", sa.Text, nullable=False),
    sa.Column("two", sa.Text),
    unreadable_column(),
)


def read(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return unseal(row["one"], 2), row["two"] and unseal(row["two"], 2)


class Notes:
    """A store of its own."""

    def __init__(self, url: str) -> None:
        self.engine = open_tables(url, Tables("notes", METADATA))
        self.table = SealedTable("notes", self.engine, NOTES, ["one", "two"], read)

    def keep(self, name: str, one: str, two: str | None = None) -> None:
        with self.engine.begin() as db:
            db.execute(NOTES.insert().values(id=name, one=one, two=two))

    def fill(self, rows: int) -> None:
        with self.engine.begin() as db:
            row = [{"id": f"n{n:05}", "one": seal(n), "two": None} for n in range(rows)]
            db.execute(NOTES.insert(), row)

    def newest_opens(self) -> int:
        """How many rows the newest key alone opens."""
        box = Fernet(read_keys(key_place()).sealing[0])
        with self.engine.connect() as db:
            return sum(opens(box, token) for (token,) in db.execute(sa.select(NOTES.c.one)))

    def marked(self) -> set[str]:
        with self.engine.connect() as db:
            query = sa.select(NOTES.c.id).where(NOTES.c.unreadable_at.isnot(None))
            return {name for (name,) in db.execute(query)}


def opens(box: Fernet, token: str) -> bool:
    try:
        box.decrypt(token.encode())
    except InvalidToken:
        return False
    return True


@pytest.fixture
def notes(folder: Path) -> Notes:
    return Notes(file_url(folder / "notes.sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, folder: Path) -> Iterator[Notes]:
    """On either database."""
    if request.param == "sqlite":
        yield Notes(file_url(folder / "notes.sqlite"))
        return
    url = request.getfixturevalue("postgres")
    empty(url)
    yield Notes(url)


def ring(*stores: SealedStore) -> list[rotation.Ring]:
    return [rotation.Ring(key_place(), stores)]


def noticed() -> None:
    """The key file was changed long ago."""
    then = time.time() - NOTICED_AFTER - 1
    os.utime(key_place().file, (then, then))


def test_every_row_is_sealed_again(both: Notes) -> None:
    both.fill(450)
    assert rotation.rotate_command(ring(both.table)) == 0
    assert both.newest_opens() == 450
    assert both.table.some(sa.true(), NOTES.c.id, None) == [(n, None) for n in range(450)]


def test_every_column_is_sealed_again(notes: Notes) -> None:
    notes.keep("a", seal("one"), seal("two"))
    rotation.rotate_command(ring(notes.table))
    noticed()
    assert rotation.drop_command(ring(notes.table)) == 0
    assert notes.table.one(NOTES.c.id == "a") == ("one", "two")


def test_dropped_key_is_gone(notes: Notes) -> None:
    notes.fill(3)
    rotation.rotate_command(ring(notes.table))
    noticed()
    assert rotation.drop_command(ring(notes.table)) == 0
    assert len(read_keys(key_place()).sealing) == 1
    assert rotation.check_command(ring(notes.table)) == 0


def test_key_is_not_dropped_before_all_have_seen_its_follower(notes: Notes) -> None:
    """A process that runs may still seal with it."""
    rotation.rotate_command(ring(notes.table))
    assert rotation.drop_command(ring(notes.table)) == 1
    assert len(read_keys(key_place()).sealing) == 2


def test_key_is_not_dropped_while_it_seals_something(notes: Notes) -> None:
    """Here of a store that is written to faster than it is sealed again."""
    old = Fernet(read_keys(key_place()).sealing[0])
    add_key(key_place())
    noticed()

    class Busy:
        name = "busy"

        def size(self) -> int:
            return 1

        def look(self, after: str, limit: int, *, again: bool) -> Any:
            notes.keep(f"{time.monotonic_ns()}", old.encrypt(b"[1, 0]").decode())
            return notes.table.look(after, limit, again=False)

    assert rotation.drop_command(ring(Busy())) == 1
    assert len(read_keys(key_place()).sealing) == 2


def test_row_of_a_newer_seva_is_sealed_again_all_the_same(notes: Notes) -> None:
    notes.keep("newer", seal({}, version=9))
    assert rotation.check_command(ring(notes.table)) == 1
    rotation.rotate_command(ring(notes.table))
    assert notes.newest_opens() == 1
    assert notes.marked() == {"newer"}


def test_rows_lose_their_mark_when_the_key_is_back(notes: Notes) -> None:
    lost = new_key()
    box = Fernet(lost)
    notes.keep("a", seal("here"))
    notes.keep("b", box.encrypt(b'[1, "there"]').decode())
    assert rotation.check_command(ring(notes.table)) == 1
    assert notes.marked() == {"b"}
    with key_place().file.open("a") as file:
        file.write(f"\n{lost}\n")
    assert rotation.check_command(ring(notes.table)) == 0
    assert notes.marked() == set()


def test_row_that_changes_meanwhile_is_left_to_who_changed_it(notes: Notes) -> None:
    notes.keep("a", seal("before"))
    old = notes.engine.connect().execute(sa.select(NOTES)).mappings().one()
    with notes.engine.begin() as db:
        db.execute(NOTES.update().values(one=seal("after")))
    notes.table._keep([(old, {"one": seal("before, again")}, None)])
    assert notes.table.one(NOTES.c.id == "a") == ("after", None)


def test_file_of_before_gets_its_column(folder: Path) -> None:
    url = file_url(folder / "notes.sqlite")
    engine = sa.create_engine(url, future=True)
    with engine.begin() as db:
        db.exec_driver_sql("CREATE TABLE notes (id TEXT PRIMARY KEY, one TEXT NOT NULL, two TEXT)")
    notes = Notes(url)
    notes.fill(1)
    assert notes.table.one(NOTES.c.id == "n00000") == (0, None)


_ROTATES = """
import os, sys
from nlu.storage import rotation
from tests.storage.test_rotation import Notes, ring
rotation.SLICE = 10
notes = Notes(sys.argv[1])
look, slices = notes.table.look, 0
def counted(*args, **kw):
    global slices
    slices += 1
    if slices == 8:
        os.kill(os.getpid(), 9)
    return look(*args, **kw)
notes.table.look = counted
rotation.rotate_command(ring(notes.table))
"""


@pytest.mark.slow
def test_rotation_that_was_killed_is_finished_by_the_next_command(notes: Notes) -> None:
    notes.fill(200)
    url = str(notes.engine.url)
    done = subprocess.run([sys.executable, "-c", _ROTATES, url], env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    assert notes.newest_opens() == 70
    assert notes.table.some(sa.true(), NOTES.c.id, None) == [(n, None) for n in range(200)]
    assert rotation.reseal_command(ring(notes.table)) == 0
    assert notes.newest_opens() == 200


@pytest.mark.slow
def test_processes_that_write_meanwhile_lose_nothing(notes: Notes) -> None:
    notes.fill(100)
    over = threading.Event()

    def writing() -> None:
        number = 0
        while not over.is_set():
            notes.keep(f"w{number:05}", seal(number))
            number += 1

    writer = threading.Thread(target=writing)
    writer.start()
    try:
        for _ in range(3):
            assert rotation.rotate_command(ring(notes.table)) == 0
    finally:
        over.set()
        writer.join()
    noticed()
    assert rotation.drop_command(ring(notes.table)) == 0
    assert rotation.check_command(ring(notes.table)) == 0


def test_keys_of_the_environment_are_said_and_not_changed(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = new_key()
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    notes.fill(3)
    assert rotation.rotate_command(ring(notes.table)) == 0
    said = capsys.readouterr().out
    values = [line.split("=", 1)[1] for line in said.splitlines() if line.startswith("  ")]
    new = values[1].split(",")[0]
    assert values == [f"$SEVA_SEALING_KEY,{new}", f"{new},OLDER_KEYS"]
    assert old not in said
    steps = [old, f"{old},{new}", f"{new},{old}"]
    for earlier, later in pairwise(steps):  # processes start one after the other: all read all
        for one, other in ((earlier, later), (later, earlier)):
            monkeypatch.setenv("SEVA_SEALING_KEY", one)
            assert read_keys(key_place()).hashing == old
            token = seal("any")
            monkeypatch.setenv("SEVA_SEALING_KEY", other)
            assert unseal(token) == "any"
    monkeypatch.setenv("SEVA_SEALING_KEY", steps[-1])
    rotation.reseal_command(ring(notes.table))
    assert rotation.drop_command(ring(notes.table)) == 0
    monkeypatch.setenv("SEVA_SEALING_KEY", new)
    assert rotation.check_command(ring(notes.table)) == 0
    assert read_keys(key_place()).hashing == old


@pytest.mark.parametrize("variable", ["SEVA_SEALING_KEY", "SEVA_DOCUMENTS_SEALING_KEY"])
@pytest.mark.parametrize("command", ["list", "check", "rotate", "reseal", "drop"])
def test_wrong_keys_are_one_line(
    command: str, variable: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "documents").mkdir()
    (folder / "documents" / "registry.sqlite").touch()
    monkeypatch.setenv(variable, "wrong")
    done = CliRunner().invoke(keys_commands, [command])
    assert done.exit_code == 1 and variable in str(done.exception)


def test_list_names_keys_and_tells_none(capsys: pytest.CaptureFixture[str]) -> None:
    add_key(key_place())
    assert rotation.list_command(ring()) == 0
    said = capsys.readouterr().out
    found = read_keys(key_place())
    assert [keys.key_name(key) in said for key in found.sealing] == [True, True]
    assert not any(key in said for key in found.sealing)


def test_files_are_private(notes: Notes, folder: Path) -> None:
    notes.fill(1)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"notes.sqlite", "notes.sqlite-wal", KEY_FILE} <= set(modes)


def test_files_of_before_become_private(folder: Path) -> None:
    path = folder / "notes.sqlite"
    path.touch(0o644)
    path.with_name("notes.sqlite-wal").touch(0o644)
    Notes(file_url(path))
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_deleted_goes_in_slices(both: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write in between."""
    both.fill(120)
    monkeypatch.setattr("nlu.storage.tables.SLICE", 50)
    statements: list[int] = []
    sa.event.listen(both.engine, "commit", lambda _: statements.append(1))
    assert delete_in_slices(both.engine, NOTES, NOTES.c.id < "n00110") == 110
    assert len(statements) == 4
    with pytest.raises(Unreadable):
        both.keep("x", "y")
        both.table.one(NOTES.c.id == "x")
