"""A body that stands still ends its request, over a real connection."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE
from tests.served import served

PATIENCE = 0.4
BODY = json.dumps({"text": FIVE["te"]}, ensure_ascii=False).encode()
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
    with socket.create_connection(address, timeout=10) as sock:
        began = time.monotonic()
        sock.sendall(HEAD.format(path=path, more=more).encode() + part)
        status, headers, body = answer_of(sock)
        took = time.monotonic() - began
    problem = json.loads(body)
    assert (status, problem["type"]) == (408, "/problems/too-slow")
    assert headers["connection"] == "close" and "x-request-id" in headers
    assert PATIENCE <= took < PATIENCE + 5


def test_a_body_that_goes_on_slowly_is_waited_for(address: tuple[str, int]) -> None:
    """A phone on a bad network: longer in all than the longest silence."""
    head = HEAD.format(path="/v1/parse", more=f"Content-Length: {len(BODY)}\r\nConnection: close")
    parts = 6
    with socket.create_connection(address, timeout=10) as sock:
        began = time.monotonic()
        sock.sendall(head.encode())
        size = -(-len(BODY) // parts)
        for start in range(0, len(BODY), size):
            time.sleep(PATIENCE / 4)
            sock.sendall(BODY[start : start + size])
        status, _, body = answer_of(sock)
        assert time.monotonic() - began > PATIENCE
    assert status == 200 and json.loads(body)["text"] == FIVE["te"]


def test_a_connection_between_requests_is_not_a_slow_body(address: tuple[str, int]) -> None:
    import httpx

    with httpx.Client(base_url=f"http://localhost:{address[1]}", trust_env=False) as client:
        for _ in range(2):
            headers = {"Authorization": "Bearer right-key"}
            answer = client.post("/v1/parse", json={"text": "a"}, headers=headers)
            assert answer.status_code == 200
            time.sleep(PATIENCE * 1.5)
