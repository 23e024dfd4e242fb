"""The throughput of WhatsApp's number, shared by workers on the same database: both engines."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.key_usage import FILE, TABLES, SharedUsage
from api.whatsapp import pace as pace_module
from api.whatsapp.pace import Pace
from nlu.settings.settings import WorkerSettings
from nlu.storage.database import Database, DatabaseAway
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from nlu.storage.tables import file_url, open_engine
from tests.api.test_shared_usage import Counted
from tests.inbox.worker_fakes import Clock
from tests.postgres import empty

NUMBER = "109876543210987"


class Workers:
    """Workers on one database, whose seconds pass when the test says so."""

    def __init__(self, open_database: Callable[[], Database], clock: Clock) -> None:
        self._open, self.clock = open_database, clock
        self.sent = self.asleep = 0
        self._changed, self._next = asyncio.Condition(), asyncio.Event()

    def start(self, rate: float) -> tuple[Pace, Counted]:
        counted = Counted(self._open())
        usage = SharedUsage(counted)  # type: ignore[arg-type]
        return Pace(rate, lambda: usage, self._sleep), counted

    async def send(self, pace: Pace) -> None:
        await pace.wait(NUMBER)
        self.sent += 1
        await self._tell()

    async def settled(self, asked: int) -> int:
        """How many were sent of those asked for, when all others wait for the next second."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.sent + self.asleep == asked)
        return self.sent

    async def next_second(self) -> None:
        self.clock.now += 1
        self.asleep = 0
        self._next.set()
        self._next = asyncio.Event()

    async def _sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 1
        self.asleep += 1
        waking = self._next
        await self._tell()
        await waking.wait()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@pytest.fixture
def url(url_of: Callable[[Path], str], tmp_path: Path) -> str:  # type: ignore[misc]
    return url_of(tmp_path / FILE)


@pytest.fixture
def workers(url: str, tmp_path: Path) -> Iterator[Workers]:
    clock, opened = Clock(), list[Database]()

    def open_database() -> Database:
        opened.append(
            PostgresDatabase(url, TABLES, clock=clock)
            if url.startswith("postgresql")
            else SqliteDatabase(tmp_path / FILE, TABLES, clock=clock)
        )
        return opened[-1]

    yield Workers(open_database, clock)
    for database in opened:
        database.close()


async def test_all_workers_together_send_no_more_than_the_number_may(workers: Workers) -> None:
    paces = [workers.start(40)[0] for _ in range(3)]
    tasks = [asyncio.create_task(workers.send(pace)) for pace in paces for _ in range(30)]
    assert 0 < await workers.settled(90) <= 40
    for second in range(2, 30):
        await workers.next_second()
        if await workers.settled(90) == 90:
            break
        assert workers.sent <= 40 * second
    assert workers.sent == 90
    await asyncio.gather(*tasks)


async def test_a_worker_alone_has_all_of_it(workers: Workers) -> None:
    pace, database = workers.start(80)
    tasks = [asyncio.create_task(workers.send(pace)) for _ in range(80)]
    assert await workers.settled(80) == 80
    assert database.asked <= 20
    await asyncio.gather(*tasks)
    more = asyncio.create_task(workers.send(pace))
    assert await workers.settled(81) == 80
    await workers.next_second()
    await more


async def test_in_a_steady_stream_a_worker_asks_once_a_second(workers: Workers) -> None:
    """Two of them, each with 20 messages a second of the 80."""
    both, start = [workers.start(80) for _ in range(2)], workers.clock.now
    asked = []
    for second in range(6):
        for number in range(20):
            workers.clock.now = start + second + number / 20
            for pace, _ in both:
                await workers.send(pace)
        asked.append([database.asked for _, database in both])
    assert workers.sent == 240
    assert asked[-1] == [count + 5 for count in asked[0]]


async def test_who_is_killed_takes_no_more_than_its_share_along(workers: Workers) -> None:
    killed, _ = workers.start(40)
    for _ in range(10):
        await workers.send(killed)
    workers.clock.now += 1
    await workers.send(killed)  # and has taken 10
    rest = [asyncio.create_task(workers.send(pace)) for pace in [workers.start(40)[0]] * 40]
    assert await workers.settled(51) == 11 + 30
    await workers.next_second()
    assert await workers.settled(51) == 51
    await asyncio.gather(*rest)


