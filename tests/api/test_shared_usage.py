"""Limits that the processes of several machines share in PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.key_usage import TABLES, SharedUsage
from nlu.storage.database import Database, DatabaseAway, T, Work
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from nlu.storage.windows import Limit
from tests.inbox.worker_fakes import Clock

MINUTE, DAY = 60.0, 86400.0
NAME = "mana-mitra"


class Counted:
    """A real database, and how often it was asked."""

    def __init__(self, real: Database) -> None:
        self.real, self.asked, self.away = real, 0, False
        self.skew = 0.0

    def now(self) -> float:
        """As the machine knows it: its clock may be wrong by `skew` seconds."""
        return self.real.now() + self.skew

    async def run(self, work: Work[T]) -> T:
        self.asked += 1
        if self.away:
            raise DatabaseAway("gone")
        return await self.real.run(work)

    def change(self, work: Work[T]) -> T:
        return self.real.change(work)

    def close(self) -> None:
        self.real.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def machine(
    tmp_path: Path, url_of: Callable[[Path], str], clock: Clock
) -> Iterator[Callable[[], tuple[SharedUsage, Counted]]]:
    """Starts a process on another machine; both engines count alike."""
    file = tmp_path / "usage.sqlite"
    url = url_of(file)
    started: list[SharedUsage] = []

    def start() -> tuple[SharedUsage, Counted]:
        real: Database = (
            SqliteDatabase(file, TABLES, clock=clock)
            if url.startswith("sqlite")
            else PostgresDatabase(url, TABLES, clock=clock)
        )
        counted = Counted(real)
        usage = SharedUsage(counted)  # type: ignore[arg-type]
        started.append(usage)
        return usage, counted

    yield start
    for usage in started:
        usage.close()


Machine = Callable[[], tuple[SharedUsage, Counted]]


async def granted(usage: SharedUsage, limits: list[Limit], tries: int, cost: int = 1) -> int:
    answers = [await usage.spend(NAME, limits, cost) for _ in range(tries)]
    return sum(answer is None for answer in answers)


async def test_all_machines_together_grant_the_limit_and_no_more(machine: Machine) -> None:
    machines = [machine()[0] for _ in range(3)]
    limits = [Limit(500, MINUTE)]
    found = await asyncio.gather(*(granted(one, limits, 400) for one in machines))
    assert sum(found) == 500


async def test_most_calls_ask_nobody(machine: Machine) -> None:
    usage, database = machine()
    limits = [Limit(6000, MINUTE), Limit(10**6, DAY)]
    assert await granted(usage, limits, 3000) == 3000
    assert database.asked < 60


async def test_calls_at_once_ask_once(machine: Machine) -> None:
    usage, database = machine()
    limits = [Limit(6000, MINUTE)]
    await asyncio.gather(*(usage.spend(NAME, limits, 1) for _ in range(100)))
    assert database.asked == 1


async def test_who_is_refused_asks_again_after_a_second(machine: Machine, clock: Clock) -> None:
    one, database = machine()
    limits = [Limit(2, MINUTE)]
    assert await granted(one, limits, 5) == 2
    asked = database.asked
    full = await one.spend(NAME, limits, 1)
    assert full is not None and full.left(clock()) == MINUTE
    assert database.asked == asked
    clock.now += 2
    await one.spend(NAME, limits, 1)
    assert database.asked == asked + 1
    clock.now += MINUTE
    assert await granted(one, limits, 5) == 2


@pytest.mark.parametrize("skew", [-5.0, -0.01, 0.4, 5.0])
async def test_a_machine_whose_clock_is_wrong_counts_right(
    machine: Machine, clock: Clock, skew: float
) -> None:
    """A window of a second is the database's second, and permits last as long as it."""
    right, (usage, database), limits = machine()[0], machine(), [Limit(1000, 1.0)]
    database.skew = skew
    for _ in range(3):
        assert await granted(right, limits, 20) == 20
        before = database.asked
        assert await granted(usage, limits, 200) == 200
        assert database.asked - before < 15
        assert await granted(usage, limits, 1000) == 780
        full = await usage.spend(NAME, limits, 1)
        assert full is not None and full.left(usage.now()) == pytest.approx(1.0)
        clock.now += 1


async def test_what_one_limit_refuses_costs_the_other_nothing(
    machine: Machine, clock: Clock
) -> None:
    usage, _ = machine()
    limits = [Limit(2, MINUTE), Limit(5, DAY)]
    assert await granted(usage, limits, 50) == 2
    clock.now += MINUTE
    assert await granted(usage, limits, 50) == 2
    clock.now += MINUTE
    assert await granted(usage, limits, 50) == 1  # and no more today
    full = await usage.spend(NAME, limits, 1)
    assert full is not None and full.limit.seconds == DAY


async def test_permits_of_the_day_outlive_the_minute(machine: Machine, clock: Clock) -> None:
    """One call a minute takes one of the day's permits, not the share that was taken for it."""
    usage, _ = machine()
    limits = [Limit(600, MINUTE), Limit(60, DAY)]
    for _ in range(60):
        assert await granted(usage, limits, 1) == 1
        clock.now += MINUTE
    assert await granted(usage, limits, 1) == 0


async def test_a_process_that_stops_gives_back_what_it_did_not_use(machine: Machine) -> None:
    one, two = machine()[0], machine()[0]
    limits = [Limit(1000, DAY)]
    assert await granted(one, limits, 1) == 1  # and has taken 20
    one.close()
    assert await granted(two, limits, 1100) == 999


@pytest.mark.parametrize("error", [DatabaseAway("gone"), sqlite3.OperationalError("locked")])
async def test_a_process_stops_although_nobody_takes_back(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    usage, database = machine()

    def fails(work: object) -> None:
        raise error

    assert await granted(usage, [Limit(1000, DAY)], 1) == 1
    monkeypatch.setattr(database, "change", fails)
    usage.close()


async def test_a_process_that_is_killed_takes_its_permits_with_it(machine: Machine) -> None:
    one, two = machine()[0], machine()[0]
    limits = [Limit(1000, DAY)]
    assert await granted(one, limits, 1) == 1
    assert await granted(two, limits, 1100) == 980


async def test_a_batch_that_costs_more_than_is_left_is_answered(machine: Machine) -> None:
    usage, _ = machine()
    limits = [Limit(4, DAY)]
    assert await granted(usage, limits, 3, cost=3) == 2
    assert await granted(usage, limits, 1) == 0


async def test_without_the_database_what_was_taken_still_counts(machine: Machine) -> None:
    usage, database = machine()
    limits = [Limit(1000, DAY)]
    assert await granted(usage, limits, 1) == 1
    database.away = True
    assert await granted(usage, limits, 19) == 19
    with pytest.raises(DatabaseAway):
        await usage.spend(NAME, limits, 1)
