"""Two databases of PostgreSQL behind one setting: lanes of both are served, and one may be away."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from api.app import create_app
from api.inbox import shard as shard_module
from api.inbox.letters import Letters, NotNow
from api.inbox.open import open_databases, open_inbox, sealed_columns
from api.inbox.port import News
from api.inbox.shard import place_of
from api.inbox.sharded import ShardedInbox
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Choice, Draft, Outgoing
from api.whatsapp.payload import HEADER, Inbound, Status, sign
from nlu.settings import Settings
from nlu.settings.groups import State
from nlu.settings.settings import ServeSettings
from nlu.storage.database import Database, DatabaseAway
from nlu.storage.migrations.commands import before_command
from nlu.storage.migrations.store import Standing, all_stores, standing
from nlu.storage.migrations.version import Version
from tests.inbox.worker_fakes import PHONE_ID, POLICY, databases, message, rows
from tests.postgres import another, empty

pytestmark = pytest.mark.slow
TEXT = Outgoing("text", "hello")


class Servers:
    """Two databases of one server, each of which can be taken away."""

    def __init__(self, first: str, second: str) -> None:
        self.urls = (first, second)
        self.settings = State(database_url=f"{first} {second}", commit_window_ms=0)
        self.engine = sa.create_engine(
            first.replace("/postgres?", "/template1?"), isolation_level="AUTOCOMMIT"
        )

    def away(self, place: int, gone: bool = True) -> None:
        """Nobody can connect any more, and who was connected is thrown out; or all is back."""
        name = self.urls[place].partition("?")[0].rpartition("/")[2]
        with self.engine.connect() as db:
            db.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not gone}"))
            if gone:
                ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"
                db.execute(sa.text(ends), {"n": name})

    def close(self) -> None:
        for place in range(2):
            self.away(place, gone=False)
        self.engine.dispose()


@pytest.fixture
def servers(postgres: str, monkeypatch: pytest.MonkeyPatch):
    empty(postgres)
    monkeypatch.setattr(shard_module, "_ASK_AGAIN", 0.02)
    both = Servers(postgres, another(postgres, "second"))
    yield both
    both.close()


@pytest_asyncio.fixture
async def inbox(servers: Servers) -> AsyncIterator[ShardedInbox]:
    opened = open_inbox(servers.settings, POLICY)
    assert isinstance(opened, ShardedInbox)
    yield opened
    await opened.close()


def of(place: int, number: int = 0) -> str:
    """A citizen whose lane lies in that place."""
    names = (f"IN.{n}" for n in range(1000))
    mine = [one for one in names if place_of(f"{PHONE_ID}:{one}", 2) == place]
    return mine[number]


async def until(done: Any) -> None:
    for _ in range(500):
        if await done():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to that")


def test_a_lane_has_its_place_for_ever() -> None:
    """Another hash would lose every conversation: these are fixed."""
    assert [place_of(f"109876543210987:IN.{n}", 2) for n in range(8)] == [0, 0, 0, 1, 0, 1, 1, 0]
    count = [0] * 3
    for number in range(3000):
        count[place_of(f"109876543210987:91{number}", 3)] += 1
    assert min(count) > 900


async def test_all_lanes_are_answered_once_and_in_order(inbox: ShardedInbox) -> None:
    """Deliveries with lanes of both, repeated; three workers; statuses with and without a mark."""
    dice = random.Random(3)
    arrived = [
        message(citizen * 4 + n, citizen=f"IN.{citizen}", timestamp=1_800_000_000 + n)
        for citizen in range(24)
        for n in range(4)
    ]
    deliveries = [arrived[at : at + 6] for at in range(0, len(arrived), 6)]
    repeated = [*deliveries, *deliveries[::3]]
    dice.shuffle(repeated)
    assert sum(await asyncio.gather(*map(inbox.put, repeated))) == len(arrived)
    sent: dict[str, list[str]] = defaultdict(list)

    async def work() -> None:
        idle = 0
        while idle < 10:
            claims = await inbox.claim("w", 3)
            for claim in claims:
                said = Outgoing("text", claim.message.message_id)
                choice = Choice(f"c{claim.message.message_id}", "/choose", "Pay", 1)
                await inbox.ack(claim, [Draft(said, (choice,))], "te", claim.message.message_id)
            parcels = await inbox.outbox.claim("w", 3)
            for parcel in parcels:
                sent[parcel.lane].append(parcel.message.text)
                name = f"out.{parcel.tracker}"
                await inbox.outbox.sent(parcel, name)
                mark = dice.choice([parcel.tracker, None])
                await inbox.put([], [Status(name, "read", tracker=mark)])
            idle = 0 if claims or parcels else idle + 1
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(3)))
    for citizen in range(24):
        own = arrived[citizen * 4 : citizen * 4 + 4]
        assert sent[own[0].lane] == [one.message_id for one in own]
        assert await inbox.tracker(own[0].lane) == own[-1].message_id
        assert await inbox.numbered_choice(own[0].lane, 1) == "/choose"
        assert await inbox.choice(own[0].lane, f"c{own[0].message_id}") == "/choose"
        assert (await inbox.citizen(own[0].lane)).language == "te"
    states = {state for (state,) in rows(inbox, "SELECT state FROM outbox")}
    assert states == {4}  # read: each status found its message
    depth = await inbox.depth()
    assert (depth.waiting, depth.outgoing, depth.away) == (0, 0, 0)
    await inbox.tend()
    assert await inbox.purge(-60, -60) == len(arrived)
    assert [len(rows(inbox, f"SELECT 1 FROM {name}")) for name in ("trackers", "outbox")] == [0, 0]


async def test_no_citizen_has_rows_in_both(inbox: ShardedInbox) -> None:
    people = [f"IN.{n}" for n in range(40)]
    await inbox.put([message(n, citizen=who) for n, who in enumerate(people)])
    while claims := await inbox.claim("w", 7):
        for claim in claims:
            await inbox.ack(claim, [Draft(TEXT, (Choice(claim.token, "/x", "x"),))], "te", "{}")
    for who in people:
        await inbox.tell(News(f"n-{who}", f"{PHONE_ID}:{who}", [Draft(TEXT)]))
    tables = ("inbox", "outbox", "outbox_lanes", "trackers", "choices", "citizens", "windows")
    for table in tables:
        found = [lanes_in(one, table) for one in databases(inbox)]
        assert not found[0] & found[1], table
        assert all(found) and len(found[0] | found[1]) == len(people), table
        for place, theirs in enumerate(found):
            assert {place_of(lane, 2) for lane in theirs} == {place}


def lanes_in(database: Database, table: str) -> set[str]:
    column = "name" if table == "windows" else "lane"
    which = f"SELECT DISTINCT {column} FROM {table}"
    return {lane for (lane,) in database.look(lambda db: db.execute(which).fetchall())}


async def test_each_database_gets_its_turn(inbox: ShardedInbox) -> None:
    """One with a long queue does not keep the citizens of the other waiting."""
    await inbox.put([message(n, citizen=of(0, n)) for n in range(30)])
    await inbox.put([message(100 + n, citizen=of(1, n)) for n in range(3)])
    claims = [claim for _ in range(6) for claim in await inbox.claim("w", 1)]
    places = [place_of(claim.message.lane, 2) for claim in claims]
    assert sorted(places) == [0, 0, 0, 1, 1, 1]
    assert len(await inbox.claim("w", 50)) == 27


async def test_one_that_is_away_keeps_only_its_own_waiting(
    servers: Servers, inbox: ShardedInbox
) -> None:
    here, there = message(1, citizen=of(0)), message(2, citizen=of(1))
    await inbox.put([here, there])
    servers.away(1)
    found = [claim for _ in range(3) for claim in await inbox.claim("w", 5)]
    assert [claim.message for claim in found] == [here]
    await inbox.ack(found[0], [Draft(TEXT)])
    (parcel,) = await inbox.outbox.claim("w", 5)
    await inbox.outbox.sent(parcel, "wamid.1")
    await inbox.put([], [Status("wamid.1", "read", tracker=parcel.tracker)])
    with pytest.raises(DatabaseAway):
        await inbox.put([], [Status("wamid.2", "read")])  # it may be of either
    assert await inbox.works()
    depth = await inbox.depth()
    assert (depth.waiting, depth.away) == (0, 1)
    with pytest.raises(DatabaseAway):
        await inbox.tracker(there.lane)

    servers.away(1, gone=False)

    async def back() -> bool:
        return (await inbox.depth()).away == 0

    await until(back)
    (claim,) = await inbox.claim("w", 5)
    assert claim.message == there


async def test_without_any_nothing_is_claimed_and_nothing_works(
    servers: Servers, inbox: ShardedInbox
) -> None:
    for place in range(2):
        servers.away(place)
    with pytest.raises(DatabaseAway):
        for _ in range(3):
            await inbox.claim("w")
    with pytest.raises(DatabaseAway):
        await inbox.depth()
    assert not await inbox.works()


async def test_a_process_starts_while_one_is_away(servers: Servers) -> None:
    await open_inbox(servers.settings, POLICY).close()
    servers.away(0)
    inbox = open_inbox(servers.settings, POLICY)
    assert await inbox.put([message(1, citizen=of(1))]) == 1
    with pytest.raises(DatabaseAway):
        await inbox.put([message(2, citizen=of(0))])
    assert (await inbox.depth()).away == 1
    servers.away(0, gone=False)

    async def kept() -> bool:
        try:
            return await inbox.put([message(2, citizen=of(0))]) == 1
        except DatabaseAway:
            return False

    await until(kept)
    await inbox.close()
    servers.away(0)
    servers.away(1)
    with pytest.raises(DatabaseAway):
        open_inbox(servers.settings, POLICY)


async def test_nothing_is_acknowledged_that_was_not_kept(
    servers: Servers, inbox: ShardedInbox
) -> None:
    """Through the webhook: a delivery for both gets no 200 while one is away, and when it comes
    again each message is kept once."""
    settings = ServeSettings(database_url=servers.settings.database_url)
    app = create_app(settings, engine=object(), inbox=inbox)  # type: ignore[arg-type]
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://seva")
    both = [message(1, citizen=of(0)), message(2, citizen=of(1))]
    servers.away(1)
    async with client:
        assert await posted(client, settings, both) == 503
        assert await posted(client, settings, [message(3, citizen=of(0))]) == 200
        assert await posted(client, settings, [message(4, citizen=of(1))]) == 503
        found = databases(inbox)[0].look(lambda db: db.execute(IDS).fetchall())
        assert [name for (name,) in found] == ["wamid.IN1", "wamid.IN3"]
        servers.away(1, gone=False)
        assert await posted(client, settings, both) == 200
        assert await posted(client, settings, both) == 200
    assert sorted(name for (name,) in rows(inbox, IDS)) == ["wamid.IN1", "wamid.IN2", "wamid.IN3"]


IDS = "SELECT message_id FROM inbox ORDER BY message_id"


async def posted(client: httpx.AsyncClient, settings: ServeSettings, some: list[Inbound]) -> int:
    value = {
        "metadata": {"phone_number_id": PHONE_ID},
        "messages": [
            {"id": one.message_id, "from": "919000000000", "from_user_id": one.citizen}
            | {"type": "text", "text": {"body": one.text}}
            for one in some
        ],
    }
    body = httpx.Request("POST", "http://x", json=delivery(value)).content
    headers = {HEADER: sign(body, settings.whatsapp_app_secret)}
    return (await client.post("/webhooks/whatsapp", content=body, headers=headers)).status_code


def delivery(value: dict[str, Any]) -> dict[str, Any]:
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}


def test_a_changed_list_is_refused(servers: Servers, postgres: str) -> None:
    first, second = servers.urls
    for database in open_databases(servers.settings):
        database.close()
    third = another(postgres, "third")
    wrong = (f"{second} {first}", first, second, f"{first} {second} {third}")
    for urls in wrong:
        with pytest.raises(ValueError, match="name the same databases in the same order"):
            open_databases(State(database_url=urls))
    for database in open_databases(servers.settings):
        database.close()


async def test_an_undivided_database_with_citizens_is_refused(servers: Servers) -> None:
    alone = open_inbox(State(database_url=servers.urls[0]), POLICY)
    assert isinstance(alone, StoredInbox)
    await alone.put([message(1)])
    await alone.close()
    with pytest.raises(ValueError, match="database 1 of 1, and SEVA_DATABASE_URL names it as 1 of"):
        open_inbox(servers.settings, POLICY)
    assert {one.store.url: one.version for one in places(servers)} == dict.fromkeys(servers.urls)


def test_places_are_tables_with_a_version(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of a Seva that made them by itself are taken over by `seva migrate before`."""
    for database in open_databases(servers.settings):
        database.close()
    assert [one.version for one in places(servers)] == [Version(1)] * 2
    for url in servers.urls:
        engine = sa.create_engine(url)
        with engine.begin() as db:
            db.execute(sa.text("DROP TABLE alembic_version_shard"))
        engine.dispose()
    with pytest.raises(ValueError, match=r"tables of `shard` lack .* `seva migrate before`"):
        open_databases(servers.settings)
    assert before_command([one.store for one in places(servers)], dry_run=False) == 0
    assert "shard" in capsys.readouterr().out
    for database in open_databases(servers.settings):
        database.close()


