"""A body that stands still ends its request."""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.slow_senders import SlowSenders
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.served import served

PATIENCE = 0.4
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer right-key\r\n{more}\r\n\r\n"
)
FORM = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\nOggS'
STALLED = {
    "parse": ("/v1/parse", "Content-Length: 500", b'{"text"'),
    "nothing at all": ("/v1/parse", "Content-Length: 500", b""),
    "chunked": ("/v1/parse", "Transfer-Encoding: chunked", b'7\r\n{"text"\r\n'),
    "batch": ("/v1/parse/batch", "Content-Length: 500", b'{"texts"'),
    "voice": (
        "/v1/parse/voice",
        "Content-Length: 500\r\nContent-Type: multipart/form-data; boundary=b",
        FORM,
    ),
    "webhook": ("/webhooks/whatsapp", "Content-Length: 500", b'{"object"'),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("slow")
    given = Settings(
        var_dir=folder,
        models_dir=folder / "models",
        api_keys="right-key",
        body_seconds=PATIENCE,
        internal_port=0,
    )
    app = create_app(given, FakeUnderstanding(), FakeSpeech(), catalogue=CATALOGUE)
    with served(app, http="httptools") as url:
        port = urlsplit(url).port
        assert port
        yield "127.0.0.1", port


def answer_of(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body until the server closes the connection."""
    raw = b""
    while more := sock.recv(65536):
        raw += more
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize("name", STALLED)
def test_a_body_that_stands_still_gets_408_and_the_connection_ends(
    address: tuple[str, int], name: str
) -> None:
    """Each such request held a connection and its memory for as long as the sender liked."""
    path, more, part = STALLED[name]
    with socket.create_connection(address, timeout=60) as sock:
        sock.sendall(HEAD.format(path=path, more=more).encode() + part)
        status, headers, body = answer_of(sock)
    problem = json.loads(body)
    assert (status, problem["type"]) == (408, "/problems/too-slow")
    assert f"for {PATIENCE:g} seconds" in problem["detail"]
    assert headers["connection"] == "close" and "x-request-id" in headers


async def test_each_piece_of_a_body_may_take_as_long_as_the_first() -> None:
    """A phone on a bad network: longer in all than the longest silence. What comes after the body
    is the end of the connection, whenever that is."""
    began, untils = list[float](), list[float]()

    async def receive() -> Message:
        untils.append(anyio.current_effective_deadline())
        return {"type": "http.request", "body": b"{", "more_body": len(untils) < 3}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(4):
            await anyio.sleep(0.02)  # a clock may stand still for as long as a call takes
            began.append(anyio.current_time())
            await receive()

    async def send(_: Message) -> None:
        """Nothing is sent."""

    await SlowSenders(app, 60)({"type": "http"}, receive, send)
    assert all(until >= start + 60 for start, until in zip(began, untils))
    assert untils[3] == math.inf
