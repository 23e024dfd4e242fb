"""A real `seva serve` that is asked to stop, and clients that keep their connections.

It once closed its listener at once, and most of the clients got an error instead of an answer.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from api.drain import Drain, DrainingServer
from tests.processes import ROOT, free_port
from tests.serving.whole_server import ASKED, GO, SLOW

pytestmark = pytest.mark.slow  # a process is started and ended
KEY = {"Authorization": "Bearer right-key"}


@dataclass
class Server:
    """A process, and where it listens."""

    process: subprocess.Popen[bytes]
    public: str
    internal: str
    log: Path

    def client(self) -> httpx.Client:
        """One that keeps its connection."""
        return httpx.Client(base_url=self.public, headers=KEY, timeout=30, trust_env=False)

    def ask_to_stop(self, name: int = signal.SIGTERM) -> None:
        self.process.send_signal(name)


@contextmanager
def serving(folder: Path, drain_seconds: float, processes: int = 1) -> Iterator[Server]:
    ports, log = (free_port(), free_port()), folder / "serve.log"
    words = [*map(str, ports), str(folder), str(drain_seconds), str(processes)]
    with open(log, "wb") as out:
        command = [sys.executable, "-m", "tests.serving.whole_server", *words]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
    server = Server(process, *(f"http://127.0.0.1:{port}" for port in ports), log)
    try:
        until_ready(server)
        yield server
    finally:
        process.kill()
        process.wait(30)


def until_ready(server: Server, status: int = 200) -> None:
    end = time.monotonic() + 60
    while readiness(server.public) != status:
        assert time.monotonic() < end and server.process.poll() is None, server.log.read_text()
        time.sleep(0.02)


def readiness(address: str) -> int:
    """The status, on a connection of its own; 0 where nobody listens, or where the listener went
    before it took a connection that the kernel had made."""
    try:
        return httpx.get(f"{address}/health/ready", trust_env=False).status_code
    except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
        return 0


def send_until_told_to_go(server: Server) -> tuple[set[int], bool]:
    """The statuses of all answers, and whether the last one closed the connection."""
    statuses = set()
    with server.client() as client:
        while True:
            answer = client.post("/v1/parse", json={"text": "bill"})
            statuses.add(answer.status_code)
            if answer.headers.get("connection") == "close":
                return statuses, True
            time.sleep(0.001)


def test_clients_that_keep_their_connections_get_answers_and_are_told_to_go(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, 2) as server, ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(send_until_told_to_go, server) for _ in range(8)]
        time.sleep(0.5)
        server.ask_to_stop()
        assert [one.result(30) for one in clients] == [({200}, True)] * 8
        server.process.wait(30)


def test_readiness_is_gone_while_everything_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path, 60) as server:
        server.ask_to_stop()
        until_ready(server, 503)
        public = httpx.get(f"{server.public}/health/ready", trust_env=False)
        inside = httpx.get(f"{server.internal}/health/ready", trust_env=False)
        assert [one.json()["type"] for one in (public, inside)] == ["/problems/draining"] * 2
        assert public.headers["connection"] == inside.headers["connection"] == "close"
        assert inside.json()["checks"] == {"model": "ok", "inbox": "ok"}
        assert "\nseva_ready 0.0\n" in httpx.get(f"{server.internal}/metrics", trust_env=False).text
        for _ in range(3):  # each on a new connection, for each answer closes its own
            with server.client() as client:
                assert client.post("/v1/parse", json={"text": "bill"}).status_code == 200
                assert client.get("/health/live").status_code == 200


def begin_slowly(server: Server, folder: Path, pool: ThreadPoolExecutor) -> Future[int]:
    """The status of a request that is under way until there is a file `GO`."""

    def ask() -> int:
        with server.client() as client:
            return client.post("/v1/parse", json={"text": SLOW}).status_code

    answer = pool.submit(ask)
    end = time.monotonic() + 60
    while not (folder / ASKED).exists():
        assert time.monotonic() < end and not answer.done(), answer
        time.sleep(0.02)
    return answer


def test_without_a_wait_requests_under_way_are_finished_and_no_more_taken(tmp_path: Path) -> None:
    with serving(tmp_path, 0) as server, ThreadPoolExecutor(1) as pool:
        answer = begin_slowly(server, tmp_path, pool)
        server.ask_to_stop()
        until_ready(server, 0)
        (tmp_path / GO).touch()
        assert answer.result(30) == 200
        server.process.wait(30)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_who_asks_twice_does_not_wait(second: int, tmp_path: Path) -> None:
    """Neither for the load balancer nor for requests under way."""
    with serving(tmp_path, 600) as server, ThreadPoolExecutor(1) as pool:
        answer = begin_slowly(server, tmp_path, pool)
        server.ask_to_stop()
        until_ready(server, 503)
        server.ask_to_stop(second)
        server.process.wait(15)
        assert isinstance(answer.exception(15), httpx.HTTPError)


@pytest.mark.parametrize("alone", [True, False])
def test_one_of_several_is_not_hurried_by_who_signals_all_of_them(alone: bool) -> None:
    """systemd and a terminal signal every process, and then the supervisor does; a process that
    took this for a second wish would break off its requests."""
    config = uvicorn.Config(lambda *_: None)
    server = DrainingServer(config, 5, Drain(), unready=lambda: None, alone=alone)
    for name in (signal.SIGTERM, signal.SIGINT):
        server.handle_exit(name, None)
    assert (server.should_exit, server.force_exit) == (True, alone)
