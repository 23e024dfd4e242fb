"""One run: citizens write while processes die and departments are away, until all are answered."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks.upheaval import departments
from benchmarks.upheaval.citizen import Citizen, World
from benchmarks.upheaval.facts import Facts, Outage
from benchmarks.upheaval.failover import failed_over
from benchmarks.upheaval.place import Engine, Layout, Place, placed
from benchmarks.upheaval.post import Post
from benchmarks.upheaval.records import phones
from benchmarks.upheaval.stop import unless
from benchmarks.upheaval.witness import Witness
from benchmarks.upheaval.words import Words, understood
from nlu.catalogue import Catalogue
from nlu.settings.settings import Settings

_TICK_S = 0.03
_LAST_S = 10.0
_FEWEST, _EACH = 24, 8  # citizens at least, messages of each at least
Progress = Callable[[int, str], None]
"""Takes the number of messages that were written, and what is done now."""


@dataclass(frozen=True)
class Plan:
    """What is to happen."""

    messages: int
    kills: int
    outages: int
    seed: int
    postgres: int | None = None
    """State lies in PostgreSQL, which is killed so often besides; None: in SQLite."""
    failovers: int = 0
    """How often the server of PostgreSQL is lost for good and its replica takes its place."""

    @property
    def engine(self) -> Engine:
        """Where state lies."""
        if self.failovers:
            return "replicated"
        return "sqlite" if self.postgres is None else "postgres"


@dataclass
class Run:
    """What happened."""

    facts: Facts
    words: Words
    seconds: float
    """From the first message to the last answer."""
    stopped: bool
    """Whether it was ended before its time."""
    cpu_seconds: float
    """Of all processes, their starts included."""
    failovers: Sequence[float] = ()
    """Seconds of each, from the loss of a server until there was a replica again."""


async def run(
    folder: Path,
    catalogue: Catalogue,
    settings: Mapping[str, Any],
    plan: Plan,
    stop: asyncio.Event,
    progress: Progress,
) -> Run:
    """The whole run. `stop` ends it early. Raises RuntimeError where a process does not start, or
    it is stopped before the first message."""
    count = min(settings["citizens"], max(_FEWEST, plan.messages // _EACH))
    citizens = phones(plan.seed, count)
    place = placed(folder, catalogue, settings, plan.seed, citizens, Layout(engine=plan.engine))
    try:
        await unless(stop, place.supervisor.start())
        progress(0, "Choosing what is said")
        key = Settings().keys[0]
        words = await unless(stop, understood(catalogue, settings, place.serve, key))
        upheaval = _Upheaval(place, words, plan, citizens, stop, progress)
        await upheaval.lived()
    finally:
        await place.supervisor.stop()
    return upheaval.told()


@dataclass
class _Upheaval:
    place: Place
    words: Words
    plan: Plan
    phones: Sequence[str]
    stop: asyncio.Event
    progress: Progress
    outages: list[Outage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = self.words.settings
        self.random = Random(self.plan.seed)
        world = World(self.words, self.plan.seed)
        keys: Mapping[str, int] = self.settings["keys"]
        self.world = world
        self.citizens: dict[str, Citizen] = {}
        for phone in self.phones:
            key = self.random.choices(list(keys), list(keys.values()))[0]
            own = Random(f"{self.plan.seed}/{phone}")
            self.citizens[phone] = Citizen(phone, key, world, own)
        self.witness = Witness(self.place.book)
        self.databases = asyncio.Lock()
        self.failovers: list[float] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.began = 0.0

    async def lived(self) -> None:
        """From the first message to the last answer."""
        manner = self.settings["delivery"]
        self.post = Post(self.place.webhook, Settings(), manner, Random(f"{self.plan.seed}/post"))
        self.began = time.time()
        kills, outages = self._due(self.plan.kills), self._due(self.plan.outages)
        databases = self._due(self.plan.postgres or 0)
        failovers = self._due(self.plan.failovers)
        now = self.began
        for citizen in self.citizens.values():
            citizen.pause(now)
        while len(self.witness.said) < self.plan.messages and not self.stop.is_set():
            self._read()
            self._write(time.time())
            while kills and kills[0] <= len(self.witness.said):
                kills.pop(0)
                self._start(self._kill())
            while databases and databases[0] <= len(self.witness.said):
                databases.pop(0)
                self._start(self._kill_database())
            while failovers and failovers[0] <= len(self.witness.said):
                failovers.pop(0)
                self._start(self._fail_over())
            while outages and outages[0] <= len(self.witness.said):
                outages.pop(0)
                self._start(self._outage())
            await asyncio.sleep(_TICK_S)
        await self._calm()
        await self.post.close()

    async def _calm(self) -> None:
        """All works again; citizens end what they have begun, and every answer is waited for."""
        for citizen in self.citizens.values():
            citizen.ended = True
        await asyncio.gather(*self.tasks, return_exceptions=True)
        quiet, count = time.time(), len(self.witness.sends)
        self.progress(self.plan.messages, "Waiting for answers")
        while time.time() - quiet < self.settings["grace"]:
            self._read()
            if len(self.witness.sends) > count:
                quiet, count = time.time(), len(self.witness.sends)
            self._write(time.time())
            idle = all(citizen.idle for citizen in self.citizens.values())
            if idle and not self.witness.open and not self.post.pending:
                break
            await asyncio.sleep(_TICK_S)
        await asyncio.sleep(_LAST_S)  # whatever is sent twice is sent by then
        self._read()

    def _due(self, count: int) -> list[int]:
        """Numbers of messages after which something happens, spread over the run."""
        each = self.plan.messages / max(count, 1)
        return [int((number + self.random.random()) * each) for number in range(count)]

    def _read(self) -> None:
        for send in self.witness.look():
            if send.citizen in self.citizens:
                self.citizens[send.citizen].hear(send)

    def _write(self, now: float) -> None:
        """Whoever has been answered and is ready writes, as long as not too many wait; first who
        has been ready longest, so that none writes more in an hour than Seva takes."""
        for citizen in sorted(self.citizens.values(), key=lambda one: one.ready):
            if len(self.witness.open) >= self.settings["open"]:
                return
            if citizen.ready > now or citizen.last >= int(now):
                continue
            letters = citizen.insist(now) if citizen.waiting else citizen.write(now)
            citizen.pause(now)
            if not letters:
                continue
            for said, _ in letters:
                self.witness.hear(said)
            self.post.send(letters)
            self.progress(len(self.witness.said), "Writing")

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _kill(self) -> None:
        """Any process that is there."""
        await asyncio.sleep(self.random.random())
        weights: Mapping[str, int] = self.settings["kills"]
        while True:
            name = self.random.choices(list(weights), list(weights.values()))[0]
            if self.place.supervisor.kill(name):
                return
            await asyncio.sleep(0.2)

    async def _kill_database(self) -> None:
        """Any server of PostgreSQL; it begins again with its data."""
        async with self.databases:
            name = self.random.choice(list(self.place.databases))
            while not self.place.supervisor.kill(name):
                await asyncio.sleep(0.2)

    async def _fail_over(self) -> None:
        """The server that takes writes is lost with its data, its replica takes its place, and a
        new replica is made from that. What is killed meanwhile is neither of them: with both lost
        nobody has the data."""
        async with self.databases:
            took = await failed_over(self.place.supervisor, self.place.databases)
            self.failovers.append(took)

    async def _outage(self) -> None:
        rows = self.settings["outages"]
        row = self.random.choices(rows, [one["weight"] for one in rows])[0]
        seconds = self.random.uniform(*self.settings["outage"])
        if row["target"] in self.place.supervisor.processes:
            await self.place.supervisor.away(row["target"], row["kind"], seconds)
            return
        begin = time.time()
        await self._fault(row["target"], row["kind"])
        await asyncio.sleep(seconds)
        await self._fault(row["target"], "none")
        self.outages.append(Outage(row["kind"], row["target"], begin, time.time()))

    async def _fault(self, department: str, mode: str) -> None:
        """Until the sandbox takes it: it may be dead just now."""
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                try:
                    url = f"{self.place.sandbox}/__faults/{department}"
                    if (await client.put(url, json={"mode": mode})).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.3)

    def told(self) -> Run:
        """What happened, after all has ended."""
        towns = {name: self.settings["town"] for name in self.settings["towns"].values()}
        departments.mark(self.world.requests, self.place.books, towns)
        facts = self.witness.facts(
            self.place.supervisor.kills,
            [*self.place.supervisor.outages, *self.outages],
            self.world.requests,
            departments.writes(self.place.books),
        )
        ended = max((send.at for send in facts.sends), default=self.began)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime
        seconds, stopped = ended - self.began, self.stop.is_set()
        return Run(facts, self.words, seconds, stopped, cpu, self.failovers)
