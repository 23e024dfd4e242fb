"""`seva benchmark ingest`: how many messages a second are kept, durably, before the 200.

Deliveries of many messages, as Meta sends them under load, are put into the inbox by one process of
`seva serve`, several at once; each returns when its messages are on disk. Beside it, in the same
run and into the same database, a plain INSERT with a commit for each message: no lanes, no limits,
no order, nothing else that a turn needs. Signature, JSON and HTTP are not in these numbers.

SQLite is a file here; PostgreSQL is the server of `SEVA_DATABASE_URL`, or one that is started for
the run where Debian's is installed. Its `fsync` and `synchronous_commit` are on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import stamina

from api.inbox.open import open_inbox
from api.inbox.store import StoredInbox
from api.whatsapp.payload import Inbound
from api.whatsapp.policy import WhatsAppPolicy, load_policy
from benchmarks.command import machine_line
from benchmarks.machine import free_port, machine
from benchmarks.upheaval import database
from nlu.settings.groups import State
from nlu.storage.tables import open_engine

PHONE_ID = "109876543210987"
TEXT = "naa current bill entha vachindi cheppandi 6123401005678"


def deliveries(count: int, size: int, citizens: int) -> list[list[Inbound]]:
    """`count` deliveries of `size` messages, by so many citizens in turn; every id is new."""
    run = secrets.token_hex(4)
    return [
        [
            Inbound(
                f"wamid.{run}.{first + n}",
                PHONE_ID,
                f"IN.{run}.{(first + n) % citizens}",
                "text",
                text=TEXT,
            )
            for n in range(size)
        ]
        for first in range(0, count * size, size)
    ]


async def kept(inbox: StoredInbox, some: Sequence[Sequence[Inbound]], at_once: int) -> list[float]:
    """Seconds of each delivery, from its call to its return."""
    waiting, took = iter(some), []

    async def sender() -> None:
        for delivery in waiting:
            began = time.perf_counter()
            if await inbox.put(delivery) != len(delivery):
                raise ValueError("a message that is new was taken for a known one")
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(sender() for _ in range(at_once)))
    return took


def plain(url: str, some: Sequence[Sequence[Inbound]]) -> float:
    """Messages a second of a commit for each."""
    engine = open_engine(url)
    row = sa.text("INSERT INTO plain VALUES (:id, :lane, :body)")
    with engine.begin() as db:
        db.execute(sa.text("DROP TABLE IF EXISTS plain"))
        db.execute(sa.text("CREATE TABLE plain (id TEXT PRIMARY KEY, lane TEXT, body TEXT)"))
    messages = [one for delivery in some for one in delivery]
    began = time.perf_counter()
    with engine.connect() as db:
        for one in messages:
            db.execute(row, {"id": one.message_id, "lane": one.lane, "body": one.text})
            db.commit()
    rate = len(messages) / (time.perf_counter() - began)
    engine.dispose()
    return rate


def measured(url: str, policy: WhatsAppPolicy, given: argparse.Namespace) -> dict[str, Any]:
    """Both ways on one database."""
    inbox = open_inbox(State(database_url=url), policy)
    some = deliveries(given.deliveries, given.size, given.citizens)
    try:
        asyncio.run(kept(inbox, deliveries(20, given.size, given.citizens), given.at_once))
        began = time.perf_counter()
        took = asyncio.run(kept(inbox, some, given.at_once))
        rate = given.deliveries * given.size / (time.perf_counter() - began)
    finally:
        asyncio.run(inbox.close())
    peer = plain(url, deliveries(given.plain, 1, given.citizens))
    return {
        "messages_per_second": round(rate),
        "delivery_ms_p50": round(1000 * statistics.median(took), 1),
        "delivery_ms_p99": round(1000 * statistics.quantiles(took, n=100)[98], 1),
        "plain_insert_per_second": round(peer),
        "ratio": round(rate / peer, 1),
    }


@contextmanager
def server() -> Iterator[str | None]:
    """The URL of PostgreSQL; None where there is none."""
    given = os.environ.get("SEVA_DATABASE_URL", "")
    if given.startswith("postgresql") or database.PROGRAMS is None:
        yield given if given.startswith("postgresql") else None
        return
    with tempfile.TemporaryDirectory() as folder:
        node = database.Node(Path(folder), free_port())
        told = (folder, str(node.port), str(free_port()))
        command = [sys.executable, "-m", database.__name__, *told]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = subprocess.Popen(command, start_new_session=True, **quiet)
        try:
            yield _answering(database.url([node]))
        finally:
            os.killpg(running.pid, signal.SIGINT)  # the server ends without waiting for us
            running.wait()


def _answering(url: str) -> str:
    """Waits until the server takes connections."""
    for attempt in stamina.retry_context(on=sa.exc.OperationalError, timeout=60, attempts=None):
        with attempt, closing(sa.create_engine(url).connect()):
            return url
    raise AssertionError("the last try returns or raises")


def run(given: argparse.Namespace) -> dict[str, Any]:
    """The document that `--json` prints."""
    before, policy = machine(), load_policy(Path("data/whatsapp.yml"))
    found: dict[str, Any] = {"machine": before, **vars(given)}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        found["sqlite"] = measured(f"sqlite:///{Path(folder).resolve()}/i.sqlite", policy, given)
    with server() as url:
        if url is not None:
            with closing(sa.create_engine(url).connect()) as db:
                found["postgresql_version"] = db.execute(sa.text("SHOW server_version")).scalar()
            found["postgresql"] = measured(url, policy, given)
    return found


def main(argv: Sequence[str]) -> int:
    """`seva benchmark ingest [--deliveries N] [--size N] [--json]`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark ingest",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--deliveries", type=int, default=500, help="how many")
    parser.add_argument("--size", type=int, default=40, help="messages in each")
    parser.add_argument("--citizens", type=int, default=2000, help="who write")
    parser.add_argument("--at-once", type=int, default=8, help="deliveries under way together")
    parser.add_argument("--plain", type=int, default=1000, help="messages of the peer")
    parser.add_argument("--json", action="store_true", help="one JSON document, nothing else")
    given = parser.parse_args(list(argv))
    found = run(given)
    if given.json:
        print(json.dumps(found, indent=2, default=str))
        return 0
    print(machine_line(found["machine"]))
    print(f"deliveries of {given.size} messages, {given.at_once} at once, fsync before return")
    for engine in ("sqlite", "postgresql"):
        if engine not in found:
            print(f"{engine}: no server here; `make system` brings one")
            continue
        one = found[engine]
        print(
            f"{engine:<11}{one['messages_per_second']:>7} messages/s, a delivery "
            f"{one['delivery_ms_p50']} ms (p99 {one['delivery_ms_p99']}); a plain INSERT and "
            f"commit each {one['plain_insert_per_second']}/s: {one['ratio']} times"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
