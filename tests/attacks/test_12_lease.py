"""A lease that is in doubt never gives a message to two turns at once."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from api.inbox.store import StoredInbox
from nlu.turn import Message, Turned
from tests.inbox.worker_fakes import (
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    open_database,
)


class Counting(FakeEngine):
    """Slow; knows how many turns of one message ran at the same time."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.now, self.most = seconds, 0, 0

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now -= 1
        return await super().turn(message, tracker)


@pytest.mark.slow
@pytest.mark.parametrize("failures", [1, 12])
async def test_renewal_that_fails_is_tried_again_or_ends_the_turn(
    tmp_path: Path, failures: int
) -> None:
    engine, whatsapp, stop = Counting(1.5), FakeWhatsApp(), asyncio.Event()
    stores = [
        StoredInbox(open_database(tmp_path / "i.sqlite"), POLICY, lease_s=0.9) for _ in range(2)
    ]
    broken, left = stores[0], [failures]
    real = broken.extend

    async def extend(claim: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise sqlite3.OperationalError("database is locked")
        await real(claim)

    broken.extend = extend  # type: ignore[method-assign]
    await broken.put([message(1)])
    first, second = (make_worker(s, engine, whatsapp, Clock(), lease_s=0.9) for s in stores)
    running = [asyncio.create_task(first.run(stop))]
    await asyncio.sleep(0.2)
    running.append(asyncio.create_task(second.run(stop)))
    for _ in range(800):
        if whatsapp.taken:
            break
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*running)
    assert engine.most == 1
    assert whatsapp.texts() == ["echo text 1"]
    for store in stores:
        await store.close()
