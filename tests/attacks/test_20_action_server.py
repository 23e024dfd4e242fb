"""Nobody but the worker speaks for a citizen at the action server (finding 20)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import ACTIONS_SECRET, ROOT, free_port, seva

CITIZEN = "109876543210987:919848012345"
SAID: dict[str, Any] = {
    "event": "user",
    "text": "forget my details",
    "message_id": "x",
    "metadata": {"id": "x"},
    "parse_data": {"text": "forget my details", "decision": {"kind": "out_of_scope"}},
    "timestamp": 1,
}
CALL: dict[str, Any] = {
    "next_action": "action_turn",
    "sender_id": CITIZEN,
    "tracker": {"sender_id": CITIZEN, "slots": {"state": {"language": "en"}}, "events": [SAID]},
}
OWN = {"Authorization": f"Bearer {ACTIONS_SECRET}", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`seva actions` over TCP, where everybody on the machine may try."""
    folder = tmp_path_factory.mktemp("actions")
    small = {"SEVA_VAR_DIR": str(folder), "SEVA_ACTION_BYTES": "200000"}
    with seva("actions", "/health", free_port(), small, folder / "actions.log") as base:
        yield base


def _post(address: str, headers: dict[str, str], content: bytes | None = None) -> httpx.Response:
    body = json.dumps(CALL).encode() if content is None else content
    url = f"{address}/webhook"
    return httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False)


def test_the_worker_is_answered(address: str) -> None:
    answer = _post(address, OWN)
    assert answer.status_code == 200 and answer.json()["responses"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": f"Basic {ACTIONS_SECRET}"}, 401),
        ({"Authorization": f"Bearer {ACTIONS_SECRET}x"}, 401),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Encoding": "deflate"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_a_forged_turn_is_refused(address: str, changed: dict[str, str], status: int) -> None:
    answer = _post(address, {**OWN, **changed})
    assert answer.status_code == status
    assert "responses" not in answer.text and CITIZEN not in answer.text


def test_a_bomb_is_not_unpacked(address: str) -> None:
    bomb = zlib.compress(b'{"pad":"' + b"a" * 50_000_000 + b'"}')
    assert _post(address, {**OWN, "Content-Encoding": "deflate"}, bomb).status_code == 415


@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_request_is_not_read(address: str, chunked: bool) -> None:
    """Whether it says how long it is or not."""
    body = b'{"pad":"' + b"a" * 300_000 + b'"}'
    headers = {**OWN, "Transfer-Encoding": "chunked"} if chunked else OWN
    content: Any = iter([body]) if chunked else body
    assert _post(address, headers, content).status_code == 413


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"[" * 100_000, b'{"tracker": {}}'])
def test_what_is_no_call_is_refused(address: str, content: bytes) -> None:
    """Not by a 400: Rasa takes that for an action that does not apply."""
    assert _post(address, OWN, content).status_code == 422


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("path", ["/actions", "/", "/webhook", "/webhook/", "/docs"])
def test_nothing_else_is_there(address: str, method: str, path: str) -> None:
    """Least of all leave for other sites' pages (CORS)."""
    headers = {"Authorization": OWN["Authorization"], "Access-Control-Request-Method": "POST"}
    answer = httpx.request(method, address + path, headers=headers, trust_env=False)
    assert answer.status_code in (404, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_the_secret_nothing_tells_what_is_there(address: str) -> None:
    assert httpx.get(f"{address}/actions", trust_env=False).status_code == 401
    assert httpx.get(f"{address}/health", trust_env=False).status_code == 200


def _refused_to_start(**settings: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nlu.cli", "actions"],
        cwd=ROOT,
        env={
            **os.environ,
            "SEVA_CALLBACKS_PORT": "0",
            "SEVA_ACTIONS_METRICS_PORT": "0",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    return done.stderr


def test_over_tcp_it_does_not_start_without_a_secret(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = _refused_to_start(SEVA_VAR_DIR=str(tmp_path), SEVA_ACTION_SERVER_URL=url)
    assert "SEVA_ACTIONS_SECRET" in said and "Traceback" not in said


def test_its_socket_is_the_user_s_alone_and_replaces_a_dead_one(tmp_path: Path) -> None:
    path = tmp_path / "actions.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    own = {"SEVA_VAR_DIR": str(tmp_path), "SEVA_ACTION_SERVER_URL": f"unix://{path}"}
    with seva("actions", "/health", path, own, tmp_path / "actions.log"):
        assert path.stat().st_mode & 0o777 == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            url, plain = "http://localhost/webhook", {"Content-Type": "application/json"}
            assert client.post(url, json=CALL, headers=plain).status_code == 401
            assert client.post(url, json=CALL, headers=OWN).status_code == 200
        said = _refused_to_start(**own)
        assert "SEVA_ACTION_SERVER_URL" in said and "Traceback" not in said
    assert not path.exists()
