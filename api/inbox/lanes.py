"""Lanes: one citizen at a time, oldest wait first, owned by whoever holds the token.

The same few statements serve the inbox and the outbox. A lane exists while it has open rows. Its
transactions come one after the other: each locks the citizen's row first.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from api.inbox.port import LeaseLost
from nlu.storage.database import Row, Transaction, marks


def lock(db: Transaction, lane: str) -> Row | None:
    """Makes the lane's other transactions wait for this one; the citizen's row, if there is one."""
    return lock_all(db, [lane]).get(lane)


def lock_all(db: Transaction, lanes: Sequence[str]) -> dict[str, Row]:
    """The same for several, always in the same order: two transactions that share lanes do not
    wait for each other in a circle."""
    if not lanes:
        return {}
    which = f"SELECT * FROM citizens WHERE lane IN ({marks(len(lanes))})"
    rows = db.execute(f"{which} ORDER BY lane {db.for_update}", list(lanes)).fetchall()
    return {row["lane"]: row for row in rows}


@dataclass(frozen=True)
class Lanes:
    """The lanes of one table: `queue` holds the rows, `is_open` tells the open ones, `order` which
    of them comes first, `is_voice` whether one is a voice note."""

    queue: str
    is_open: str
    order: str = "seq"
    is_voice: str = "0"

    def arrive(self, db: Transaction, lanes: Sequence[str], now: float) -> None:
        """Rows came in; a lane that is already there keeps its turn."""
        if lanes:
            db.execute(
                f"INSERT INTO {self.queue}_lanes (lane, due_at, voice) "
                f"SELECT lane, ?, {self._voice()} FROM citizens c "
                f"WHERE lane IN ({marks(len(lanes))}) "
                "ON CONFLICT (lane) DO UPDATE SET voice = excluded.voice",
                (now, *lanes),
            )

    def has_due(self, db: Transaction, now: float, voice: bool | None = None) -> bool:
        """Whether there is anything to claim; `voice` as for `take`."""
        due, values = self._due(now, voice)
        return db.execute(f"{due} LIMIT 1", values).fetchone() is not None

    def _due(self, now: float, voice: bool | None) -> tuple[str, tuple[float, ...]]:
        kinds = (0, 1) if voice is None else (int(voice),)
        return (
            f"SELECT due.lane FROM {self.queue}_lanes due JOIN citizens USING (lane) "
            f"WHERE due.voice IN ({marks(len(kinds))}) AND due.due_at <= ?",
            (*kinds, now),
        )

    def _voice(self) -> str:
        """SQL: whether the first open row of the lane of `c` is a voice note."""
        return (
            f"COALESCE((SELECT {self.is_voice} FROM {self.queue} q WHERE q.lane = c.lane "
            f"AND {self.is_open} ORDER BY {self.order} LIMIT 1), 0)"
        )

    def take(
        self,
        db: Transaction,
        now: float,
        until: float,
        limit: int,
        voice: bool | None = None,
    ) -> list[tuple[str, Row]]:
        """Owns up to `limit` due lanes: for each the token and its first open row. Only those whose
        row is a voice note, only the others, or any."""
        due, values = self._due(now, voice)
        ours = f"{due} ORDER BY due.due_at LIMIT ? {db.skip_locked}"
        taken = []
        for (lane,) in db.execute(ours, (*values, limit)).fetchall():
            row = self.head(db, lane)
            if row is None:
                db.execute(f"DELETE FROM {self.queue}_lanes WHERE lane = ?", (lane,))
                continue
            token = secrets.token_hex(8)
            db.execute(
                f"UPDATE {self.queue}_lanes SET due_at = ?, token = ? WHERE lane = ?",
                (until, token, lane),
            )
            taken.append((token, row))
        return taken

    def head(self, db: Transaction, lane: str) -> Row | None:
        """The first open row of a lane."""
        row: Row | None = db.execute(
            f"SELECT * FROM {self.queue} WHERE lane = ? AND {self.is_open} "
            f"ORDER BY {self.order} LIMIT 1",
            (lane,),
        ).fetchone()
        return row

    def hold(self, db: Transaction, lane: str, token: str, until: float) -> None:
        """Sets when the lane is due, if it is still ours; `LeaseLost` if not."""
        done = db.execute(
            f"UPDATE {self.queue}_lanes SET due_at = ? WHERE lane = ? AND token = ?",
            (until, lane, token),
        )
        if done.rowcount == 0:
            raise LeaseLost(lane)

    def is_owned(self, db: Transaction, lane: str, now: float) -> bool:
        """Whether a worker holds the lane at this moment."""
        found = db.execute(
            f"SELECT 1 FROM {self.queue}_lanes WHERE lane = ? AND token IS NOT NULL AND due_at > ?",
            (lane, now),
        )
        return found.fetchone() is not None

    def sweep(self, db: Transaction) -> None:
        """Removes lanes whose open rows were purged."""
        db.execute(
            f"DELETE FROM {self.queue}_lanes WHERE NOT EXISTS (SELECT 1 FROM {self.queue} q "
            f"WHERE q.lane = {self.queue}_lanes.lane AND q.{self.is_open})"
        )

    def end(self, db: Transaction, lane: str) -> bool:
        """Removes a lane in which nothing is open, and leaves any other to its owner; whether it is
        gone."""
        if self.head(db, lane) is not None:
            return False
        db.execute(f"DELETE FROM {self.queue}_lanes WHERE lane = ?", (lane,))
        return True

    def free(self, db: Transaction, lane: str, due_at: float) -> None:
        """Gives the lane up: due again at `due_at`, or gone if nothing is open."""
        if not self.end(db, lane):
            db.execute(
                f"UPDATE {self.queue}_lanes AS c SET due_at = ?, token = NULL, "
                f"voice = {self._voice()} WHERE lane = ?",
                (due_at, lane),
            )
