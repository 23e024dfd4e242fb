"""Several processes serve one port. Each has its own listener; the kernel distributes connections.

Each process binds the port itself with SO_REUSEPORT when it can answer, so no connection is lost if
a process dies or starts. Processes are spawned, never forked, because onnxruntime and TensorFlow do
not survive a fork. They share only files: the inbox (SQLite in WAL mode), the model registry, and
the counts for `/metrics`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from nlu.log import get_logger

log = get_logger(__name__)
COUNTS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set before prometheus_client is imported
_SPAWN = multiprocessing.get_context("spawn")
_LOOK_EVERY = 0.2
_YOUNG = 30.0  # seconds; a process that refuses to start ends within them
_REFUSED = (1, 3)  # exit codes of `serve_command` and of uvicorn for "cannot start"
_WAITS = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)

Serve = Callable[[bool, Connection], None]


@dataclass
class Member:
    """One place among the processes, and the process that has it now."""

    number: int
    process: BaseProcess | None = None
    life: Connection | None = None  # closed when the supervisor dies
    began: float = 0.0
    due: float = 0.0
    falls: int = 0


class Processes:
    """Keeps `count` processes alive until it is asked to stop.

    `serve(load_first, life)` runs in each process; it must be importable. `load_first` is false for
    one of them, which listens at once. If a process refuses to start, all end. A process that dies
    later is started again, after a wait that grows with each death.
    """

    def __init__(self, count: int, serve: Serve, stop_s: float) -> None:
        self._members = [Member(number) for number in range(count)]
        self._serve, self._stop_s = serve, stop_s
        self._stop = threading.Event()
        self._asked = 0

    def run(self) -> int:
        """Serves until SIGTERM or Ctrl-C, and returns the exit code. A second one ends it at
        once."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._ask_to_stop())
        try:
            while not self._stop.is_set():
                for member in self._members:
                    if not self._look_after(member):
                        return 1
                self._stop.wait(_LOOK_EVERY)
            return 0
        finally:
            self._end_all()

    def _ask_to_stop(self) -> None:
        self._asked += 1
        self._stop.set()

    def _look_after(self, member: Member) -> bool:
        """Starts or restarts a process. False if it cannot be started at all."""
        now = time.monotonic()
        if member.process is not None:
            code = member.process.exitcode
            if code is None:
                if member.falls and now - member.began > _YOUNG:
                    member.falls = 0
                return True
            forget_counts(member.process.pid)
            if code in _REFUSED and now - member.began < _YOUNG and not member.falls:
                return False
            log.error("process_died", number=member.number, code=code)
            member.process = None
            member.due = now + _WAITS[min(member.falls, len(_WAITS) - 1)]
            member.falls += 1
        if now >= member.due:
            self._start(member)
        return True

    def _start(self, member: Member) -> None:
        if member.life is not None:
            member.life.close()
        theirs, member.life = _SPAWN.Pipe(duplex=False)
        member.began = time.monotonic()
        member.process = _SPAWN.Process(
            target=self._serve,
            args=(member.number > 0 or member.falls > 0, theirs),
            name=f"serve-{member.number}",
        )
        member.process.start()
        theirs.close()

    def _end_all(self) -> None:
        running = [m.process for m in self._members if m.process and m.process.is_alive()]
        for process in running:
            process.terminate()
        until = time.monotonic() + self._stop_s
        for process in running:
            while process.is_alive() and self._asked < 2 and time.monotonic() < until:
                process.join(_LOOK_EVERY)
        for process in running:
            process.kill()  # does nothing to those that have ended
            process.join()


def end_with(life: Connection) -> None:
    """Stops this process when the supervisor is gone, however it ended."""

    def wait() -> None:
        try:
            life.recv()
        except EOFError:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="supervisor-watch", daemon=True).start()


def listen(host: str, port: int) -> socket.socket:
    """A socket on a port that other processes of this server also use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named. Without it the body of
    # an answer waits until its head is acknowledged: 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((host, port))
    return sock


def check_free(host: str, port: int) -> None:
    """Raises OSError if another server has the port, which SO_REUSEPORT would hide."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def share_counts(folder: Path) -> None:
    """Lets `/metrics` of each process that is started later add up the counts of all."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[COUNTS_FOLDER] = str(folder)


def forget_counts(pid: int | None) -> None:
    """Removes the gauges of a dead process. Its counters stay."""
    if COUNTS_FOLDER in os.environ and pid is not None:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)
