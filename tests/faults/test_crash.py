"""Our process is killed between sending a write and its answer."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .permits.place import Place, directory

pytestmark = pytest.mark.asyncio
ROOT = Path(__file__).parents[2]


def start(place: Place, operation: str) -> subprocess.Popen[str]:
    """A process of its own that makes the write."""
    arguments = [str(place.folder), place.url, operation, "k-1"]
    environment = {**os.environ, "SEVA_VAR_DIR": str(place.folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.permits.caller", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


async def until(met: Callable[[], bool]) -> None:
    """Wait for something that other threads and processes do."""
    for _ in range(3000):
        if met():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in 30 s")


async def killed_on_its_way(place: Place, operation: str, done: bool = True) -> None:
    """The whole write arrives, and its sender dies before the answer; neither waits in vain.

    `done`: the department carries it out. Its headers alone (`posts`) come before its body: a
    sender that dies in between has sent nothing.
    """
    directory(place.folder, place.url, **{"read: 0.8, total: 3": "read: 20, total: 60"})
    process = start(place, operation)
    await until(lambda: bool(place.permits.done if done else place.permits.posts))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    place.fault("none")


async def settled_by_another(place: Place, operation: str) -> str:
    """What a new process says of the same request."""
    process = start(place, operation)
    out, _ = await asyncio.to_thread(process.communicate)
    return out.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("applyPermit", "ok None N-1"),
        ("fileObjection", "ok None N-1"),
        ("orderSurvey", "accepted None N-1"),
    ],
)
async def test_write_that_arrived_is_found_and_not_sent_again(
    place: Place, operation: str, said: str
) -> None:
    place.fault("timeout_after_commit", times=1)
    await killed_on_its_way(place, operation)
    assert await settled_by_another(place, operation) == said
    assert len(place.permits.posts) == len(place.permits.done) == 1


async def test_write_that_was_lost_is_sent_again(place: Place) -> None:
    place.fault("late", delay_s=3600, times=1)  # taken, but never done
    await killed_on_its_way(place, "applyPermit", done=False)
    assert await settled_by_another(place, "applyPermit") == "ok None N-1"
    assert len(place.permits.done) == 1


async def test_write_that_nobody_can_be_asked_about_is_not_sent_again(place: Place) -> None:
    place.fault("timeout_after_commit", times=1)
    await killed_on_its_way(place, "sendNotice")
    assert await settled_by_another(place, "sendNotice") == "unavailable unsure None"
    assert len(place.permits.done) == 1


async def test_what_the_citizen_told_is_not_readable_in_the_journal(place: Place) -> None:
    place.fault("timeout_after_commit", times=1)
    await killed_on_its_way(place, "applyPermit")
    kept = b"".join(file.read_bytes() for file in place.folder.glob("journal.sqlite*"))
    assert b"department_writes" in kept
    assert not [private for private in (b"919848012345", b"12/3", b"k-1") if private in kept]
