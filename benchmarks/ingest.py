"""`seva benchmark ingest`: how many messages a second are kept, durably, before the 200.

Signed deliveries as Meta sends them, each of many messages, go over HTTP to a real `seva serve`,
which answers when they are on disk: first as fast as they are taken, then 1,000 messages a second
at their own pace while a worker works off what came before; the time of each counts from when it
was due. They are sent by a process of its own, whose own limit, against a server that does nothing,
stands beside them.

Beside it in the same run, on the same database: the inbox alone, without HTTP, JSON and signatures;
a plain INSERT with a commit for each message; and, on PostgreSQL, jobs of Procrastinate, one by one
with the citizen as lock and a batch for each delivery. `fsync` and `synchronous_commit` are on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from api.inbox.open import open_inbox
from api.inbox.store import StoredInbox
from api.whatsapp.payload import Inbound
from api.whatsapp.policy import load_policy
from benchmarks.command import Document, machine_line, versions_line
from benchmarks.machine import free_port, machine
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import load_settings
from benchmarks.upheaval import database
from benchmarks.upheaval.place import Engine, Layout, Place, placed
from benchmarks.upheaval.stop import stop_event, unless
from benchmarks.webhooks import trivial
from benchmarks.webhooks.bodies import TEXT, Source
from benchmarks.webhooks.peers import deferred, plain
from benchmarks.webhooks.sender import Sent, saturated, steady
from nlu.catalogue import shared_catalogue
from nlu.settings.groups import State
from nlu.settings.settings import Settings
from nlu.settings.types import DatabaseUrl

ROOT = Path(__file__).resolve().parents[1]
PER_SECOND, P99_MS = 4000, 50.0
"""Wanted: messages a second in batches, and of the 200 at `--rate`."""
ENGINES: dict[str, Engine] = {"sqlite": "sqlite", "postgresql": "postgres"}
_STEADY_CONNECTIONS = 32
_START_S = 60.0
T = TypeVar("T")


def deliveries(count: int, size: int) -> list[list[Inbound]]:
    """`count` deliveries of `size` messages for the inbox itself; every id is new."""
    number, run = Settings().whatsapp_phone_number_id, secrets.token_hex(4)
    return [
        [
            Inbound(f"wamid.{run}.{n}", number, f"IN.{run}.{n // 8}", "text", text=TEXT)
            for n in range(first, first + size)
        ]
        for first in range(0, count * size, size)
    ]


async def kept(inbox: StoredInbox, some: Sequence[Sequence[Inbound]], at_once: int) -> float:
    """Messages a second that the inbox keeps, without HTTP."""
    waiting = iter(some)

    async def sender() -> None:
        for delivery in waiting:
            if await inbox.put(delivery) != len(delivery):
                raise RuntimeError("a message that is new was taken for a known one")

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(at_once)))
    return sum(map(len, some)) / (time.perf_counter() - began)


async def _in_thread(stop: asyncio.Event, work: partial[T]) -> T:
    """What blocks, while Ctrl-C is heard."""
    return await unless(stop, asyncio.to_thread(work))


@asynccontextmanager
async def _deployment(engine: Engine, folder: Path, stop: asyncio.Event) -> AsyncIterator[Place]:
    """All processes; the worker is held until somebody releases it."""
    layout = Layout(workers=1, engine=engine)
    place = placed(folder, shared_catalogue(ROOT / "data"), load_settings(), 0, (), layout)
    place.supervisor.processes["worker-1"].held = True
    try:
        await unless(stop, place.supervisor.start())
        yield place
    finally:
        await place.supervisor.stop()


async def _measured(
    name: str, given: argparse.Namespace, stop: asyncio.Event, steps: Steps
) -> Document:
    """All of one engine."""
    steps.begin(f"{name}: starting")
    with tempfile.TemporaryDirectory(prefix="seva-ingest-", dir=given.folder) as folder:
        async with _deployment(ENGINES[name], Path(folder), stop) as place:
            steps.begin(f"{name}: as fast as taken")
            source = partial(
                Source,
                place.webhook,
                Settings().whatsapp_phone_number_id,
                Settings().whatsapp_app_secret,
            )
            send = partial(saturated, at_once=given.at_once)
            await _in_thread(stop, partial(send, source(given.size), 20))
            many = await _in_thread(stop, partial(send, source(given.size), given.deliveries))
            alone = await _in_thread(stop, partial(send, source(1), given.singles))
            steps.begin(f"{name}: peers")
            found = {
                "batches": _told(many),
                "singles": _told(alone),
                **await _beside(place, name, given, stop),
            }
            if name == "postgresql":
                (node,) = place.databases.values()
                found["version"] = node.version
            steps.begin(f"{name}: while a worker works")
            place.supervisor.release("worker-1")
            await unless(stop, place.supervisor.up("worker-1"))
            pace = partial(steady, source(given.size), given.rate, given.seconds)
            found["steady"] = _told(await _in_thread(stop, partial(pace, _STEADY_CONNECTIONS)))
            found["answered_meanwhile"] = place.book.read_text("utf-8").count('"k": "send"')
    found["ratio_to_plain"] = round(found["batches"]["per_second"] / found["plain_per_second"], 2)
    return found


async def _beside(
    place: Place, name: str, given: argparse.Namespace, stop: asyncio.Event
) -> Document:
    """The inbox by itself, and the peers, in the same database or, of SQLite, on the same disk."""
    url = place.environment.get("SEVA_DATABASE_URL") or f"sqlite:///{place.book.parent}/p.sqlite"
    policy = load_policy(ROOT / "data" / "whatsapp.yml")
    inbox = open_inbox(State(database_url=DatabaseUrl(url)), policy)
    try:
        rate = await kept(inbox, deliveries(given.deliveries, given.size), given.at_once)
    finally:
        await inbox.close()
    messages = [one for some in deliveries(given.plain, 1) for one in some]
    plainly: float = await _in_thread(stop, partial(plain, url, messages))
    found = {
        "inbox_per_second": round(rate),
        "plain_per_second": round(plainly),
    }
    if name == "postgresql":
        some = deliveries(max(1, given.plain // given.size), given.size)
        jobs = partial(deferred, url, some, given.at_once)
        one_by_one, in_batches = await _in_thread(stop, jobs)
        found |= {
            "procrastinate_per_second": round(one_by_one),
            "procrastinate_batch_per_second": round(in_batches),
        }
    return found


def _told(sent: Sent) -> Document:
    p50, p99, longest = 1000 * np.percentile(sent.took, [50, 99, 100])
    return {
        "deliveries": len(sent.took),
        "per_second": round(sent.per_second),
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
        "longest_ms": round(float(longest), 1),
        "refused": sent.refused,
    }


async def _listens(port: int) -> None:
    """Waits until somebody does."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def _own_limit(given: argparse.Namespace, stop: asyncio.Event) -> Document:
    """What the sender reaches where nothing is done with its deliveries."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", trivial.__name__, str(port)], cwd=ROOT)
    url = f"http://127.0.0.1:{port}/"
    try:
        await unless(stop, _listens(port))
        found = {}
        for name, size, count in (
            ("batches", given.size, given.deliveries),
            ("singles", 1, given.singles),
        ):
            source = Source(url, "1", "secret", size)
            sent = await _in_thread(stop, partial(saturated, source, count, given.at_once))
            found[name] = round(sent.per_second)
        return found
    finally:
        server.terminate()
        server.wait()


async def _run(given: argparse.Namespace) -> Document:
    stop, found = stop_event(), {}
    names = [name for name in ENGINES if given.engine in ("both", name)]
    if database.PROGRAMS is None and "postgresql" in names:
        names.remove("postgresql")
    busy = given.deliveries * given.size / PER_SECOND
    expected: dict[str, float] = {"The sender's own limit": busy}
    for name in names:
        expected |= {
            f"{name}: starting": _START_S,
            f"{name}: as fast as taken": 2 * busy,
            f"{name}: peers": 2 * busy,
            f"{name}: while a worker works": _START_S / 2 + given.seconds,
        }
    with Steps(expected, quiet=given.json) as steps:
        steps.begin("The sender's own limit")
        found["sender"] = await _own_limit(given, stop)
        for name in names:
            found[name] = await _measured(name, given, stop, steps)
    return found


def lines(found: Document) -> Iterator[str]:
    """The table."""
    asked, own = found["asked"], found["sender"]
    yield (
        f"deliveries of {asked['size']} messages over HTTP, {asked['at_once']} at once, signed, "
        "with fsync before the 200"
    )
    yield (
        f"the sender alone, to a server that does nothing: {own['batches']} messages/s, with one "
        f"in each delivery {own['singles']}"
    )
    for name in ENGINES:
        if name not in found:
            continue
        one = found[name]
        many, alone, pace = one["batches"], one["singles"], one["steady"]
        plainly = one["plain_per_second"]
        reached = "reached" if many["per_second"] >= PER_SECOND else "missed"
        yield ""
        yield f"{name} {one.get('version', '')}"
        yield (
            f"  over HTTP {many['per_second']} messages/s (wanted {PER_SECOND}: {reached}), a "
            f"delivery {many['p50_ms']} ms (p99 {many['p99_ms']}), {many['refused']} refused"
        )
        yield f"  one message in each delivery: {alone['per_second']} messages/s"
        reached = "reached" if pace["p99_ms"] <= P99_MS else "missed"
        yield (
            f"  {asked['rate']:g} messages/s while a worker works: the 200 after {pace['p50_ms']} "
            f"ms, p99 {pace['p99_ms']} ms (wanted {P99_MS:g}: {reached}), longest "
            f"{pace['longest_ms']}; sent {pace['per_second']}/s, {pace['refused']} refused, "
            f"{one['answered_meanwhile']} answered meanwhile"
        )
        yield f"  the inbox alone: {one['inbox_per_second']} messages/s"
        yield (
            f"  peer, a plain INSERT and commit each: {plainly} messages/s; over HTTP to it: "
            f"{one['ratio_to_plain']} times"
        )
        if name == "postgresql":
            each, batch = one["procrastinate_per_second"], one["procrastinate_batch_per_second"]
            yield (
                f"  peer, Procrastinate: a defer each {each} messages/s "
                f"({many['per_second'] / each:.2f} times), a batch for each delivery {batch} "
                f"({many['per_second'] / batch:.2f} times)"
            )


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark ingest`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark ingest",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--deliveries", type=int, default=1000, help="how many")
    parser.add_argument("--size", type=int, default=40, help="messages in each")
    parser.add_argument("--singles", type=int, default=2000, help="deliveries of one message")
    parser.add_argument("--at-once", type=int, default=8, help="deliveries under way together")
    parser.add_argument("--plain", type=int, default=2000, help="messages of the peers")
    parser.add_argument("--rate", type=float, default=1000, help="messages a second, steadily")
    parser.add_argument("--seconds", type=float, default=30, help="of these")
    parser.add_argument("--folder", type=Path, help="where its files lie (default: temporary)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if min(given.deliveries, given.size, given.singles, given.at_once, given.plain) < 1:
        parser.error("numbers are from 1")
    facts: dict[str, Any] = machine()
    try:
        found = {"machine": facts, "asked": vars(given), **asyncio.run(_run(given))}
    except RuntimeError as problem:
        print(problem, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, indent=2, default=str))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
