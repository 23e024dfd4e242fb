"""Several processes serve one port. Each has its own listener; the kernel distributes connections.

Each place among them has sockets of its own (SO_REUSEPORT), on which its process listens when it
can answer, so no connection is lost if a process starts. The supervisor keeps the sockets as long
as the process lives: in a reload its successor listens on the same ones, and answers what waits in
their line. Processes are spawned, never forked, because onnxruntime and TensorFlow do not survive
a fork. They share only files: the inbox (SQLite in WAL mode), the model registry, and the counts
for `/metrics`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as first_of
from multiprocessing.process import BaseProcess
from pathlib import Path

from nlu.log import describe, get_logger

log = get_logger(__name__)
COUNTS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set before prometheus_client is imported
_SPAWN = multiprocessing.get_context("spawn")
_LOOK_EVERY = 0.2
_YOUNG = 30.0  # seconds; a process that refuses to start ends within them
_REFUSED = (1, 3)  # exit codes of `serve_command` and of uvicorn for "cannot start"
_WAITS = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)

_HANDED_OVER = "handed over"

Serve = Callable[[bool, Connection, Sequence[socket.socket]], None]
Listeners = Callable[[], Sequence[socket.socket]]


@dataclass
class Running:
    """A process, and the line to it, which closes when the supervisor dies. It tells on it once
    whether it is ready, and is told when it has handed over to its successor."""

    process: BaseProcess
    life: Connection
    until: float = 0.0  # it is killed then, if it was asked to leave

    def ready(self) -> bool | None:
        """What it told; None while it is silent, and False if it died."""
        with suppress(EOFError, OSError):
            return bool(self.life.recv()) if self.life.poll() else None
        return False

    def end(self) -> None:
        """Kills it unless it has ended, and forgets it."""
        self.process.kill()
        self.process.join()
        self.life.close()
        forget_counts(self.process.pid)


@dataclass
class Member:
    """One place among the processes, and the process that has it now."""

    number: int
    running: Running | None = None
    listeners: Sequence[socket.socket] = ()
    began: float = 0.0
    due: float = 0.0
    falls: int = 0

    def fell(self, now: float) -> None:
        """It is started again later, each time after a longer wait."""
        self.due = now + _WAITS[min(self.falls, len(_WAITS) - 1)]
        self.falls += 1


class Processes:
    """Keeps `count` processes alive until it is asked to stop.

    `serve(load_first, life, listeners)` runs in each process; it must be importable, listens on
    what `listeners` gave, and tells `life` whether it is ready. `load_first` is false for one of
    them, which listens at once. If a process refuses to start, all end. A process that dies later
    is started again, after a wait that grows with each death.

    SIGHUP replaces one process after the other, each by a successor that is ready; if one does not
    get ready, the reload ends and the others stay as they are.
    """

    def __init__(self, count: int, serve: Serve, listeners: Listeners, stop_s: float) -> None:
        self._members = [Member(number) for number in range(count)]
        self._serve, self._listeners, self._stop_s = serve, listeners, stop_s
        self._asked_to_stop, self._asked_to_reload = 0, False
        self._old: deque[Member] = deque()  # whose process is still to be replaced
        self._coming: tuple[Member, Running] | None = None
        self._leaving: Running | None = None

    def run(self) -> int:
        """Serves until SIGTERM or Ctrl-C, and returns the exit code. A second one ends it at
        once."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._ask_to_stop())
        signal.signal(signal.SIGHUP, lambda *_: self._ask_to_reload())
        try:
            while not self._asked_to_stop:
                for member in self._members:
                    if not self._look_after(member):
                        return 1
                self._reload()
                alive = [one.process for one in self._all() if one.process.is_alive()]
                first_of([process.sentinel for process in alive], _LOOK_EVERY)
            return 0
        finally:
            self._end_all()

    def _ask_to_stop(self) -> None:
        self._asked_to_stop += 1

    def _ask_to_reload(self) -> None:
        self._asked_to_reload = True

    def _all(self) -> list[Running]:
        """Every process that was started and not forgotten yet."""
        found = [member.running for member in self._members]
        found += [self._coming[1] if self._coming else None, self._leaving]
        return [one for one in found if one is not None]

    def _look_after(self, member: Member) -> bool:
        """Starts or restarts a process. False if it cannot be started at all."""
        now = time.monotonic()
        if self._coming is not None and self._coming[0] is member:
            return True  # its successor comes
        if member.running is not None:
            code = member.running.process.exitcode
            if code is None:
                if member.falls and now - member.began > _YOUNG:
                    member.falls = 0
                return True
            member.running.end()
            _close(member)
            if code in _REFUSED and now - member.began < _YOUNG and not member.falls:
                return False
            log.error("process_died", number=member.number, code=code)
            member.running = None
            member.fell(now)
        if now >= member.due:
            self._start(member)
        return True

    def _start(self, member: Member) -> None:
        member.began = time.monotonic()
        try:
            member.listeners = self._listeners()
        except OSError as error:  # the others go on, and the address may come back
            if not member.falls:
                raise
            log.error("process_not_started", number=member.number, error=describe(error))
            member.fell(member.began)
            return
        member.running = self._spawn(member, load_first=member.number > 0 or member.falls > 0)

    def _spawn(self, member: Member, *, load_first: bool) -> Running:
        theirs, life = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=self._serve,
            args=(load_first, theirs, member.listeners),
            name=f"serve-{member.number}",
        )
        process.start()
        theirs.close()
        return Running(process, life)

    def _reload(self) -> None:
        """The next step of a reload, if there is one to take now."""
        if self._asked_to_reload:
            self._asked_to_reload = False
            self._old = deque(self._members)
            log.info("reload_began", processes=len(self._members))
        if self._leaving is not None:
            if self._leaving.process.is_alive() and time.monotonic() < self._leaving.until:
                return
            self._leaving.end()
            self._leaving = None
            if not self._old:
                log.info("reload_ended")
        if self._coming is not None:
            self._hand_over(*self._coming)
        elif self._old and self._old[0].running is None:
            self._old.popleft()  # it died, and is started anew in any case
        elif self._old:
            member = self._old.popleft()
            self._coming = member, self._spawn(member, load_first=True)

    def _hand_over(self, member: Member, successor: Running) -> None:
        """Gives the place to the successor once it is ready."""
        ready = successor.ready()
        if ready is None:
            return
        self._coming = None
        if not ready:
            self._old.clear()
            log.error("reload_failed", number=member.number, code=successor.process.exitcode)
            successor.end()
            return
        self._leaving, member.running = member.running, successor
        member.began, member.falls = time.monotonic(), 0
        if self._leaving is not None:
            self._leaving.until = time.monotonic() + self._stop_s
            with suppress(OSError):  # it is gone already
                self._leaving.life.send(_HANDED_OVER)

    def _end_all(self) -> None:
        for member in self._members:
            _close(member)  # nobody would answer what comes once its process listens no more
        running = self._all()
        for one in running:
            one.process.terminate()
        until = time.monotonic() + self._stop_s
        for one in running:
            while one.process.is_alive() and self._asked_to_stop < 2 and time.monotonic() < until:
                one.process.join(_LOOK_EVERY)
        for one in running:
            one.end()


def _close(member: Member) -> None:
    for sock in member.listeners:
        sock.close()
    member.listeners = ()


def end_with(life: Connection, handed_over: Callable[[], None]) -> None:
    """Stops this process when the supervisor is gone, however it ended. Calls `handed_over` in a
    thread when a successor has its listeners."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal sends it to all, not to the one

    def wait() -> None:
        with suppress(EOFError, OSError):
            while life.recv() == _HANDED_OVER:
                handed_over()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="supervisor-watch", daemon=True).start()


def listen(host: str, port: int) -> socket.socket:
    """A socket on a port that other processes of this server also use; it does not listen yet."""
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
