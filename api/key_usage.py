"""How often API keys with limits were used, counted for one machine in a file or for all machines
in PostgreSQL.

In a file each call is counted by itself. In PostgreSQL a process takes some permits at a time, so
that `/parse` seldom asks the database; `SharedUsage` says what that costs in exactness. Workers
share the throughput of WhatsApp's number in the same way (`api.whatsapp.pace`).
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from nlu.storage import windows
from nlu.storage.database import Database, DatabaseAway, Tables, Transaction, marks
from nlu.storage.moved import refuse_moved
from nlu.storage.tables import make_ready
from nlu.storage.windows import Limit, Window
from nlu.storage.write_ahead import write_ahead

_MIGRATIONS = Path(__file__).with_name("migrations")
TABLES = Tables(
    "api_usage",
    """
CREATE TABLE IF NOT EXISTS api_usage (
    name TEXT NOT NULL,                 -- of a key, or of WhatsApp's number
    seconds DOUBLE PRECISION NOT NULL,  -- of a limit
    since DOUBLE PRECISION NOT NULL,    -- when its window opened
    count BIGINT NOT NULL,              -- permits that processes took
    PRIMARY KEY (name, seconds)
) $by_key;
""",
    _MIGRATIONS / "api_usage",
)
FILE_TABLES = Tables("limits", windows.SCHEMA, _MIGRATIONS / "limits")
FILE = "usage.sqlite"
"""Below SEVA_VAR_DIR, where the state lies in SQLite."""
_BUSY_S = 2.0
_SHARE = 50
"""A process takes at most this part of what is left: little is lost with it, and towards the end of
a limit permits are taken one by one."""
_ASK_AGAIN_S = 1.0
"""How long a process believes that a limit is used up: others may give back what they took."""


class Usage(Protocol):
    """What keeps count."""

    async def spend(self, name: str, limits: Sequence[Limit], cost: int) -> Window | None:
        """Counts a call against each limit; or against none, where one has no place left, and gives
        back the window that is over last. A call that costs more than is left may still have it.

        Raises DatabaseAway, sqlite3.Error.
        """

    def now(self) -> float:
        """Seconds since 1970 by the clock that windows go by."""

    def close(self) -> None:
        """Gives back what was not used."""


class FileUsage:
    """Counts in a SQLite file, which the processes of one machine share."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Commits do not wait for the disk; a power cut may lose the last. Raises ValueError where
        the counts were moved into PostgreSQL."""
        refuse_moved(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.now = clock
        self._db = sqlite3.connect(path, _BUSY_S, isolation_level=None, check_same_thread=False)
        write_ahead(self._db)
        self._db.execute("PRAGMA synchronous = NORMAL")
        make_ready(self._db, FILE_TABLES)

    async def spend(self, name: str, limits: Sequence[Limit], cost: int) -> Window | None:
        """See `Usage`. It takes tens of microseconds, so it does not leave the event loop."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            return windows.spend(self._db, name, limits, self.now(), cost)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


@dataclass(frozen=True)
class _Lease:
    """Permits of one limit that this process took and did not use yet."""

    window: Window
    left: int
    full_until: float = 0.0
    """Until then there is no use in asking for more."""
    shift: float = 0.0
    """What makes the process's time of the transaction's, in which all moments here are told: two
    clocks never agree to the millisecond, and a window may be short."""

    def here(self) -> Window:
        """The window in the process's time."""
        return replace(self.window, since=self.window.since + self.shift)

    def is_over(self, now: float) -> bool:
        """Whether its permits are worth nothing any more; a clock set back ends it too."""
        return not 0 <= now - self.here().since < self.window.limit.seconds


