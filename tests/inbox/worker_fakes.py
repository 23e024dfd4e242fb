"""Fakes at the worker's seams: a clock, a dialogue with a memory, a WhatsApp that remembers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from api.dispatcher import Dispatcher
from api.inbox.port import Claim
from api.inbox.schema import TABLES
from api.inbox.shard import Shard, take_place
from api.inbox.sharded import ShardedInbox
from api.inbox.store import StoredInbox
from api.metrics import WorkerMetrics
from api.phrases import NEEDED, PhraseBook
from api.review.pick import Pick
from api.shadow.feed import Feed
from api.turn import MessageReader, Turns
from api.whatsapp.outgoing import Parcel
from api.whatsapp.payload import Inbound, Status
from api.whatsapp.policy import load_policy
from api.worker import Worker
from nlu.daily_counts import Tally
from nlu.settings.settings import Only
from nlu.speech.transcript import Reading
from nlu.storage.database import Database, DatabaseAway
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from nlu.turn import Media, Message, Reply, Turned, Understanding

POLICY = load_policy(Path("data/whatsapp.yml"))
PHRASES = {name: {"te": f"te:{name}"[:20], "en": f"en:{name}"[:20]} for name in NEEDED}
PHONE_ID = "109876543210987"


@dataclass
class Where:
    """Where stores of this test lie: in files, or at the URL of PostgreSQL, or at two."""

    url: str | None = None

    @property
    def urls(self) -> list[str]:
        """Each of them."""
        return (self.url or "").split()


ENGINE = Where()
ONLY_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What a test says of the file itself."""
ONE_DATABASE = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
"""What is said of all lanes together, or of rows by their number."""
ERRORS = (sqlite3.Error, psycopg2.Error, DatabaseAway)
"""Of a database that cannot do what it was asked."""


class Killed(BaseException):
    """The process dies here: no `except Exception` may catch it."""


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bomb:
    """Kills at the n-th seam that is passed; a dead process passes no further one."""

    at: int | None = None
    passed: list[str] = field(default_factory=list)

    def seam(self, name: str) -> None:
        self.passed.append(name)
        if self.at is not None and len(self.passed) >= self.at:
            raise Killed(name)


