"""The candidate: one at a time, set with a reason and ended with one, or by itself.

It is a row beside the inbox, so that the console, workers and shadows of all machines see the same.
All calls block.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.inbox.shadow import Candidate, current, load_rules
from nlu.log import describe, get_logger
from nlu.storage.database import Database, Row, Transaction

log = get_logger(__name__)
_DAY = 86400
PROMOTED, TIME = "promoted", "time"
"""Why one ended by itself: another model is live than the one it was held against, or its time was
over."""


@dataclass(frozen=True)
class Run:
    """One time that a model was the candidate, with the model `live` that it was held against.
    Moments are seconds since 1970; `ended_at` is None while it runs, `ended_by` empty where it
    ended by itself: `end_reason` is then one of the two words above."""

    number: int
    model: str
    live: str
    since: float
    until: float
    started_by: str
    reason: str
    ended_at: float | None = None
    ended_by: str = ""
    end_reason: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it is the candidate now."""
        return self.ended_at is None


class Candidates:
    """`databases` are those of the inbox, in their order; the row lies in the first."""

    def __init__(self, databases: Sequence[Database]) -> None:
        self._databases = tuple(databases)

    def current(self) -> Candidate | None:
        """The candidate of now. Raises as `Database`."""
        first = self._databases[0]
        return first.look(lambda db: current(db, first.now()))

    def latest(self, model: str = "") -> Run | None:
        """The last run, of a model or of any."""
        which = "WHERE model = ? " if model else ""
        row = self._databases[0].look(
            lambda db: db.execute(
                f"SELECT * FROM shadow_candidates {which}ORDER BY number DESC LIMIT 1",
                (model,) if model else (),
            ).fetchone()
        )
        return _run(row) if row is not None else None

    def start(self, model: str, live: str, by: str, reason: str) -> bool:
        """Makes a model the candidate, against the one that is live; False where another is it."""

        def change(db: Transaction) -> bool:
            now = db.now()
            _end_old(db, now)
            return bool(
                db.execute(
                    "INSERT INTO shadow_candidates (model, live, since, until, started_by, reason) "
                    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (model, live, now, now + load_rules().days * _DAY, by, reason),
                ).rowcount
            )

        return self._databases[0].change(change)

    def end(self, model: str, by: str, reason: str) -> bool:
        """Ends the run of a model, and deletes what waits for it; False where it is not the
        candidate."""
        ended = self._databases[0].change(
            lambda db: _end(db, "model = ?", (model,), db.now(), by, reason)
        )
        if ended:
            self._empty()
        return bool(ended)

    def tend(self, live: str | None) -> None:
        """Ends what is over, seen from the model that is live now; None where nobody can tell."""

        def change(db: Transaction) -> int:
            now = db.now()
            ended = _end_old(db, now)
            if live is not None:
                ended += _end(db, "live != ?", (live,), now, "", PROMOTED)
            return ended

        run = self.latest()
        if run is not None and run.is_running and self._databases[0].change(change):
            self._empty()

    def _empty(self) -> None:
        """What waits in a database that is away goes when the next one is taken, or with time."""
        for database in self._databases:
            try:
                database.change(lambda db: db.execute("DELETE FROM shadow_messages").rowcount)
            except (OSError, sqlite3.Error) as error:
                log.warning("samples_not_deleted", error=describe(error))


def _end_old(db: Transaction, now: float) -> int:
    return _end(db, "until <= ?", (now,), now, "", TIME)


def _end(
    db: Transaction, which: str, values: Sequence[Any], now: float, by: str, reason: str
) -> int:
    return db.execute(
        "UPDATE shadow_candidates SET running = NULL, ended_at = ?, ended_by = ?, end_reason = ? "
        f"WHERE running = 1 AND {which}",
        (now, by, reason, *values),
    ).rowcount


def _run(row: Row) -> Run:
    return Run(
        *(row["number"], row["model"], row["live"], row["since"], row["until"]),
        *(row["started_by"], row["reason"], row["ended_at"], row["ended_by"], row["end_reason"]),
    )
