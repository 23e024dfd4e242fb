"""HTTP load from one process, the same for every server measured, cheap beside the server.

Closed loop: each client sends its next message when the last is answered; it finds the throughput.
Open loop: messages arrive by themselves (Poisson) at a given rate, and the time of each counts from
its arrival, waiting included; it finds the latency that people see. The client speaks HTTP/1.1 over
plain sockets, because an HTTP library would take more of the cores than some of the servers.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

Body = Callable[[str], dict[str, Any]]
CONNECTIONS = 32  # of the open loop


@dataclass(frozen=True)
class Target:
    """Where to send messages, and how."""

    url: str
    headers: dict[str, str]
    body: Body

    def request(self, text: str) -> bytes:
        """The whole HTTP request for one message."""
        parts = urlsplit(self.url)
        body = json.dumps(self.body(text), ensure_ascii=False).encode()
        head = {"Host": parts.netloc, **self.headers, "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST {parts.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@dataclass(frozen=True)
class Measured:
    """Milliseconds per message, and messages per second."""

    took_ms: tuple[float, ...]
    per_second: float

    def percentile(self, percent: int) -> float:
        """Milliseconds within which `percent` of the messages were answered."""
        if len(self.took_ms) < 2:
            return round(self.took_ms[0], 2)
        return round(statistics.quantiles(self.took_ms, n=100, method="inclusive")[percent - 1], 2)


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._buffer = bytearray()
        self._answered: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def connection_lost(self, error: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(RuntimeError(f"{self._url} closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)
        if len(rest) < length or self._answered is None:
            return
        self._buffer.clear()
        status = lines[0].split()[1].decode()
        if status == "200":
            self._answered.set_result(None)
        else:
            self._answered.set_exception(RuntimeError(f"{self._url} answered {status}"))

    async def ask(self, request: bytes) -> None:
        """Returns when the whole answer is there. Raises RuntimeError unless its status is 200."""
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answered

    def close(self) -> None:
        """Ends it."""
        if self._transport is not None:
            self._transport.close()


async def _connect(url: str, count: int) -> list[_Connection]:
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Connection(url), parts.hostname, parts.port)
        for _ in range(count)
    ]
    return [connection for _, connection in made]


async def _closed(target: Target, texts: Sequence[str], clients: int, seconds: float) -> Measured:
    requests = [target.request(text) for text in texts]
    connections = await _connect(target.url, clients)
    took: list[float] = []
    at = 0
    began = time.perf_counter()

    async def client(connection: _Connection) -> None:
        nonlocal at
        while (sent := time.perf_counter()) < began + seconds:
            request, at = requests[at % len(requests)], at + 1
            await connection.ask(request)
            took.append((time.perf_counter() - sent) * 1000)

    await asyncio.gather(*(client(connection) for connection in connections))
    elapsed = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return Measured(tuple(took), round(len(took) / elapsed, 1))


async def _open(target: Target, texts: Sequence[str], rate: float, seconds: float) -> Measured:
    requests = [target.request(text) for text in texts]
    free = deque(await _connect(target.url, CONNECTIONS))
    connections = list(free)
    chance = random.Random(0)
    waiting: deque[tuple[float, bytes]] = deque()
    took: list[float] = []
    under_way: set[asyncio.Task[None]] = set()

    async def serve(connection: _Connection) -> None:
        while waiting:
            arrived, request = waiting.popleft()
            await connection.ask(request)
            took.append((time.perf_counter() - arrived) * 1000)
        free.append(connection)

    began = due = time.perf_counter()
    sent = 0
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        arrived = time.perf_counter()  # a timer of the client may be a millisecond late
        waiting.append((arrived, requests[sent % len(requests)]))
        sent += 1
        if free:
            task = asyncio.create_task(serve(free.popleft()))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        due += chance.expovariate(rate)
    await asyncio.gather(*under_way)
    elapsed = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return Measured(tuple(took), round(sent / elapsed, 1))


def closed_loop(target: Target, texts: Sequence[str], clients: int, seconds: float) -> Measured:
    """`clients` that each send their next message when the last is answered."""
    return _run(_closed(target, texts, clients, seconds))


def open_loop(target: Target, texts: Sequence[str], rate: float, seconds: float) -> Measured:
    """`rate` messages a second, whether the earlier ones are answered or not."""
    return _run(_open(target, texts, rate, seconds))


def _run(work: Any) -> Measured:
    import uvloop

    loop = uvloop.new_event_loop()
    try:
        measured: Measured = loop.run_until_complete(work)
        return measured
    finally:
        loop.close()
