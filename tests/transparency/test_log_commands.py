"""`seva log`, as departments run it: log, witness and monitor are processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from actions.transparency.log import Log
from tests.processes import ROOT, free_port
from tests.transparency.town import ORIGIN, entries, rewrite

SEVA = [sys.executable, "-m", "nlu.cli", "log"]


def seva(*arguments: object) -> tuple[int, str]:
    done = subprocess.run(
        [*SEVA, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def running(command: list[str], ready: str) -> Iterator[None]:
    """A process until the block ends, once `ready` answers."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < until, command
            try:
                httpx.get(ready, timeout=2)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def log_process(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/log"
    with running(
        [sys.executable, "-m", "tests.transparency.serve_log", str(folder), str(port)],
        f"{url}/checkpoint",
    ):
        yield url


@contextmanager
def witness_process(url: str, folder: Path) -> Iterator[str]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [*SEVA, "witness", "--log", url, "--key", str(folder / "key"), "--state",
               str(folder / "state"), "--name", "treasury.example/witness", "--port", str(port),
               "--every", "3600"]  # fmt: skip
    with running(command, f"{base}/key"):
        yield base


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log.open(tmp_path / "log", origin=ORIGIN)
    made.append_many(entries(600))
    return made


def test_rewrite_is_seen_by_monitor_and_witness_of_other_departments(
    log: Log, tmp_path: Path
) -> None:
    treasury = tmp_path / "treasury"
    watch = ("monitor", "--once", "--state", tmp_path / "audit", "--log")
    with log_process(log.folder.root) as url, witness_process(url, treasury) as witness:
        assert seva("cosign", log.folder.root, "--witness", witness)[0] == 0
        code, told = seva(*watch, url, "--witness", witness)
        assert code == 0 and "good: 600 entries" in told and "treasury.example/witness" in told

        rewrite(log, [*entries(300), b"forged", *entries(400, 301)])
        code, told = seva(*watch, url, "--witness", witness)
        assert code == 1 and "has rewritten its history" in told
        assert "between the entries 256 and 511" in told
        code, told = seva("cosign", log.folder.root, "--witness", witness)
        assert code == 1 and "answered 422" in told
    with log_process(log.folder.root) as url:
        code, told = seva("witness", "--once", "--log", url, "--key", treasury / "key", "--state",
                          treasury / "state")  # fmt: skip
        assert code == 1 and "NOT SIGNED" in told


def test_alarm_is_told_in_telugu(log: Log, tmp_path: Path) -> None:
    watch = ("monitor", "--once", "--state", tmp_path / "audit", "--log", log.folder.root)
    assert seva(*watch)[0] == 0
    rewrite(log, entries(599))
    code, told = seva(*watch, "--language", "te")
    assert code == 1 and "లాగ్ చిన్నదైంది" in told


def test_folder_is_checked_and_entry_is_proved(log: Log, tmp_path: Path) -> None:
    code, told = seva("check", log.folder.root)
    assert code == 0 and "In order: 600 entries" in told
    code, proof = seva("prove", 300, "--log", log.folder.root)
    assert code == 0
    file = tmp_path / "300.tlog-proof"
    file.write_text(proof, "utf-8")
    data = entries(1, 300)[0].hex()
    code, told = seva("verify", file, "--data", data, "--log-key", log.verifier)
    assert (code, told) == (0, f"Proved: entry 300 of the 600 of {ORIGIN}\n")


def test_language_without_words_is_wrong_usage(log: Log, tmp_path: Path) -> None:
    code, told = seva("monitor", "--log", log.folder.root, "--state", tmp_path, "--language", "fr")
    assert code == 2 and "en, hi, te" in told
