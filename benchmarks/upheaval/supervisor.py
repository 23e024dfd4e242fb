"""Runs Seva's processes as a service manager would: what dies is started again after a pause.

It also takes them away: `kill -9`, a stop as of a machine that hangs, and a death that lasts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.machine import family
from benchmarks.upheaval.facts import Kill, Outage

ROOT = Path(__file__).resolve().parents[2]
_LOOK_EVERY_S = 0.2
_START_S = 900.0
_STOP_S = 20.0


@dataclass
class Process:
    """A command that is to run, and the address that tells when it does."""

    name: str
    command: Sequence[str]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    socket: Path | None = None
    """The file that it listens at, where it has no port."""
    first: bool = False
    """The others need it to start."""
    cores: str = ""
    """Those that it may run on, as `taskset` takes them; empty: all."""
    program: Sequence[str] = (sys.executable, "-m")
    """What takes the command."""
    running: subprocess.Popen[bytes] | None = None
    due: float = 0.0
    """When it may be started again."""
    held: bool = False
    """It is kept down."""
    stopped: bool = False
    up: bool = False
    died: list[float] = field(default_factory=list)
    """Kills after which it has not answered yet."""


class Supervisor:
    """The processes of a run, their deaths and absences."""

    def __init__(self, processes: Sequence[Process], logs: Path, pause_s: float) -> None:
        self.processes = {one.name: one for one in processes}
        self.kills: list[Kill] = []
        self.outages: list[Outage] = []
        self._logs, self._pause = logs, pause_s
        self._ending = False
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def start(self) -> None:
        """All that are not held, one after the other, until each answers. Raises RuntimeError."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for name, process in self.processes.items():
            uds = str(process.socket) if process.socket else None
            transport = httpx.AsyncHTTPTransport(uds=uds, verify=False)
            self._clients[name] = httpx.AsyncClient(transport=transport, timeout=2)
        until = time.monotonic() + _START_S
        wanted = [one for one in self.processes.values() if not one.held]
        for process in sorted(wanted, key=lambda one: not one.first):
            self._spawn(process)
            while process.first and not await self._answers(process):
                if time.monotonic() > until or process.running is None or process.running.poll():
                    raise RuntimeError(f"{process.name} did not start: {self._tail(process)}")
                await asyncio.sleep(0.2)
        while not all([await self._answers(one) for one in wanted]):
            for process in wanted:
                if process.running is None or process.running.poll() is not None:
                    raise RuntimeError(f"{process.name} did not start: {self._tail(process)}")
            if time.monotonic() > until:
                raise RuntimeError(f"not ready after {_START_S:.0f} s; see {self._logs}")
            await asyncio.sleep(0.2)
        for process in wanted:
            process.up = True
        self._watching = asyncio.create_task(self._watch())

    @property
    def all_up(self) -> bool:
        """Whether every process answers."""
        return all(one.up and not one.held and not one.stopped for one in self.processes.values())

    def kill(self, name: str) -> bool:
        """`kill -9` of a process and its children; False if there is none just now."""
        process = self.processes[name]
        if process.running is None or process.running.poll() is not None:
            return False
        process.died.append(time.time())
        process.up = False
        self._end(process)
        return True

    async def away(self, name: str, kind: str, seconds: float) -> None:
        """An outage: `stopped` leaves the process as it is and answers nobody, `dead` kills it and
        keeps it down."""
        process, begin = self.processes[name], time.time()
        if kind == "dead":
            self.hold(name)
        else:
            process.stopped = True
            self._signal(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.outages.append(Outage(kind, name, begin, time.time()))
            process.stopped = False
            self.release(name)
            self._signal(process, signal.SIGCONT)

    def hold(self, name: str) -> bool:
        """Kills a process and keeps it down; False if there was none just now."""
        self.processes[name].held = True
        return self.kill(name)

    def release(self, name: str) -> None:
        """It may be started again, at once."""
        process = self.processes[name]
        process.held, process.due = False, 0.0

    async def up(self, name: str, within_s: float = _START_S) -> None:
        """Waits until a process answers. Raises RuntimeError."""
        process, until = self.processes[name], time.monotonic() + within_s
        while not process.up:
            if time.monotonic() > until:
                raise RuntimeError(
                    f"{name} is not up after {within_s:.0f} s: {self._tail(process)}"
                )
            await asyncio.sleep(_LOOK_EVERY_S / 2)

    async def restart(self, name: str) -> float:
        """Asks a process to end and waits until its successor answers; seconds. Raises
        RuntimeError."""
        process, began = self.processes[name], time.monotonic()
        before, until = process.running, began + _START_S
        self.signal(name, signal.SIGTERM)
        while process.running is before:
            if time.monotonic() > until:
                raise RuntimeError(f"{name} did not end within {_START_S:.0f} s")
            await asyncio.sleep(_LOOK_EVERY_S / 2)
        await self.up(name)
        return time.monotonic() - began

    def signal(self, name: str, which: signal.Signals) -> None:
        """To the process itself, as a service manager does."""
        process = self.processes[name]
        if process.running is not None:
            process.running.send_signal(which)

    def pid(self, name: str) -> int | None:
        """Of a process that runs."""
        process = self.processes[name]
        return process.running.pid if process.running else None

    async def stop(self) -> None:
        """Asks all to end, then insists."""
        self._ending = True
        if hasattr(self, "_watching"):
            self._watching.cancel()
        running = [one for one in self.processes.values() if one.running]
        for process in reversed(running):
            self._signal(process, signal.SIGCONT)
            self._signal(process, signal.SIGTERM)
        until = time.monotonic() + _STOP_S
        for process in running:
            while process.running and process.running.poll() is None and time.monotonic() < until:
                await asyncio.sleep(0.1)
            self._end(process)
        for process in running:
            self.kills += [Kill(at, process.name, float("inf")) for at in process.died]
        for client in self._clients.values():
            await client.aclose()

    async def _watch(self) -> None:
        while not self._ending:
            for process in self.processes.values():
                if process.running is None or process.running.poll() is not None:
                    process.up = False
                    if process.running is not None:
                        process.running, process.due = None, time.monotonic() + self._pause
                    if not process.held and time.monotonic() >= process.due:
                        self._spawn(process)
                elif not process.up and not process.stopped and await self._answers(process):
                    process.up = True
                    now = time.time()
                    self.kills += [Kill(at, process.name, now) for at in process.died]
                    process.died.clear()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _spawn(self, process: Process) -> None:
        with open(self._logs / f"{process.name}.log", "ab") as log:
            pinned = ("taskset", "-c", process.cores) if process.cores else ()
            process.running = subprocess.Popen(
                [*pinned, *process.program, *process.command],
                cwd=ROOT,
                env={**os.environ, **process.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def _answers(self, process: Process) -> bool:
        try:
            return (await self._clients[process.name].get(process.ready)).status_code == 200
        except httpx.HTTPError:
            return False

    def _end(self, process: Process) -> None:
        """With all that descend from it: those of PostgreSQL are in groups of their own."""
        lives = process.running is not None and process.running.poll() is None
        descend = family(process.running.pid) if process.running is not None and lives else []
        self._signal(process, signal.SIGKILL)
        for pid in descend:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if process.running is not None:
            process.running.wait()

    @staticmethod
    def _signal(process: Process, which: signal.Signals) -> None:
        """To the process and its children."""
        if process.running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.running.pid, which)

    def _tail(self, process: Process) -> str:
        log = (self._logs / f"{process.name}.log").read_text("utf-8", "replace")
        return "\n".join(log.splitlines()[-15:])
