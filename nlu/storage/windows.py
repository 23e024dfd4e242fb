"""Limits over time, counted in a database so that several processes share them.

A window opens with the first event and is over after the limit's seconds; the next event opens
another. One row for each name and limit, however many events there are. Callers hold a write
transaction, so two of them never count the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlu.storage.database import Statements, Transaction, marks

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
    db: Statements, names: Sequence[str], limits: Sequence[Limit], now: float, cost: int = 1
) -> list[list[Window]]:
    """Counts an event of each name, which may stand there several times, against each limit, also
    beyond it; the windows of each event as they are after it."""
    open_now = _open(db, names, limits, now)
    events = []
    for name in names:
        windows = [replace(w, count=w.count + cost) for w in open_now[name]]
        open_now[name] = windows
        events.append(windows)
    rows = [(name, w.limit.seconds, w.since, w.count) for name in open_now for w in open_now[name]]
    if rows:
        db.execute(
            "INSERT INTO windows (name, seconds, since, count) "
            f"VALUES {', '.join(['(?, ?, ?, ?)'] * len(rows))} "
            "ON CONFLICT (name, seconds) DO UPDATE SET since = excluded.since, "
            "count = excluded.count",
            [value for row in rows for value in row],
        )
    return events


def spend(
    db: Statements, name: str, limits: Sequence[Limit], now: float, cost: int = 1
) -> Window | None:
    """Counts an event against each limit; or against none, where one has no place left, and gives
    back the window that is over last. An event that costs more than is left may still have it, so
    that none is too large for ever."""
    full = [one for one in _open(db, [name], limits, now)[name] if one.count >= one.limit.most]
    if full:
        return max(full, key=lambda window: window.left(now))
    add(db, [name], limits, now, cost)
    return None


def sweep(db: Transaction, longest: float, now: float, most: int = 1000) -> int:
    """Forgets windows older than `longest` seconds, at most `most` at once; how many it were."""
    old = db.execute(
        "DELETE FROM windows WHERE (name, seconds) IN "
        f"(SELECT name, seconds FROM windows WHERE since < ? LIMIT ? {db.skip_locked})",
        (now - longest, most),
    )
    return old.rowcount


def _open(
    db: Statements, names: Sequence[str], limits: Sequence[Limit], now: float
) -> dict[str, list[Window]]:
    """The windows that an event of each name falls into; a clock set back opens a new one."""
    kept = dict.fromkeys(names)
    which = f"SELECT name, seconds, since, count FROM windows WHERE name IN ({marks(len(kept))})"
    rows = db.execute(which, list(kept)).fetchall() if kept else []
    there = {(name, seconds): (since, count) for name, seconds, since, count in rows}
    return {
        name: [_window(limit, there.get((name, limit.seconds)), now) for limit in limits]
        for name in kept
    }


def _window(limit: Limit, row: tuple[float, int] | None, now: float) -> Window:
    if row is None or not 0 <= now - row[0] < limit.seconds:
        return Window(limit, now, 0)
    return Window(limit, *row)