async def test_who_stops_gives_back_what_it_did_not_send(workers: Workers) -> None:
    stopped, _ = workers.start(40)
    for _ in range(10):
        await workers.send(stopped)
    workers.clock.now += 1
    await workers.send(stopped)
    await stopped.close()
    rest = [asyncio.create_task(workers.send(pace)) for pace in [workers.start(40)[0]] * 40]
    assert await workers.settled(51) == 11 + 39
    await workers.next_second()
    await asyncio.gather(*rest)


async def test_without_the_database_a_worker_counts_alone(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace, database = workers.start(2)
    database.away = True
    await workers.send(pace)
    await workers.send(pace)
    assert database.asked == 1  # it is left alone for a while
    monkeypatch.setattr(pace, "_again", 0.0)
    database.away = False
    await workers.send(pace)
    await workers.send(pace)
    full = asyncio.create_task(workers.send(pace))
    assert await workers.settled(5) == 4
    await workers.next_second()
    await full


async def test_a_database_that_comes_later_is_opened_once(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "_ASK_AGAIN", 0.0)
    real = SharedUsage(workers._open())
    locked = sqlite3.OperationalError("database is locked")
    answers: list[SharedUsage | Exception] = [locked, DatabaseAway("x"), real]

    def opened() -> SharedUsage:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pace = Pace(80, opened)
    await pace.wait(NUMBER)
    await asyncio.gather(*(pace.wait(NUMBER) for _ in range(5)))
    assert not answers and real._leases


def test_fewer_than_one_a_second() -> None:
    assert Pace(0.25)._limit == pace_module.Limit(1, 4.0)


def test_a_worker_shares_by_its_settings(url: str, tmp_path: Path) -> None:
    """Where the state lies: in PostgreSQL, or in a file beside it."""
    where = url if url.startswith("postgresql") else file_url(tmp_path / "seva.sqlite")
    settings = WorkerSettings(database_url=where, var_dir=tmp_path)

    async def both() -> None:
        paces = [Pace.of(settings) for _ in range(2)]
        for pace in paces:
            await pace.wait(NUMBER)
        for pace in paces:
            await pace.close()

    asyncio.run(both())
    engine = open_engine(url)
    with engine.connect() as db:
        (row,) = db.execute(sa.text("SELECT name, seconds FROM api_usage")).all()
    engine.dispose()
    assert tuple(row) == (f"whatsapp {NUMBER}", 1.0)


SENDS = """
import asyncio, sys
from pathlib import Path
from api.key_usage import SharedUsage
from api.whatsapp.pace import Pace
from nlu.settings.settings import WorkerSettings

url, folder, rate, messages = sys.argv[1:]
use = SharedUsage._use

def told(self, name, limits, cost):
    use(self, name, limits, cost)
    print(self._leases[name, 1.0].window.since, flush=True)

SharedUsage._use = told
settings = WorkerSettings(
    database_url=url, var_dir=Path(folder), whatsapp_messages_per_second=float(rate)
)

async def main():
    pace = Pace.of(settings)
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(pace.wait("1098") for _ in range(int(messages))))
    await pace.close()

asyncio.run(main())
"""


@pytest.mark.slow
def test_processes_keep_the_pace_together_and_one_is_killed(
    request: pytest.FixtureRequest, engine_name: str, tmp_path: Path
) -> None:
    """Each permit that is used names its second; no second has more than the number may send."""
    rate, messages = 40, 60
    url = file_url(tmp_path / "seva.sqlite")
    if engine_name == "postgresql":
        url = request.getfixturevalue("postgres")
        empty(url)
    command = [sys.executable, "-c", SENDS, url, str(tmp_path), str(rate), str(messages)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for one in running:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    killed, *others = running
    assert killed.stdout is not None
    first = killed.stdout.readline()
    killed.kill()
    lines = [first, *killed.communicate(timeout=60)[0].splitlines()]
    for one in others:
        lines += one.communicate(timeout=60)[0].splitlines()
        assert one.returncode == 0
    used = Counter(float(line) for line in lines if line.strip())
    assert sum(used.values()) >= 2 * messages and max(used.values()) <= rate


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:  # type: ignore[misc]
    return str(request.param)