@dataclass
class FakeEngine:
    """Echoes; what it is given as a tracker is the number of turns it knows of."""

    bomb: Bomb = field(default_factory=Bomb)
    heard: list[Message] = field(default_factory=list)
    answer: Callable[[str], list[Reply]] = lambda text: [Reply(f"echo {text}")]
    failures: list[Exception] = field(default_factory=list)
    spoken: str | None = None
    decision: tuple[str, str] | None = None
    understand: Callable[[Message], Understanding | None] = lambda message: None
    healthy: bool = True
    model_id: str = "fake"

    async def parse(self, text: str, language: str | None = None) -> dict[str, Any]:
        raise NotImplementedError

    async def parse_each(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[dict[str, Any] | BaseException]:
        raise NotImplementedError

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        raise NotImplementedError

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        self.bomb.seam("before turn")
        if self.failures:
            raise self.failures.pop()
        self.heard.append(message)
        replies = tuple(replace(one, language=self.spoken) for one in self.answer(message.text))
        self.bomb.seam("after turn")
        told = self.understand(message)
        return Turned(replies, str(int(tracker or 0) + 1), self.decision, told, model=self.model_id)

    async def is_healthy(self) -> bool:
        return self.healthy


@dataclass
class FakeWhatsApp:
    """Takes messages like Meta does, and knows what it took."""

    bomb: Bomb = field(default_factory=Bomb)
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> str:
        self.bomb.seam("before send")
        if self.troubles:
            raise self.troubles.pop(0)
        self.taken.append((parcel.tracker, parcel.citizen, parcel.message))
        message_id = f"wamid.OUT{len(self.taken)}"
        self.bomb.seam("after send")
        return message_id

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        self.typing.append(message_id)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        return self.files[media.id]

    def texts(self) -> list[str]:
        return [message.text for _, _, message in self.taken]

    def statuses(self, state: str = "sent") -> list[Status]:
        return [
            Status(f"wamid.OUT{number}", state, tracker=tracker)
            for number, (tracker, _, _) in enumerate(self.taken, 1)
        ]


class BombedInbox:
    """An inbox whose process may die just before or just after each durable step."""

    def __init__(self, real: Any, bomb: Bomb) -> None:
        self._real, self._bomb = real, bomb

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if name not in ("claim", "ack", "sent", "fail", "bury", "retry", "release"):
            return attribute

        async def step(*args: Any, **named: Any) -> Any:
            self._bomb.seam(f"before {name}")
            result = await attribute(*args, **named)
            self._bomb.seam(f"after {name}")
            return result

        return step


def message(number: int, text: str = "", citizen: str = "IN.1", **facts: Any) -> Inbound:
    facts.setdefault("kind", "text")
    return Inbound(f"wamid.IN{number}", PHONE_ID, citizen, text=text or f"text {number}", **facts)


def open_store(path: Path, clock: Clock) -> StoredInbox:
    """An inbox in a file or, where the fixture `engine` says so, in one or two databases of
    PostgreSQL."""
    if ENGINE.url is not None and " " in ENGINE.url:
        sharded: Any = ShardedInbox(
            [Shard(place, partial(_open, url, clock)) for place, url in enumerate(ENGINE.urls)]
        )
        return sharded
    return StoredInbox(open_database(path, clock), POLICY, lease_s=60, doubt_s=30)


def _open(url: str, clock: Clock) -> StoredInbox:
    database = PostgresDatabase(url, TABLES, clock=clock)
    take_place(database, url, ENGINE.urls.index(url), len(ENGINE.urls))
    return StoredInbox(database, POLICY, lease_s=60, doubt_s=30)


def open_database(path: Path, clock: Clock | None = None) -> Database:
    if ENGINE.url is not None:
        return PostgresDatabase(ENGINE.url, TABLES, clock=clock)
    return SqliteDatabase(path, TABLES, window_s=0, clock=clock)


def databases(store: StoredInbox | ShardedInbox) -> list[Database]:
    """Of a store."""
    if isinstance(store, ShardedInbox):
        return [shard.store._database for shard in store._shards.all]
    return [store._database]


def rows(store: StoredInbox | ShardedInbox, sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """What lies in the databases of a store."""
    return [
        row
        for database in databases(store)
        for row in database.look(lambda db: db.execute(sql, values).fetchall())
    ]


def write(store: StoredInbox | ShardedInbox, sql: str, values: Sequence[Any] = ()) -> None:
    """Changes the databases of a store behind its back."""
    for database in databases(store):
        database.change(lambda db: db.execute(sql, values).rowcount)


class DrainingWorker(Worker):
    """A worker that can be asked for what is due now."""

    async def drain(self) -> None:
        """Serves what is due now and returns."""
        while True:
            claims = await self._inbox.claim(self._name, self._concurrency)
            await asyncio.gather(*(self._serve(claim) for claim in claims))
            parcels = await self._outbox.claim(self._name, self._concurrency)
            await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
            if not claims and not parcels:
                return


def make_worker(
    store: StoredInbox,
    engine: FakeEngine,
    whatsapp: FakeWhatsApp,
    clock: Clock,
    *,
    bomb: Bomb | None = None,
    transcriber: Any = None,
    lease_s: float = 60,
    shutdown_s: float = 20,
    voices: int = 1,
    only: Only = "",
    listening_s: float = 5,
    spoken: frozenset[str] = frozenset(),
    turn_s: float = POLICY.turn_seconds,
    pick: Pick | None = None,
    feed: Feed | None = None,
    tally: Tally | None = None,
    model_of: Callable[[Claim], str] = lambda _: "fake",
) -> DrainingWorker:
    bomb = bomb or Bomb()
    inbox: Any = BombedInbox(store, bomb)
    outbox: Any = BombedInbox(store.outbox, bomb)
    engine.bomb = whatsapp.bomb = bomb
    phrases, metrics = PhraseBook(PHRASES, "te"), WorkerMetrics()
    reader = MessageReader(inbox, whatsapp, transcriber, max_chars=4096, max_audio_bytes=1 << 20)
    return DrainingWorker(
        inbox,
        outbox,
        Turns(engine, reader, inbox, phrases, POLICY, spoken, pick=pick, feed=feed),
        Dispatcher(outbox, whatsapp, phrases, POLICY, metrics, doubt_s=30, clock=clock),
        whatsapp,
        replace(POLICY, listening_seconds=listening_s, turn_seconds=turn_s),
        metrics,
        name_citizen=lambda lane: "someone",
        concurrency=4,
        voices=voices,
        only=only,
        lease_s=lease_s,
        shutdown_s=shutdown_s,
        tally=tally,
        model_of=model_of,
    )


def failed_turns(store: StoredInbox) -> set[int]:
    """How many turns of each message failed while all else worked: the numbers that occur."""
    return {attempts for (attempts,) in rows(store, "SELECT attempts FROM inbox")}
