"""Group commit: jobs share a write, and each hears what came of it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from nlu.storage.database import Tables
from nlu.storage.group_commit import GroupCommit
from nlu.storage.sqlite import SqliteDatabase


class Disk:
    """Writes when it is told to; remembers every write."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.writes: list[list[int]] = []
        self.broken = False

    def write(self, jobs: list[int]) -> list[int | Exception]:
        self.writes.append(jobs)
        if len(self.writes) == 1:
            self.entered.set()
            assert self.go_on.wait(10)
        if self.broken:
            raise OSError("disk full")
        return [ValueError("odd") if job % 2 else job * 10 for job in jobs]


def test_jobs_that_come_while_a_write_runs_share_the_next_one() -> None:
    disk = Disk()
    commit = GroupCommit(disk.write, 0.0)
    futures = [commit.submit(0)]
    assert disk.entered.wait(10)
    futures += [commit.submit(job) for job in (2, 4, 6)]
    disk.go_on.set()
    assert [future.result(10) for future in futures] == [0, 20, 40, 60]
    assert disk.writes == [[0], [2, 4, 6]]


def test_a_failed_write_is_told_to_every_caller_and_the_next_goes_on() -> None:
    disk = Disk()
    commit = GroupCommit(disk.write, 0.0)
    first = commit.submit(0)
    assert disk.entered.wait(10)
    later = [commit.submit(job) for job in (2, 4)]
    disk.broken = True
    disk.go_on.set()
    for future in (first, *later):
        with pytest.raises(OSError, match="disk full"):
            future.result(10)
    disk.broken = False
    assert commit.submit(8).result(10) == 80


def test_the_error_of_one_job_is_not_that_of_another() -> None:
    disk = Disk()
    disk.go_on.set()
    commit = GroupCommit(disk.write, 0.001)
    futures = [commit.submit(job) for job in range(40)]
    for job, future in enumerate(futures):
        if job % 2:
            with pytest.raises(ValueError, match="odd"):
                future.result(10)
        else:
            assert future.result(10) == job * 10


def test_a_job_that_was_given_up_is_not_written() -> None:
    disk = Disk()
    commit = GroupCommit(disk.write, 0.0)
    commit.submit(0)
    assert disk.entered.wait(10)
    given_up, kept = commit.submit(2), commit.submit(4)
    assert given_up.cancel()
    disk.go_on.set()
    assert kept.result(10) == 40
    assert disk.writes == [[0], [4]]


def test_closing_writes_what_waits_and_takes_no_more() -> None:
    disk = Disk()
    commit = GroupCommit(disk.write, 0.0)
    commit.submit(0)
    assert disk.entered.wait(10)
    last = commit.submit(2)
    closing = threading.Thread(target=commit.close)
    closing.start()
    disk.go_on.set()
    closing.join(10)
    assert last.result(0) == 20
    with pytest.raises(RuntimeError, match="closed"):
        commit.submit(4)


def test_many_threads_lose_nothing() -> None:
    disk = Disk()
    disk.go_on.set()
    commit = GroupCommit(disk.write, 0.0)
    found: list[int] = []

    def caller(number: int) -> None:
        found.extend(commit.submit(2 * (number * 50 + k)).result(10) for k in range(50))

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == [20 * job for job in range(400)]
    assert sorted(job for write in disk.writes for job in write) == [2 * n for n in range(400)]


async def test_a_change_that_fails_undoes_itself_alone(tmp_path: Path) -> None:
    tables = Tables("t", "CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY);")
    writer = SqliteDatabase(tmp_path / "s.sqlite", tables, clock=lambda: 0.0)

    def insert(x: int) -> object:
        return writer.run(lambda db: db.execute("INSERT INTO t VALUES (?)", (x,)).rowcount)

    done = await asyncio.gather(*(insert(x) for x in (1, 2, 1, 3)), return_exceptions=True)  # type: ignore[call-overload]
    assert [isinstance(one, sqlite3.IntegrityError) for one in done] == [False, False, True, False]
    rows = await writer.run(lambda db: [row[0] for row in db.execute("SELECT x FROM t").fetchall()])
    assert rows == [1, 2, 3]
    writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        await writer.run(lambda db: None)
