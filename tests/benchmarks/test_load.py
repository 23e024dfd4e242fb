"""The load of `seva benchmark parse`, against a small server that counts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.load import Measured, Target, closed_loop, open_loop
from benchmarks.machine import family, resident_mb

TEXTS = ["కరెంటు బిల్లు", "karentu billu", "बिजली का बिल", "bijli ka bill", "power bill"]


@dataclass
class Counter:
    """Answers every request after `delay` seconds; remembers texts and requests at a time."""

    status: str = "200 OK"
    delay: float = 0.0
    port: int = 0
    texts: list[str] = field(default_factory=list)
    at_once: int = 0
    most: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.texts.append(json.loads(await reader.readexactly(length))["text"])
                self.at_once += 1
                self.most = max(self.most, self.at_once)
                await asyncio.sleep(self.delay)
                self.at_once -= 1
                answer = f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\n"
                writer.write(answer.encode())
                await asyncio.sleep(0)
                writer.write(b"{}")  # the body in a packet of its own
        except asyncio.IncompleteReadError:
            writer.close()


@pytest.fixture
def counter() -> Iterator[Counter]:
    counted = Counter()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(counted.serve, "127.0.0.1", 0))
    counted.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield counted
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def target(counter: Counter) -> Target:
    return Target(f"http://127.0.0.1:{counter.port}/parse", {"X": "1"}, lambda t: {"text": t})


def test_clients_of_the_closed_loop_keep_one_request_each_under_way(counter: Counter) -> None:
    counter.delay = 0.01
    measured = closed_loop(target(counter), TEXTS, 3, 0.5)
    assert counter.most == 3
    assert len(measured.took_ms) == len(counter.texts)
    assert set(counter.texts) == set(TEXTS)


def test_messages_of_the_open_loop_do_not_wait_for_answers(counter: Counter) -> None:
    """A slow server gets no fewer of them."""
    counter.delay = 0.2
    measured = open_loop(target(counter), TEXTS, 50, 1.0)
    assert counter.most > 3
    assert len(measured.took_ms) == len(counter.texts) > 25


def test_an_answer_other_than_200_ends_the_measurement(counter: Counter) -> None:
    counter.status = "503 Service Unavailable"
    with pytest.raises(RuntimeError, match="answered 503"):
        closed_loop(target(counter), TEXTS, 1, 0.5)


def test_percentiles() -> None:
    measured = Measured(tuple(float(n) for n in range(101)), 1.0)
    assert (measured.percentile(50), measured.percentile(99)) == (50.0, 99.0)


def test_memory_is_that_of_the_whole_family() -> None:
    import os
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in family(os.getpid())
        assert len(resident_mb(os.getpid())) >= 2
        child.communicate(b"\n")
