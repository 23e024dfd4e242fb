"""A test that hangs is red: its stacks are told, what it started is ended, and the run goes on.

pytest-timeout interrupts a test after `timeout` seconds (pyproject.toml), its fixtures included.
What needs more says why: `@pytest.mark.may_take(900, "trains a model of nine services")`. A test
that does not let itself be interrupted (it waits in C code, or catches everything) ends with its
process, `timeout_grace` seconds later; xdist starts another one for the tests that are left.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

NIGHTLY_S = 3600
BEGAN = pytest.StashKey[float]()
STDERR = pytest.StashKey[int]()
INTERRUPTED = "from pytest-timeout"
TICKS = os.sysconf("SC_CLK_TCK")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The patience with what cannot be interrupted."""
    parser.addini("timeout_grace", "seconds until a process is ended that did not end its test")


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the way to the terminal, which a test's own output does not go."""
    config.stash[STDERR] = os.dup(2)
    config.addinivalue_line(
        "markers", "may_take(seconds, reason): what a test may take instead of `timeout`, and why"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Gives a test the time that its mark asks for; a nightly one takes minutes as it is."""
    mark = item.get_closest_marker("may_take")
    if mark is not None:
        seconds, reason = mark.args
        assert reason, f"{item.nodeid}: may_take wants a reason"
        item.add_marker(pytest.mark.timeout(seconds))
    elif item.get_closest_marker("nightly") is not None:
        item.add_marker(pytest.mark.timeout(NIGHTLY_S))


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, None]:
    """Ends this process if the test does not let itself be interrupted."""
    item.stash[BEGAN] = time.clock_gettime(time.CLOCK_BOOTTIME)
    mark = item.get_closest_marker("timeout")
    limit = float(mark.args[0] if mark else item.config.getini("timeout") or 0)
    if limit:
        limit += float(item.config.getini("timeout_grace") or 120)
        faulthandler.dump_traceback_later(limit, exit=True, file=item.config.stash[STDERR])
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Adds the stacks of the other threads to the report of a test that was interrupted, and ends
    the processes that it started."""
    outcome = yield
    if call.excinfo is not None and INTERRUPTED in str(call.excinfo.value):
        report = outcome.get_result()
        report.sections.append(("stacks of the other threads", _stacks()))
        ended = end(lambda pid: _is_below(pid, os.getpid()) and _began(pid) > item.stash[BEGAN])
        report.sections.append(("processes that were ended", "\n".join(ended)))


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(report: pytest.TestReport) -> None:
    """Ends what a process of the tests left behind when it died."""
    worker = report.node.gateway.id  # type: ignore[attr-defined]
    mark = f"PYTEST_XDIST_WORKER={worker}\0".encode()
    run = f"PYTEST_XDIST_TESTRUNUID={report.node.workerinput['testrunuid']}\0".encode()  # type: ignore[attr-defined]

    def is_its_own(pid: int) -> bool:
        told = b"\0" + Path(f"/proc/{pid}/environ").read_bytes() + b"\0"
        return b"\0" + mark in told and b"\0" + run in told

    end(is_its_own)


def end(which: Callable[[int], bool]) -> list[str]:
    """Kills the processes of this machine of which this is true; their command lines."""
    ended = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is not ours to look at
            if int(path.name) != os.getpid() and which(int(path.name)):
                ended[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ")
    for pid in ended:  # only now: the children of one that is gone would be nobody's
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return [f"{pid} {words.decode(errors='replace')[:200]}" for pid, words in ended.items()]


def _fields(pid: int) -> list[str]:
    """The numbers of `/proc/PID/stat` from the third on: after the name, which may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _began(pid: int) -> float:
    """Seconds from the machine's start to the process's, at most a hundredth too late."""
    return (int(_fields(pid)[19]) + 1) / TICKS


def _is_below(pid: int, above: int) -> bool:
    while pid > 1:
        pid = int(_fields(pid)[1])
        if pid == above:
            return True
    return False


def _stacks() -> str:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    mine = threading.get_ident()

    def told() -> Iterator[str]:
        for ident, frame in sys._current_frames().items():
            if ident != mine:
                yield f"{names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"

    return "\n".join(told()) or "there are none"
