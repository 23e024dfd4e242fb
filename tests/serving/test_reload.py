"""SIGHUP: one process after the other is replaced, and nobody who sends notices."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.serving.test_draining import Server, readiness, serving
from tests.serving.whole_server import BROKEN, DYING

pytestmark = pytest.mark.slow  # processes are started and ended


def until(true: Callable[[], bool], server: Server) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end and server.process.poll() is None, server.log.read_text()
        time.sleep(0.05)


def events(server: Server) -> list[str]:
    """What the log told so far, in order."""
    lines = server.log.read_text("utf-8").splitlines()
    return [json.loads(line).get("event", "") for line in lines if line.startswith("{")]


def pids(server: Server) -> set[str]:
    """The processes that answer; each request on a new connection."""
    found = set()
    for _ in range(24):
        with server.client() as client:
            found.add(client.post("/v1/parse", json={"text": "bill"}).json()["model"])
    return found


def send(server: Server, stop: threading.Event) -> tuple[set[int], int]:
    """The statuses of all answers on connections that are kept, and how many were closed."""
    statuses, closed = set(), 0
    with server.client() as client:
        while not stop.is_set():
            answer = client.post("/v1/parse", json={"text": "bill"})
            statuses.add(answer.status_code)
            closed += answer.headers.get("connection") == "close"
            time.sleep(0.001)
    return statuses, closed


def look(server: Server, stop: threading.Event) -> set[int]:
    """What a load balancer is told of readiness."""
    found = set()
    while not stop.is_set():
        found.add(readiness(server.public))
        time.sleep(0.02)
    return found


def test_reload_replaces_all_and_loses_nobody(tmp_path: Path) -> None:
    """Not even a connection that waits in the line of a process which listens no more."""
    stop = threading.Event()
    with serving(tmp_path, 1, processes=2) as server, ThreadPoolExecutor(9) as pool:
        until(lambda: len(pids(server)) == 2, server)
        old = pids(server)
        clients = [pool.submit(send, server, stop) for _ in range(8)]
        balancer = pool.submit(look, server, stop)
        try:
            server.ask_to_stop(signal.SIGHUP)
            until(lambda: "reload_ended" in events(server), server)
        finally:
            stop.set()
        assert {frozenset(one.result(30)[0]) for one in clients} == {frozenset({200})}
        assert sum(one.result(30)[1] for one in clients) > 0
        assert balancer.result(30) == {200}
        assert len(pids(server)) == 2 and not pids(server) & old
        assert "process_died" not in events(server)


@pytest.mark.parametrize("fault", [BROKEN, DYING])
def test_reload_ends_where_a_successor_does_not_get_ready(fault: str, tmp_path: Path) -> None:
    with serving(tmp_path, 1, processes=2) as server:
        until(lambda: len(pids(server)) == 2, server)
        old = pids(server)
        (tmp_path / fault).touch()
        server.ask_to_stop(signal.SIGHUP)
        until(lambda: "reload_failed" in events(server), server)
        time.sleep(0.5)
        assert pids(server) == old
        assert events(server).count("reload_failed") == 1
        (tmp_path / fault).unlink()
        server.ask_to_stop(signal.SIGHUP)
        until(lambda: "reload_ended" in events(server), server)
        assert not pids(server) & old
