"""A log whose process is killed with SIGKILL, again and again."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.transparency.log import Log
from actions.transparency.merkle import leaf_hash, verify_consistency, verify_inclusion
from tests.processes import ROOT
from tests.transparency.test_log import ORIGIN, contents, signed

KILLS = 6


@contextmanager
def appender(folder: Path, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose entries count from `number`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transparency.appender", str(folder), str(number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill_after(process: subprocess.Popen[bytes], lines: int) -> dict[int, bytes]:
    """Entries by index that the process had acknowledged when it was killed."""
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    process.wait()
    found = [line.split() for line in [*said, *rest] if line.endswith(b"\n")]
    return {int(index): bytes.fromhex(data.decode()) for index, data in found}


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    Log.open(folder, origin=ORIGIN).close()
    chance = random.Random(6)
    acknowledged: dict[int, bytes] = {}
    earlier = signed(Log.open(folder)).checkpoint
    for kill in range(KILLS):
        with appender(folder, kill * 10**6) as process:
            acknowledged |= kill_after(process, chance.randrange(1, 1500))
        log = Log.open(folder)
        held = contents(log)
        assert {index: held[index] for index in acknowledged} == acknowledged
        now = signed(log).checkpoint
        assert now.size == len(held)
        proof = log.consistency_proof(earlier.size)
        assert verify_consistency(earlier.size, now.size, earlier.root, now.root, proof)
        last = max(acknowledged)
        path = log.inclusion_proof(last)
        assert verify_inclusion(leaf_hash(held[last]), last, now.size, path, now.root)
        earlier = now
        log.close()
    assert len(acknowledged) > KILLS


def test_two_processes_append_side_by_side_and_one_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = Log.open(folder, origin=ORIGIN)
    with appender(folder, 0) as one, appender(folder, 10**6) as other:
        killed = kill_after(one, 600)
        mine = log.append(b"mine")
        went_on = kill_after(other, 1200)
    held = contents(log)
    assert not set(killed) & set(went_on)
    told = {**killed, **went_on, mine: b"mine"}
    assert {index: held[index] for index in told} == told
