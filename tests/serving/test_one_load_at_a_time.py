"""Processes of one machine load a promoted release one after the other, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nlu.live import _OTHERS_FIRST as WAITS
from tests.processes import ROOT

pytestmark = pytest.mark.slow  # processes are started and ended
_LONGEST_S = 60.0


class Machine:
    """Real processes of `release_process`, and the one folder that they share."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self._folder, self._ends = folder, ends
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.promote("m1")

    def promote(self, release: str) -> None:
        draft = self._folder / "draft"
        draft.write_text(release)
        os.replace(draft, self._folder / "live")

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "tests.serving.release_process", str(self._folder), name]
        process = self.processes[name] = subprocess.Popen(command, cwd=ROOT)
        self._ends.callback(process.wait)
        self._ends.callback(process.kill)

    def let_end(self, release: str, name: str) -> None:
        (self._folder / f"end-{release}-{name}").touch()

    def told(self) -> list[str]:
        log = self._folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def until(self, *lines: str) -> None:
        """Waits for all of these lines."""
        end = time.monotonic() + _LONGEST_S
        while not set(lines) <= set(self.told()):
            assert time.monotonic() < end, (lines, self.told())
            time.sleep(0.02)

    def one_of(self, what: str) -> str:
        """Who was the first to tell that."""
        end = time.monotonic() + _LONGEST_S
        while True:
            for line in self.told():
                name, _, told = line.partition(" ")
                if told == what:
                    return name
            assert time.monotonic() < end, (what, self.told())
            time.sleep(0.02)

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code."""
        self.processes[name].terminate()
        return self.processes[name].wait(_LONGEST_S)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as ends:
        yield Machine(tmp_path, ends)


def exchange(machine: Machine) -> tuple[str, str]:
    """Two processes serve `m1` and are told of `m2`: who loads it, and who waits."""
    for name in ("a", "b"):
        machine.start(name)
    machine.until("a serves m1: well", "b serves m1: well")
    machine.promote("m2")
    first = machine.one_of("loads m2")
    second = {"a": "b", "b": "a"}[first]
    machine.until(f"{second} serves m1: {WAITS}")
    return first, second


def test_one_loads_while_the_other_serves_and_says_that_it_waits(machine: Machine) -> None:
    first, second = exchange(machine)
    assert f"{second} loads m2" not in machine.told()
    machine.let_end("m2", first)
    machine.until(f"{first} serves m2: well", f"{second} loads m2")
    told = machine.told()
    assert told.index(f"{first} serves m2: well") < told.index(f"{second} loads m2")
    machine.let_end("m2", second)
    machine.until(f"{second} serves m2: well")


def test_the_next_one_goes_on_where_one_is_killed_while_it_loads(machine: Machine) -> None:
    first, second = exchange(machine)
    machine.processes[first].send_signal(signal.SIGKILL)
    machine.until(f"{second} loads m2")
    machine.let_end("m2", second)
    machine.until(f"{second} serves m2: well")


def test_who_serves_nothing_waits_for_nobody(machine: Machine) -> None:
    """It is not held up by those that exchange, nor they by it."""
    _, second = exchange(machine)
    machine.start("c")
    machine.until("c loads m2")
    machine.let_end("m2", "c")
    machine.until("c serves m2: well")
    assert f"{second} loads m2" not in machine.told()


def test_a_process_that_loads_or_waits_ends_when_it_is_asked_to(machine: Machine) -> None:
    """Neither load is ever allowed to end."""
    first, second = exchange(machine)
    assert machine.stop(second) == 0
    assert machine.stop(first) == 0
    assert {f"{first} ends", f"{second} ends"} <= set(machine.told())
