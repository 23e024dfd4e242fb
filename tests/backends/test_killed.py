"""A worker that is killed in the middle of a turn: the backend gets one answer, in its place."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backends.conftest import Backend, say
from tests.backends.worker import REACHED
from tests.processes import ROOT

pytestmark = pytest.mark.slow  # processes are started and killed


@contextmanager
def worker(folder: Path, url: str, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.backends.worker", str(folder), url, kind]
    with open(folder / f"{kind}.log", "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def test_a_worker_that_is_killed_in_a_turn_loses_and_doubles_nothing(
    backend: Backend, tmp_path: Path
) -> None:
    url = backend.settings.database_url
    with backend.client() as client:
        for number in (1, 2):
            assert say(client, "c", number, wait=0).status_code == 202
        with worker(tmp_path, url, "hang") as first:
            end = time.monotonic() + 120
            while not (tmp_path / REACHED).exists():
                assert first.poll() is None, (tmp_path / "hang.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.02)
            first.send_signal(signal.SIGKILL)
            first.wait(30)
        assert client.get("/c/messages").json()["replies"] == []
        with worker(tmp_path, url, "go"):
            end = time.monotonic() + 120  # it has to start first
            while say(client, "c", 2, wait=30).json()["state"] == "waiting":
                assert time.monotonic() < end, (tmp_path / "go.log").read_text()
        told = client.get("/c/messages").json()["replies"]
    assert [(one["in_reply_to"], one["text"]) for one in told] == [
        ("m-1", "echo text 1"),
        ("m-2", "echo text 2"),
    ]