def places(servers: Servers) -> list[Standing]:
    """How the tables stand in which each database notes its place."""
    url = servers.settings.database_url
    found = all_stores(Settings.read({"SEVA_DATABASE_URL": url}))
    return [standing(store) for store in found if store.name == "shard"]


async def test_letters_have_numbers_of_their_own(servers: Servers, inbox: ShardedInbox) -> None:
    """Row 1 of one database is not row 1 of the other."""
    people = (of(0), of(1))
    await inbox.put([message(n, f"from {who}", citizen=who) for n, who in enumerate(people)])
    for claim in await inbox.claim("w", 2):
        await inbox.bury(claim, "broken")
    letters = Letters(*open_databases(servers.settings))
    dead = letters.some("dead", 9)
    assert len(dead) == 2 and len({one.number for one in dead}) == 2
    shown = {letters.one(one.number).words: one.number for one in dead}  # type: ignore[union-attr]
    assert set(shown) == {f"from {who}" for who in people}
    letters.requeue(shown[f"from {of(1)}"])
    letters.drop(shown[f"from {of(0)}"])
    (claim,) = await inbox.claim("w", 9)
    assert claim.message.citizen == of(1)
    with pytest.raises(NotNow, match=f"{shown[f'from {of(0)}']} is no dead letter"):
        letters.requeue(shown[f"from {of(0)}"])
    assert letters.drop_lost() == 0
    letters.close()


async def test_keys_are_changed_in_both(servers: Servers, inbox: ShardedInbox) -> None:
    await inbox.put([message(n, citizen=of(n)) for n in range(2)])
    sizes = {one.name: one.size() for one in sealed_columns(servers.settings)}
    assert sizes["messages (1 of 2)"] == sizes["messages (2 of 2)"] == 1 and len(sizes) == 16


def test_the_action_server_stays_in_the_first(servers: Servers) -> None:
    assert servers.settings.table_url("journal.sqlite") == servers.urls[0]
