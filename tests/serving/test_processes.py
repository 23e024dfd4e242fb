"""Real processes: shared port, restart, refusal, an orderly end and a violent one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from api.processes import check_free, listen
from tests.processes import ROOT, free_port

pytestmark = pytest.mark.slow  # processes are spawned and killed


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def answers(port: int, tries: int = 24) -> set[int]:
    """Ids of the processes that answer; empty while nobody listens."""
    found = set()
    for _ in range(tries):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                found.add(int(connection.recv(16)))
        except (OSError, ValueError):
            continue
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def little_server(port: int, mode: str = "serve") -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.serving.little_server", str(port), mode]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("mode", ["serve", "away"])
def test_both_answer_and_a_dead_one_is_replaced(mode: str) -> None:
    """Also where the address is away for a while: the other goes on alone."""
    port = free_port()
    with little_server(port, mode):
        until(lambda: len(answers(port)) == 2)
        victim, other = answers(port)
        os.kill(victim, signal.SIGKILL)
        until(lambda: not alive(victim) and len(answers(port) - {victim}) == 2)
        assert other in answers(port)


def test_sigterm_ends_all() -> None:
    port = free_port()
    with little_server(port) as server:
        until(lambda: len(answers(port)) == 2)
        pids = answers(port)
        server.terminate()
        assert server.wait(30) == 0
        assert not any(map(alive, pids))


def test_sigterm_is_waited_for_and_a_second_one_is_not() -> None:
    """Each process finishes its own requests; whoever asks twice wants no more of that."""
    port = free_port()
    with little_server(port, "drain") as server:
        until(lambda: len(answers(port)) == 2)
        pids = answers(port)
        server.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(1)
        assert answers(port) == pids
        server.terminate()
        assert server.wait(30) == 0
        assert not any(map(alive, pids))


def test_nobody_outlives_a_killed_supervisor() -> None:
    """The port would stay taken, by processes that nobody looks after."""
    port = free_port()
    with little_server(port) as server:
        until(lambda: len(answers(port)) == 2)
        pids = answers(port)
        server.kill()
        until(lambda: not any(map(alive, pids)))


def test_who_refuses_to_start_ends_all() -> None:
    with little_server(free_port(), "refuse") as server:
        assert server.wait(60) == 1


def test_a_port_of_another_server_is_not_shared() -> None:
    """SO_REUSEPORT alone would let two servers have it, each with half of the messages."""
    port = free_port()
    check_free("127.0.0.1", port)
    with listen("127.0.0.1", port) as other:
        other.listen()
        with pytest.raises(OSError):
            check_free("127.0.0.1", port)