class SharedUsage:
    """Counts in a database, for all who open it: in PostgreSQL for all machines.

    Of each limit the process takes up to a fiftieth of what is left, at least one permit, and gives
    back what it did not use when it stops. All processes together never grant more than the limit,
    but for the last call's own cost. They may refuse a little early: while others hold permits that
    they do not use, and for the rest of the window where a process was killed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._leases: dict[tuple[str, float], _Lease] = {}
        self._taking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def now(self) -> float:
        """The database's clock."""
        return self._database.now()

    async def spend(
        self, name: str, limits: Sequence[Limit], cost: int, ahead: int = 0
    ) -> Window | None:
        """See `Usage`. Mostly it asks nobody. `ahead`: calls that are expected in a window; up to
        half of what is left is taken for them at once, and half as many when that did not do."""
        if self._short(name, limits, cost):
            async with self._taking[name]:  # those who wait find what the first one took
                short = self._short(name, limits, cost)
                now = self.now()
                full = [one.here() for one in short.values() if now < one.full_until + one.shift]
                if not full and short:
                    full = await self._take(name, short, cost, ahead)
                if full:
                    return max(full, key=lambda window: window.left(now))
                self._use(name, limits, cost)
            return None
        self._use(name, limits, cost)
        return None

    def close(self) -> None:
        """Gives back the permits that are left. Where the database does not answer they are lost
        for their windows."""
        leases = {key: lease for key, lease in self._leases.items() if lease.left}

        def work(db: Transaction) -> None:
            for (name, seconds), lease in sorted(leases.items()):
                db.execute(
                    "UPDATE api_usage SET count = count - ?"
                    " WHERE name = ? AND seconds = ? AND since = ?",
                    (lease.left, name, seconds, lease.window.since),
                )

        if leases:
            with suppress(DatabaseAway, sqlite3.Error):
                self._database.change(work)
        self._leases.clear()
        self._database.close()

    def _short(self, name: str, limits: Sequence[Limit], cost: int) -> dict[Limit, _Lease]:
        """Limits of which this process has fewer permits than the call costs."""
        now, short = self.now(), {}
        for limit in limits:
            lease = self._leases.get((name, limit.seconds))
            if lease is None or lease.is_over(now):
                lease = _Lease(Window(limit, -math.inf, 0), 0)
            if lease.left < cost:
                short[limit] = lease
        return short

    def _use(self, name: str, limits: Sequence[Limit], cost: int) -> None:
        for limit in limits:
            lease = self._leases[name, limit.seconds]
            self._leases[name, limit.seconds] = replace(lease, left=lease.left - cost)

    async def _take(
        self, name: str, short: dict[Limit, _Lease], cost: int, ahead: int
    ) -> list[Window]:
        """Takes permits of each limit; or of none, and gives back the windows that are full."""
        have = {limit: (lease.window.since, lease.left) for limit, lease in short.items()}
        asked_at = self.now()
        at, found = await self._database.run(lambda db: _take(db, name, have, cost, ahead))
        taken = [replace(lease, shift=asked_at - at) for lease in found]
        full = [lease for lease in taken if lease.full_until]
        for lease in full or taken:
            self._leases[name, lease.window.limit.seconds] = lease
        return [lease.here() for lease in full]


def _take(
    db: Transaction, name: str, have: dict[Limit, tuple[float, int]], cost: int, ahead: int
) -> tuple[float, list[_Lease]]:
    """When it is, and the permits that a process has of each limit afterwards. Where one is full
    nothing is taken, and the lease of that one says so."""
    now = db.now()
    found: list[_Lease] = []
    for limit, window in zip(have, _windows(db, name, list(have), now)):
        since, left = have[limit]
        left, wanted = (left, ahead // 2) if since == window.since else (0, ahead)
        room = limit.most - window.count
        if room <= 0 and not left:
            found.append(_Lease(window, 0, full_until=now + _ASK_AGAIN_S))
            continue
        share = max(1, room // _SHARE, min(wanted, room // 2))
        more = max(cost - left, min(room, share))
        found.append(_Lease(replace(window, count=window.count + more), left + more))
    if any(lease.full_until for lease in found):
        return now, found
    for lease in found:
        window = lease.window
        db.execute(
            "UPDATE api_usage SET since = ?, count = ? WHERE name = ? AND seconds = ?",
            (window.since, window.count, name, window.limit.seconds),
        )
    return now, found


def _windows(db: Transaction, name: str, limits: Sequence[Limit], now: float) -> list[Window]:
    """The windows as they are now, locked until the end of the transaction."""
    seconds = [limit.seconds for limit in limits]
    query = (
        "SELECT seconds, since, count FROM api_usage WHERE name = ?"
        f" AND seconds IN ({marks(len(seconds))}) ORDER BY seconds {db.for_update}"
    )
    rows = db.execute(query, (name, *seconds)).fetchall()
    if len(rows) < len(seconds):
        for one in seconds:
            db.execute(
                "INSERT INTO api_usage (name, seconds, since, count) VALUES (?, ?, ?, 0)"
                " ON CONFLICT (name, seconds) DO NOTHING",
                (name, one, now),
            )
        rows = db.execute(query, (name, *seconds)).fetchall()
    there = {row["seconds"]: Window(limits[0], row["since"], row["count"]) for row in rows}
    return [
        replace(there[limit.seconds], limit=limit)
        if 0 <= now - there[limit.seconds].since < limit.seconds
        else Window(limit, now, 0)
        for limit in limits
    ]
