"""`seva shadow` as it is started: it waits for a candidate, and ends when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, free_port

pytestmark = pytest.mark.slow


def test_without_a_candidate_it_waits_and_ends(tmp_path: Path) -> None:
    port = free_port()
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SEVA_VAR_DIR": str(tmp_path),
        "SEVA_MODELS_DIR": str(tmp_path / "models"),
        "SEVA_SHADOW_METRICS_PORT": str(port),
    }
    command = [sys.executable, "-m", "nlu.cli", "shadow"]
    process = subprocess.Popen(command, env=environ, cwd=ROOT)
    try:
        until = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < until
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        assert answer.status_code == 200 and answer.json()["troubles"] == {}
        told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert "seva_shadow_waiting" in told and "seva_ready 1.0" in told
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "seva.sqlite").mkdir()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SEVA_VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "nlu.cli", "shadow"]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.strip()
