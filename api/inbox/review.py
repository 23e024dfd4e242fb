"""What a person should read of a turn: kept in the transaction that ends it, one row.

`api.review` decides what that is, and files it later: a turn waits for nothing of that. Rows name
their citizen by a keyed hash, so that "delete my data" finds them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from nlu.storage.database import Transaction
from nlu.storage.sealing import keyed_hash

SCHEMA = Path(__file__).with_name("review.sql").read_text("utf-8")
ERASED = "erased"
"""The reason of a row that tells of a citizen who wants nothing kept."""
_SLICE = 500


@dataclass(frozen=True)
class Arrival:
    """A message for review: `id` is the message's, `lane` its citizen's (or the client's, of who
    has none), `payload` its sealed words."""

    id: str
    lane: str
    reason: str
    payload: str


def named(lane: str) -> str:
    """A citizen in rows for review."""
    return keyed_hash(lane, "review")


def day_of(moment: float) -> str:
    """The day of a moment, in UTC: the time of day is not kept."""
    return datetime.fromtimestamp(moment, timezone.utc).date().isoformat()


def insert(db: Transaction, arrivals: Sequence[Arrival], now: float) -> None:
    """Keeps messages; a repeated one changes nothing."""
    for one in arrivals:
        keep(db, one.id, named(one.lane), day_of(now), one.reason, one.payload)


def keep(db: Transaction, name: str, who: str, day: str, reason: str, payload: str) -> None:
    """Keeps one message whose citizen is named already; a repeated one changes nothing."""
    db.execute(
        "INSERT INTO review_arrivals (id, who, day, reason, payload) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (name, who, day, reason, payload),
    )


def erase(db: Transaction, lane: str, now: float) -> None:
    """Deletes a citizen's words. A row is left that tells whoever files which cards have lost some;
    where cards lie in another database, it deletes the words there too."""
    who = named(lane)
    cards = db.execute("SELECT DISTINCT card FROM review_items WHERE who = ?", (who,)).fetchall()
    for table in ("review_arrivals", "review_items"):
        db.execute(f"DELETE FROM {table} WHERE who = ?", (who,))
    db.execute(
        "INSERT INTO review_arrivals (id, who, day, reason, payload, cards) "
        "VALUES (?, ?, ?, ?, '', ?)",
        (f"{ERASED}:{uuid.uuid4().hex}", who, day_of(now), ERASED, _listed(cards)),
    )


def purge(db: Transaction, before: float, now: float) -> int:
    """Deletes some of the messages of days before a moment; how many rows were found."""
    day = day_of(before)
    gone = 0
    for table in ("review_arrivals", "review_items"):
        found = db.execute(
            f"SELECT id FROM {table} WHERE day < ? LIMIT {_SLICE} {db.skip_locked}", (day,)
        ).fetchall()
        ids = [row["id"] for row in found]
        if not ids:
            continue
        marks = ", ".join("?" * len(ids))
        if table == "review_items":
            _note_losses(db, ids, marks, now)
        db.execute(f"DELETE FROM {table} WHERE id IN ({marks})", ids)
        gone += len(ids)
    return gone


def _note_losses(db: Transaction, ids: Sequence[str], marks: str, now: float) -> None:
    """Cards whose words are about to go are looked at by whoever files next."""
    cards = db.execute(f"SELECT DISTINCT card FROM review_items WHERE id IN ({marks})", ids)
    db.execute(
        "INSERT INTO review_arrivals (id, who, day, reason, payload, cards) "
        "VALUES (?, '', ?, ?, '', ?)",
        (f"{ERASED}:{uuid.uuid4().hex}", day_of(now), ERASED, _listed(cards.fetchall())),
    )


def _listed(rows: Sequence[tuple[int]]) -> str:
    return ",".join(str(row[0]) for row in rows)
