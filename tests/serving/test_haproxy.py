"""deploy/haproxy.cfg: one line for all servers, the free one first, and nothing lost with one."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from benchmarks import behind_haproxy
from tests.processes import free_port

HAPROXY = behind_haproxy.program()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed; run `make system`"),
]


@dataclass
class Server:
    """Answers with its port; a message that says so makes it wait, or break the connection."""

    port: int
    go_on: threading.Event = field(default_factory=threading.Event)
    heard: list[str] = field(default_factory=list)
    breaks: bool = False

    def start(self) -> ThreadingHTTPServer:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers["Content-Length"])).decode()
                owner.heard.append(said)
                if owner.breaks:
                    self.connection.close()
                    self.close_connection = True
                    return
                if said == "wait":
                    owner.go_on.wait(20)
                self.answer()

            def answer(self) -> None:
                body = str(owner.port).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@dataclass
class Balanced:
    """The address of the balancer, and the servers behind it."""

    url: str
    servers: list[Server]

    def parse(self, said: str) -> int:
        """The port of the server that answered."""
        answer = httpx.post(f"{self.url}/parse", content=said, timeout=20, trust_env=False)
        answer.raise_for_status()
        return int(answer.text)


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Balanced]:
    """The shipped configuration on other ports."""
    text = behind_haproxy.CONFIG.read_text("utf-8")
    servers = []
    for port in behind_haproxy.ports(text):
        servers.append(Server(free_port()))
        text = text.replace(f":{port}", f":{servers[-1].port}")
    config = tmp_path / "haproxy.cfg"
    config.write_text(text, "utf-8")
    bind = f"127.0.0.1:{free_port()}"
    running = [server.start() for server in servers]
    assert HAPROXY is not None
    process = subprocess.Popen([HAPROXY, "-f", str(config)], env={"HAPROXY_BIND": bind})
    try:
        _wait(f"http://{bind}/health/ready")
        yield Balanced(f"http://{bind}", servers)
    finally:
        for server in servers:
            server.go_on.set()
        process.terminate()
        process.wait(10)
        for one in running:
            one.shutdown()
            one.server_close()


def _wait(url: str) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < until, "haproxy does not answer"
        time.sleep(0.05)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_messages_go_to_the_server_that_is_free(balanced: Balanced) -> None:
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(balanced.parse, "wait")
        _until(lambda: any("wait" in server.heard for server in balanced.servers))
        busy = next(server for server in balanced.servers if "wait" in server.heard)
        others = {balanced.parse("quick") for _ in range(6)}
        assert busy.port not in others
        busy.go_on.set()
        assert slow.result(20) == busy.port


def test_who_finds_no_free_server_waits_for_the_first(balanced: Balanced) -> None:
    """Both are busy; the third message goes to whoever is done first, though it came to neither."""
    with ThreadPoolExecutor(3) as pool:
        slow = [pool.submit(balanced.parse, "wait") for _ in balanced.servers]
        _until(lambda: all("wait" in server.heard for server in balanced.servers))
        third = pool.submit(balanced.parse, "third")
        time.sleep(0.2)
        assert not third.done()
        first = balanced.servers[1]
        first.go_on.set()
        assert third.result(20) == first.port
        balanced.servers[0].go_on.set()
        assert {one.result(20) for one in slow} == {server.port for server in balanced.servers}


def test_a_server_that_breaks_off_loses_no_message(balanced: Balanced) -> None:
    """The other one answers it."""
    broken, sound = balanced.servers
    broken.breaks = True
    assert {balanced.parse(f"message {i}") for i in range(8)} == {sound.port}
    assert broken.heard, "the broken server was never asked"
