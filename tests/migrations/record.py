"""Records what a version of Seva says to the inbox's tables, and what it finds there.

Tests play it back on newer tables: so old code is run beside new code without being there. Whoever
adds a pair of steps records the version before it, in a folder of its code:

    git archive COMMIT | tar -x -C /tmp/version && cd /tmp/version
    PYTHONPATH=. python .../tests/migrations/record.py sqlite:////tmp/new.sqlite session.jsonl

A line is a transaction: its phase, and each statement with its values, rows and count.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

KEY = "c2V2YS1taWdyYXRpb24tdGVzdHMtc2VhbGluZy1rZXk="
"""What the rows were sealed with."""
PHASES = ("history", "gateway", "worker")
"""Messages answered, waiting and given up; then one more that comes; then it is answered."""
START = 1_800_000_000.0


class Recorded:
    """What a statement found, as the code reads it."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows


class RecordingTransaction:
    def __init__(self, real: Any, told: list[dict[str, Any]]) -> None:
        self._real, self._told = real, told
        self.for_update, self.skip_locked = real.for_update, real.skip_locked
        self.now = real.now

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Recorded:
        found = self._real.execute(sql, values)
        rows = list(found.fetchall()) if found.description else []
        told = [{name: row[name] for name in row.keys()} for row in rows]  # noqa: SIM118
        one = {"sql": sql, "values": list(values), "rows": told, "count": found.rowcount}
        self._told.append(one)
        return Recorded(rows, found.rowcount)


class RecordingDatabase:
    """Transactions come one after the other, so that they can be played back."""

    def __init__(self, real: Any, phase: Callable[[], str], out: list[dict[str, Any]]) -> None:
        self._real, self._phase, self._out = real, phase, out
        self.now, self.tend, self.close = real.now, real.tend, real.close

    def change(self, work: Callable[[Any], Any]) -> Any:
        told: list[dict[str, Any]] = []
        found = self._real.change(lambda db: work(RecordingTransaction(db, told)))
        self._out.append({"phase": self._phase(), "statements": told})
        return found

    async def run(self, work: Callable[[Any], Any]) -> Any:
        return self.change(work)

    def look(self, query: Callable[[Any], Any]) -> Any:
        return self._real.look(query)

    async def read(self, query: Callable[[Any], Any]) -> Any:
        told: list[dict[str, Any]] = []
        found = self._real.look(lambda db: query(RecordingTransaction(db, told)))
        self._out.append({"phase": self._phase(), "statements": told})
        return found


def open_database(url: str, clock: Callable[[], float]) -> Any:
    """As the version opens it: with its own tables."""
    from api.inbox.schema import TABLES
    from nlu.storage.postgres import PostgresDatabase
    from nlu.storage.sqlite import SqliteDatabase

    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return SqliteDatabase(path, TABLES, window_s=0, clock=clock)
    return PostgresDatabase(url, TABLES, clock=clock)


async def record(url: str) -> list[dict[str, Any]]:
    from api.inbox.store import StoredInbox
    from api.whatsapp.sender import SendFailed
    from tests.inbox.worker_fakes import (
        POLICY,
        Clock,
        FakeEngine,
        FakeWhatsApp,
        make_worker,
        message,
    )

    clock, out, phase = Clock(START), [], [PHASES[0]]
    database = RecordingDatabase(open_database(url, clock), lambda: phase[0], out)
    store = StoredInbox(database, POLICY, lease_s=60, doubt_s=30)  # type: ignore[arg-type]
    whatsapp = FakeWhatsApp()
    worker = make_worker(store, FakeEngine(), whatsapp, clock)
    await store.put([message(1), message(2, citizen="IN.2"), message(3)])
    await worker.drain()
    await store.put([], whatsapp.statuses("delivered"))
    await store.put([message(1), message(4, citizen="IN.3")])  # one is repeated
    dying = make_worker(store, FakeEngine(failures=[RuntimeError()] * 3), whatsapp, clock)
    for _ in range(4):
        await dying.drain()
        clock.now += 30
    whatsapp.troubles = [SendFailed("park", 131047)]
    await store.put([message(5, citizen="IN.4")])
    await worker.drain()
    await store.put([message(6, citizen="IN.5")])  # waits
    await store.tracker(message(1).lane)
    phase[0] = "gateway"
    clock.now += 10
    await store.put([message(7, citizen="IN.6")])
    phase[0] = "worker"
    clock.now += 1
    await worker.drain()
    await store.put([], whatsapp.statuses("read"))
    await store.depth()
    await store.close()
    return out


if __name__ == "__main__":
    os.environ["SEVA_SEALING_KEY"] = KEY
    where, file = sys.argv[1:]
    lines = asyncio.run(record(where))
    Path(file).write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
