"""The clock of a SQLite file: the same for all processes that share the file, and never backwards.

Leases and waits must not follow the wall clock, which people and NTP move: a step back would stall
every lane, a step forward would give a message to two workers. Linux counts the seconds since its
start, the same for all processes (CLOCK_BOOTTIME, clock_gettime(2)); the file keeps what has to be
added to them to be the time of day as it was when the machine's first process opened it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class FileClock:
    """Seconds since 1970, about; made by the process that opens the file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """`db` has the table `clock`."""
        boot = _boot()
        db.execute("BEGIN IMMEDIATE")
        row = db.execute("SELECT boot, shift, seen FROM clock").fetchone()
        if row is not None and row[0] == boot:
            self._shift = float(row[1])
        else:
            now = time_of(row)
            self._shift = now - _since_start()
            db.execute("DELETE FROM clock")
            found = (boot, self._shift, now)
            db.execute("INSERT INTO clock (boot, shift, seen) VALUES (?, ?, ?)", found)
        db.execute("COMMIT")

    def __call__(self) -> float:
        """Now."""
        return _since_start() + self._shift


def time_of(row: Sequence[Any] | None) -> float:
    """The time by a file whose `clock` has this row: boot, shift, seen. After a new start of the
    machine it goes on after what was seen before."""
    if row is None:
        return time.time()
    boot, shift, seen = row
    return _since_start() + float(shift) if boot == _boot() else max(time.time(), seen)


def _boot() -> str:
    """Another one after each start of the machine."""
    return _BOOT.read_text("ascii").strip()


def _since_start() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
