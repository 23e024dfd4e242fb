"""The moment: all stores as they were at once, however they are written to."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nlu.backup import cut as module
from nlu.backup.cut import cut
from nlu.backup.errors import BackupError
from nlu.storage.write_ahead import connect

ROUNDS = 15


def counter(path: Path) -> sqlite3.Connection:
    db = connect(path)
    db.execute("CREATE TABLE IF NOT EXISTS count (n INTEGER)")
    if not db.execute("SELECT * FROM count").fetchone():
        db.execute("INSERT INTO count VALUES (0)")
    return db


def read(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT n FROM count").fetchone()[0])


@pytest.fixture
def links(tmp_path: Path) -> Path:
    (tmp_path / "links").mkdir()
    return tmp_path / "links"


def nothing() -> Iterator[tuple[str, Path]]:
    return iter(())


def also() -> None:
    """Nothing else is kept."""


def refuse(*_: object) -> None:
    raise OSError(errno.EXDEV, "another file system")


@pytest.mark.parametrize("can_link", [True, False])
def test_no_effect_without_its_cause(
    tmp_path: Path, links: Path, monkeypatch: pytest.MonkeyPatch, can_link: bool
) -> None:
    """A writer counts in one database, then in the other, then in a file that grows: so at each
    moment these are equal, or differ by the step that is under way."""
    if not can_link:
        monkeypatch.setattr(module.os, "link", refuse)
    first, second, grows = tmp_path / "b.sqlite", tmp_path / "a.sqlite", tmp_path / "grows"
    counter(first).close(), counter(second).close(), grows.touch()
    enough = threading.Event()

    def grown() -> Iterator[tuple[str, Path]]:
        return iter([("grows", grows)])

    def count() -> None:
        with closing(counter(first)) as a, closing(counter(second)) as b, grows.open("ab") as file:
            while not enough.is_set():
                for db in (a, b):
                    db.execute("UPDATE count SET n = n + 1")
                file.write(b"x")
                file.flush()

    writer = threading.Thread(target=count)
    writer.start()
    seen: set[int] = {0}
    try:
        for number in range(ROUNDS):
            folder = links / str(number)
            folder.mkdir()
            wait_for_more_than(max(seen), first)
            databases = {"second": second, "first": first}
            with cut(databases, [], folder, grown, also) as moment:
                here = [read(moment.databases[name]) for name in ("first", "second")]
                here.append(moment.files[0].size)
                assert here[0] - 1 <= here[1] <= here[0]
                assert here[1] - 1 <= here[2] <= here[1] + 1  # no lock: it may go on
                assert [read(moment.databases[n]) for n in ("first", "second")] == here[:2]
                seen.add(here[0])
    finally:
        enough.set()
        writer.join()


def wait_for_more_than(count: int, path: Path) -> None:
    until = time.monotonic() + 60
    with closing(connect(path)) as db:
        while read(db) <= count:
            assert time.monotonic() < until, "nobody writes"


def test_a_store_that_is_never_free_is_named_and_others_are_given_back(
    tmp_path: Path, links: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAIT_S", 0.2)
    free, busy = tmp_path / "free.sqlite", tmp_path / "busy.sqlite"
    with closing(counter(free)) as other, closing(counter(busy)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(BackupError, match=r"busy\.sqlite is written to without a pause"),
            cut({"free": free, "busy": busy}, [], links, nothing, also),
        ):
            pass
        holder.execute("ROLLBACK")
        other.execute("UPDATE count SET n = 1")


def test_writers_go_on_while_the_copies_are_made(tmp_path: Path, links: Path) -> None:
    path, lock = tmp_path / "a.sqlite", tmp_path / "lock"
    lock.touch()
    with closing(counter(path)) as db:
        with cut({"a": path}, [lock], links, nothing, also) as moment:
            db.execute("UPDATE count SET n = 7")
            assert read(moment.databases["a"]) == 0
        assert read(db) == 7
