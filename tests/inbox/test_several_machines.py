"""Several gateways and workers on one PostgreSQL, through PgBouncer that lends by transaction."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from api.inbox.port import LeaseLost
from api.inbox.schema import TABLES
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.payload import Status
from nlu.storage.database import DatabaseAway
from nlu.storage.postgres import PostgresDatabase
from tests.inbox.worker_fakes import POLICY, message
from tests.postgres import empty
from tests.processes import free_port

pytestmark = pytest.mark.slow
BOUNCER = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
CITIZENS, EACH, MACHINES = 40, 6, 3


@pytest.fixture
def bouncer(postgres: str, tmp_path: Path) -> Iterator[str]:
    """The same database behind PgBouncer: fewer connections than are asked for, each lent for a
    transaction."""
    if BOUNCER is None:
        pytest.skip("PgBouncer is not installed; `make system` brings it")
    empty(postgres)
    folder, port = Path(postgres.rpartition("=")[2]), free_port()
    settings = tmp_path / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\npostgres = host={folder} user=seva\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 99\n",
        "utf-8",
    )
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == "root" and str(place).startswith("/tmp/"):
            place.chmod(place.stat().st_mode | 0o055)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    running = subprocess.Popen([BOUNCER, *user, "-q", settings])
    query = urlencode({"host": "127.0.0.1", "port": port})
    try:
        yield f"postgresql://seva@/postgres?{query}"
    finally:
        running.terminate()
        running.wait(10)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseAway) as found:
        PostgresDatabase("postgresql://seva:hush@127.0.0.1:1/seva", TABLES)
    assert "127.0.0.1:1/seva" in str(found.value) and "SEVA_DATABASE_URL" in str(found.value)
    assert "hush" not in str(found.value)


def opened(url: str) -> StoredInbox:
    for _ in range(100):
        try:
            return StoredInbox(PostgresDatabase(url, TABLES), POLICY, lease_s=30)
        except ConnectionError:
            time.sleep(0.1)
    raise AssertionError("PgBouncer does not answer")


async def test_each_message_is_answered_once_and_in_order(bouncer: str) -> None:
    """Deliveries shuffled over the gateways and repeated; workers of every machine claim, answer
    and send at once, and some turns come too late."""
    dice = random.Random(7)
    machines = [opened(bouncer) for _ in range(MACHINES)]
    arrived = [
        message(citizen * EACH + n, citizen=f"IN.{citizen}", timestamp=1_800_000_000 + n)
        for citizen in range(CITIZENS)
        for n in range(EACH)
    ]
    deliveries = [arrived[at : at + 8] for at in range(0, len(arrived), 8)]
    repeated = [*deliveries, *dice.sample(deliveries, 15)]
    dice.shuffle(repeated)
    puts = [dice.choice(machines).put(some) for some in repeated]
    assert sum(await asyncio.gather(*puts)) == len(arrived)

    answered: list[str] = []
    sent: dict[str, list[str]] = defaultdict(list)

    async def work(machine: StoredInbox) -> None:
        idle = 0
        while idle < 20:
            claims = await machine.claim("w", 5)
            for claim in claims:
                text = Outgoing("text", f"re {claim.message.message_id}")
                await machine.ack(claim, [Draft(text)], "te", claim.message.message_id)
                answered.append(claim.message.message_id)
                with pytest.raises(LeaseLost):
                    await machine.ack(claim, [Draft(text)])
            parcels = await machine.outbox.claim("w", 5)
            for parcel in parcels:
                sent[parcel.lane].append(parcel.message.text)
                await machine.outbox.sent(parcel, f"out.{parcel.tracker}")
                await machine.put([], [Status(f"out.{parcel.tracker}", "delivered")])
            idle = 0 if claims or parcels else idle + 1
            await asyncio.sleep(0.01)

    await asyncio.gather(*(work(machine) for machine in machines for _ in range(2)))
    assert len(answered) == len(set(answered)) == len(arrived)
    for citizen in range(CITIZENS):
        own = arrived[citizen * EACH : (citizen + 1) * EACH]
        assert sent[own[0].lane] == [f"re {one.message_id}" for one in own]
    depth = await machines[0].depth()
    assert (depth.waiting, depth.dead, depth.outgoing) == (0, 0, 0)
    for machine in machines:
        await machine.close()


async def test_a_message_that_two_gateways_get_at_once_is_kept_once(bouncer: str) -> None:
    machines = [opened(bouncer) for _ in range(MACHINES)]
    for number in range(30):
        delivery = [message(number * 2, citizen="IN.A"), message(number * 2 + 1, citizen="IN.B")]
        orders = (delivery, delivery[::-1], delivery)
        new = await asyncio.gather(*(m.put(some) for m, some in zip(machines, orders)))
        assert sum(new) == 2
    for machine in machines:
        await machine.close()
