"""What the health endpoint of a worker tells, also while its event loop hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from api.heartbeat import HealthServer, Heartbeat


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heartbeat(clock: Clock) -> Heartbeat:
    return Heartbeat(30, clock)


@pytest.fixture
def server(heartbeat: Heartbeat) -> Iterator[HealthServer]:
    registry = CollectorRegistry()
    Counter("seva_turns", "x", registry=registry).inc()
    made = HealthServer(heartbeat, registry, "127.0.0.1", 0)
    yield made
    made.close()


def get(server: HealthServer, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=60, trust_env=False)


def state(server: HealthServer) -> tuple[int, int, Any]:
    """Of being alive and of being ready, and what is told."""
    live, ready = get(server, "/health/live"), get(server, "/health/ready")
    return live.status_code, ready.status_code, ready.json()


def test_a_loop_that_beats_is_well(
    server: HealthServer, heartbeat: Heartbeat, clock: Clock
) -> None:
    for _ in range(10):
        clock.now += 20
        heartbeat.beat()
    heartbeat.turn()
    clock.now += 5
    live, ready, told = state(server)
    assert (live, ready) == (200, 200)
    assert (told["status"], told["silence_s"], told["last_turn_s"]) == ("ok", 5, 5)


def test_a_loop_without_a_beat_is_hung(
    server: HealthServer, heartbeat: Heartbeat, clock: Clock
) -> None:
    """And well again with the next one."""
    clock.now += 31
    live, ready, told = state(server)
    assert (live, ready, told["status"]) == (503, 503, "hung")
    assert "seva_loop_silence_seconds 31.0" in get(server, "/metrics").text
    heartbeat.beat()
    assert state(server)[:2] == (200, 200)


@pytest.mark.parametrize(("stops", "ready"), [(True, 503), (False, 200)])
def test_a_trouble_is_told_until_it_is_over(
    server: HealthServer, heartbeat: Heartbeat, clock: Clock, stops: bool, ready: int
) -> None:
    """From its first time on, however often it is said; one that stops nobody is only told."""
    for _ in range(3):
        heartbeat.trouble("actions", "not reached", stops=stops)
        clock.now += 5
    live, found, told = state(server)
    assert (live, found) == (200, ready)
    assert told["troubles"] == {"actions": {"what": "not reached", "for_s": 15, "stops": stops}}
    assert 'seva_trouble_seconds{name="actions"} 15.0' in get(server, "/metrics").text
    heartbeat.trouble("actions", "")
    heartbeat.trouble("never", "")
    assert state(server)[1:] == (200, {**told, "status": "ok", "troubles": {}})


def test_other_measures_and_other_paths(server: HealthServer) -> None:
    assert "seva_turns_total 1.0" in get(server, "/metrics").text
    assert get(server, "/health").status_code == 404


def test_a_taken_port_is_told(server: HealthServer, heartbeat: Heartbeat) -> None:
    with pytest.raises(OSError):
        HealthServer(heartbeat, CollectorRegistry(), "127.0.0.1", server.port)


def test_a_loop_that_hangs_is_found_out(
    server: HealthServer, heartbeat: Heartbeat, clock: Clock
) -> None:
    """The worker's metrics used to answer as if all was well: their thread never asked the loop."""
    go_on, hangs = threading.Event(), threading.Event()

    async def work() -> None:
        keeping = asyncio.create_task(heartbeat.keep())
        await asyncio.sleep(0)  # it waits for its next beat
        hangs.set()
        go_on.wait(60)  # a call that does not end, on the loop
        while heartbeat.silence:
            await asyncio.sleep(0.02)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    loop = threading.Thread(target=lambda: asyncio.run(work()), daemon=True)
    loop.start()
    try:
        assert hangs.wait(60)
        clock.now += 31
        assert state(server)[:2] == (503, 503)
    finally:
        go_on.set()
    loop.join(60)
    live, ready, told = state(server)
    assert (live, ready, told["lag_s"]) == (200, 200, 30.5)


@pytest.mark.parametrize("path", ["/metrics", "/health/ready"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8781", "127.0.0.1.evil.example"])
def test_page_whose_name_was_pointed_here_reads_nothing(
    server: HealthServer, path: str, host: str
) -> None:
    url = f"http://127.0.0.1:{server.port}{path}"
    foreign = httpx.get(url, headers={"Host": host}, timeout=60, trust_env=False)
    assert foreign.status_code == 421
    for own in ("localhost:8781", "127.0.0.1", "[::1]:8781", "10.0.0.7:8781"):
        answer = httpx.get(url, headers={"Host": own}, timeout=60, trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
