"""A closed-loop HTTP load of a few clients, the same for every server measured."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

Body = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Target:
    """Where to send messages, and how."""

    url: str
    headers: dict[str, str]
    body: Body


async def _client(
    session: aiohttp.ClientSession, target: Target, texts: Sequence[str], until: float
) -> list[float]:
    took = []
    at = 0
    while time.perf_counter() < until:
        body = json.dumps(target.body(texts[at % len(texts)]), ensure_ascii=False).encode()
        began = time.perf_counter()
        async with session.post(target.url, data=body, headers=target.headers) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{target.url} answered {answer.status}")
        took.append((time.perf_counter() - began) * 1000)
        at += 1
    return took


async def _run(target: Target, texts: Sequence[str], clients: int, seconds: float) -> list[float]:
    connector = aiohttp.TCPConnector(limit=clients)
    async with aiohttp.ClientSession(connector=connector) as session:
        until = time.perf_counter() + seconds
        parts = [texts[i::clients] for i in range(clients)]
        took = await asyncio.gather(*(_client(session, target, p, until) for p in parts))
    return [t for one in took for t in one]


def measure(target: Target, texts: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """p50 and p99 in milliseconds and requests per second."""
    took = asyncio.run(_run(target, texts, clients, seconds))
    return {
        "p50_ms": round(statistics.median(took), 2),
        "p99_ms": round(statistics.quantiles(took, n=100)[98], 2),
        "rps": round(len(took) / seconds, 1),
    }
