"""What the same database does without lanes, limits, order and all else that a turn needs: a plain
INSERT and a commit for each message, and jobs of Procrastinate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

import procrastinate
import sqlalchemy as sa

from api.whatsapp.payload import Inbound
from nlu.storage.tables import open_engine


def plain(url: str, messages: Sequence[Inbound]) -> float:
    """Messages a second of a commit for each, one after the other."""
    engine = open_engine(url)
    row = sa.text("INSERT INTO plain VALUES (:id, :lane, :body)")
    with engine.begin() as db:
        db.execute(sa.text("DROP TABLE IF EXISTS plain"))
        db.execute(sa.text("CREATE TABLE plain (id TEXT PRIMARY KEY, lane TEXT, body TEXT)"))
    began = time.perf_counter()
    with engine.connect() as db:
        for one in messages:
            db.execute(row, {"id": one.message_id, "lane": one.lane, "body": one.text})
            db.commit()
    rate = len(messages) / (time.perf_counter() - began)
    engine.dispose()
    return rate


def deferred(
    url: str, deliveries: Sequence[Sequence[Inbound]], at_once: int
) -> tuple[float, float]:
    """Messages a second of a job for each message, with the citizen as its lock, and of one batch
    for each delivery, whose jobs can only share a lock and so have none; `at_once` connections."""
    return asyncio.run(_deferred(url, deliveries, at_once))


async def _deferred(
    url: str, deliveries: Sequence[Sequence[Inbound]], at_once: int
) -> tuple[float, float]:
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=at_once, max_size=at_once)
    app = procrastinate.App(connector=connector)

    @app.task(name="turn")
    async def turn(id: str, lane: str, body: str) -> None:
        """Nobody runs it here."""

    async def one_by_one(waiting: Iterator[Inbound]) -> None:
        for one in waiting:
            job = turn.configure(lock=one.lane)
            await job.defer_async(id=one.message_id, lane=one.lane, body=one.text)

    async def in_batches(waiting: Iterator[Sequence[Inbound]]) -> None:
        for some in waiting:
            rows = [{"id": one.message_id, "lane": one.lane, "body": one.text} for one in some]
            await turn.batch_defer_async(*rows)

    count = sum(len(some) for some in deliveries)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        messages = iter([one for some in deliveries for one in some])
        began = time.perf_counter()
        await asyncio.gather(*(one_by_one(messages) for _ in range(at_once)))
        alone = count / (time.perf_counter() - began)
        parts = iter(deliveries)
        began = time.perf_counter()
        await asyncio.gather(*(in_batches(parts) for _ in range(at_once)))
        return alone, count / (time.perf_counter() - began)
