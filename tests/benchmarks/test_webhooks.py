"""The sender of `seva benchmark ingest`: Seva takes what it sends, and its times are true."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.whatsapp.payload import HEADER, is_signed, read_delivery
from benchmarks.upheaval.lines import FAILURES, Lines
from benchmarks.webhooks.bodies import Source
from benchmarks.webhooks.sender import saturated, steady

PAUSE_S = 0.2


class Webhook(ThreadingHTTPServer):
    """Remembers what it gets; answers `status`, the first `slow` deliveries after a pause."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.slow, self.closes, self.opened = 200, 0, False, 0
        self.got: list[tuple[bytes, str]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/webhooks/whatsapp"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Webhook

    def setup(self) -> None:
        """A connection."""
        super().setup()
        self.server.opened += 1

    def do_POST(self) -> None:
        """A delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((body, self.headers[HEADER]))
        if len(self.server.got) <= self.server.slow:
            time.sleep(PAUSE_S)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        if self.server.closes:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_message_is_new_signed_and_readable(webhook: Webhook) -> None:
    sent = saturated(Source(webhook.url, "1098", "secret", 5), 12, 3)
    assert len(sent.took) == 12 and sent.refused == 0 and sent.per_second > 0
    assert all(is_signed(body, header, "secret") for body, header in webhook.got)
    read = [read_delivery(json.loads(body)) for body, _ in webhook.got]
    assert [one.skipped for one in read] == [0] * 12
    messages = [message for one in read for message in one.messages]
    assert len({one.message_id for one in messages}) == len(messages) == 60
    assert {one.phone_number_id for one in messages} == {"1098"}
    assert {one.kind for one in messages} == {"text"}
    assert len({one.citizen for one in messages}) == 8  # 8 messages of each


def test_a_delivery_counts_from_when_it_was_due(webhook: Webhook) -> None:
    """Those that wait behind a slow one have waited, although they were sent late."""
    webhook.slow = 1
    sent = steady(Source(webhook.url, "1098", "secret", 1), rate=200, seconds=0.5, at_once=1)
    assert len(sent.took) == len(webhook.got) > 20
    assert max(sent.took) > PAUSE_S
    assert sum(took > PAUSE_S / 4 for took in sent.took) > 5


def test_what_is_refused_is_counted(webhook: Webhook) -> None:
    webhook.status = 503
    assert saturated(Source(webhook.url, "1098", "secret", 2), 6, 2).refused == 6


def test_a_connection_that_breaks_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="closed a connection"):
        saturated(Source("http://127.0.0.1:1/", "1098", "secret", 1), 1, 1)


async def test_lines_are_kept_and_opened_anew_where_the_server_closed_them(
    webhook: Webhook,
) -> None:
    lines = Lines(webhook.url, within_s=30)
    opened = webhook.opened
    for _ in range(3):
        assert await lines.post(b"{}", {HEADER: "-"}) == 200
    assert webhook.opened == opened + 1
    webhook.closes = True
    for _ in range(2):
        assert await lines.post(b"{}", {HEADER: "-"}) == 200
    assert webhook.opened == opened + 2
    lines.close()


async def test_an_answer_that_does_not_come_is_a_failure(webhook: Webhook) -> None:
    webhook.slow = 1
    lines = Lines(webhook.url, within_s=PAUSE_S / 4)
    with pytest.raises(FAILURES):
        await lines.post(b"{}", {HEADER: "-"})
    lines.close()
