"""Sends deliveries from a process of its own, over plain sockets: an HTTP library would take more
of the processor than the server that is measured."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

import uvloop

from benchmarks.upheaval.lines import FAILURES, Line
from benchmarks.webhooks.bodies import Source

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Sent:
    """Seconds of each delivery until its 200, and messages a second in all."""

    took: Sequence[float]
    per_second: float
    refused: int
    """Deliveries that were not answered 200."""


async def _saturated(source: Source, deliveries: int, at_once: int) -> Sent:
    """Closed loop: `at_once` connections, each sends the next when the last is answered."""
    waiting, took, refused = iter(source.requests(deliveries)), [], 0

    async def sender() -> None:
        nonlocal refused
        line = Line(source.url)
        for request in waiting:
            began = time.perf_counter()
            status = await line.ask(request)
            refused += status != 200
            took.append(time.perf_counter() - began)
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(at_once)))
    elapsed = time.perf_counter() - began
    return Sent(took, deliveries * source.size / elapsed, refused)


async def _steady(source: Source, rate: float, seconds: float, at_once: int) -> Sent:
    """Open loop: `rate` messages a second (Poisson), each delivery from when it was due."""
    chance, due, dues = Random(source.run), 0.0, []
    while due < seconds:
        dues.append(due)
        due += chance.expovariate(rate / source.size)
    requests, took, refused = source.requests(len(dues)), [], 0
    free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
    for _ in range(at_once):
        free.put_nowait(Line(source.url))

    async def deliver(line: Line, at: float, request: bytes) -> None:
        nonlocal refused
        status = await line.ask(request)
        refused += status != 200
        took.append(time.perf_counter() - at)
        free.put_nowait(line)

    began = time.perf_counter()
    under_way = []
    for after, request in zip(dues, requests, strict=True):
        await asyncio.sleep(max(0.0, began + after - time.perf_counter()))
        work = deliver(await free.get(), began + after, request)
        under_way.append(asyncio.create_task(work))
    await asyncio.gather(*under_way)
    elapsed = time.perf_counter() - began
    while not free.empty():
        free.get_nowait().close()
    return Sent(took, len(dues) * source.size / elapsed, refused)


def saturated(source: Source, deliveries: int, at_once: int) -> Sent:
    """As fast as the server takes them. Raises RuntimeError where a connection breaks."""
    return _apart(_run_saturated, source, deliveries, at_once)


def steady(source: Source, rate: float, seconds: float, at_once: int) -> Sent:
    """At their own pace, whether the server keeps up or not. Raises as `saturated`."""
    return _apart(_run_steady, source, rate, seconds, at_once)


def _apart(work: Any, *given: Any) -> Sent:
    with ProcessPoolExecutor(1, mp_context=_SPAWN) as process:
        try:
            sent: Sent = process.submit(work, *given).result()
        except FAILURES as error:
            raise RuntimeError(f"the server closed a connection: {error!r}") from error
        return sent


def _run_saturated(source: Source, deliveries: int, at_once: int) -> Sent:
    return _on_uvloop(_saturated(source, deliveries, at_once))


def _run_steady(source: Source, rate: float, seconds: float, at_once: int) -> Sent:
    return _on_uvloop(_steady(source, rate, seconds, at_once))


def _on_uvloop(work: Coroutine[Any, Any, Sent]) -> Sent:
    loop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
