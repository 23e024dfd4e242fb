"""Limits over time, counted in a database so that several processes share them.

A window opens with the first event and is over after the limit's seconds; the next event opens
another. One row for each name and limit, however many events there are. Callers hold a write
transaction, so two of them never count the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.storage.database import Statements, Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS windows (
    name TEXT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
    since DOUBLE PRECISION NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (name, seconds)
) $by_key;
CREATE INDEX IF NOT EXISTS windows_age ON windows (since);
"""


@dataclass(frozen=True)
class Limit:
    """At most so many events in so many seconds."""

    most: int
    seconds: float


@dataclass(frozen=True)
class Window:
    """What was counted since the window opened, in seconds since 1970."""

    limit: Limit
    since: float
    count: int

    @property
    def is_over_limit(self) -> bool:
        """Whether there were more than the limit allows."""
        return self.count > self.limit.most

    def left(self, now: float) -> float:
        """Seconds until it is over."""
        return max(0.0, self.since + self.limit.seconds - now)


def add(
    db: Statements, name: str, limits: Sequence[Limit], now: float, cost: int = 1
) -> list[Window]:
    """Counts an event against each limit, also beyond it."""
    windows = []
    for limit in limits:
        since, before = _open(db, name, limit, now)
        windows.append(Window(limit, since, before + cost))
        db.execute(
            "INSERT INTO windows (name, seconds, since, count) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (name, seconds) DO UPDATE SET since = excluded.since, "
            "count = excluded.count",
            (name, limit.seconds, since, before + cost),
        )
    return windows


def spend(
    db: Statements, name: str, limits: Sequence[Limit], now: float, cost: int = 1
) -> Window | None:
    """Counts an event against each limit; or against none, where one has no place left, and gives
    back the window that is over last. An event that costs more than is left may still have it, so
    that none is too large for ever."""
    open_now = [(limit, *_open(db, name, limit, now)) for limit in limits]
    full = [Window(*window) for window in open_now if window[2] >= window[0].most]
    if full:
        return max(full, key=lambda window: window.left(now))
    add(db, name, limits, now, cost)
    return None


def sweep(db: Transaction, longest: float, now: float, most: int = 1000) -> int:
    """Forgets windows older than `longest` seconds, at most `most` at once; how many it were."""
    old = db.execute(
        "DELETE FROM windows WHERE (name, seconds) IN "
        f"(SELECT name, seconds FROM windows WHERE since < ? LIMIT ? {db.skip_locked})",
        (now - longest, most),
    )
    return old.rowcount


def _open(db: Statements, name: str, limit: Limit, now: float) -> tuple[float, int]:
    """Begin and count of the window that an event falls into; a clock set back opens a new one."""
    row = db.execute(
        "SELECT since, count FROM windows WHERE name = ? AND seconds = ?", (name, limit.seconds)
    ).fetchone()
    if row is None or not 0 <= now - row[0] < limit.seconds:
        return now, 0
    return row[0], row[1]
