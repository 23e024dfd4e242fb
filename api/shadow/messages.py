"""Messages that wait for the candidate are taken, and go once they are compared.

A row stays until its comparison is kept, in one transaction, so that a message is counted once,
however many shadows there are and whenever one dies. One that was deleted meanwhile, at its
citizen's wish, leaves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.inbox.review import day_of, keep
from api.inbox.shadow import Rules
from api.review.store import DISAGREEMENT
from api.shadow.sample import Asked
from nlu.storage.database import Transaction, marks
from nlu.storage.sealing import Unreadable


@dataclass(frozen=True)
class Taken:
    """A message in hand. `is_given_up`: the shadow has died in it too often to begin again."""

    seq: int
    id: str
    who: str
    hour: float
    candidate: int
    asked: Asked
    is_given_up: bool


@dataclass(frozen=True)
class Compared:
    """A message with what the candidate did; `review` is the sealed item for a person, empty where
    there is nothing to read."""

    taken: Taken
    action: str
    review: str = ""


def take(db: Transaction, candidate: int, rules: Rules) -> list[Taken]:
    """The first messages for a candidate. Those for an earlier one, and those that cannot be read,
    are deleted on the way: they are copies that nobody misses."""
    rows = db.execute(
        f"SELECT * FROM shadow_messages ORDER BY seq LIMIT {rules.batch} {db.skip_locked}"
    ).fetchall()
    found: list[Taken] = []
    for row in rows:
        if row["candidate"] != candidate:
            continue
        try:
            asked = Asked.of(row["payload"])
        except Unreadable:
            continue
        found.append(
            Taken(
                *(row["seq"], row["id"], row["who"], row["hour"], row["candidate"], asked),
                is_given_up=row["tries"] >= rules.tries,
            )
        )
    kept = [one.seq for one in found]
    gone = [row["seq"] for row in rows if row["seq"] not in set(kept)]
    _delete(db, gone)
    if kept:
        db.execute(
            f"UPDATE shadow_messages SET tries = tries + 1 WHERE seq IN ({marks(len(kept))})", kept
        )
    return found


def finish(db: Transaction, compared: Sequence[Compared]) -> int:
    """Counts what was compared, keeps for review what a person should read, and deletes the rows;
    how many there still were."""
    seqs = [one.taken.seq for one in compared]
    some = f"SELECT seq FROM shadow_messages WHERE seq IN ({marks(len(seqs))}) {db.for_update}"
    left = {row["seq"] for row in db.execute(some, seqs).fetchall()}
    for one in compared:
        if one.taken.seq not in left:
            continue
        taken, item = one.taken, one.taken.asked.item
        day = day_of(taken.hour)
        db.execute(
            "INSERT INTO shadow_counts (candidate, day, key, live, other, count) "
            "VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (candidate, day, key, live, other) "
            "DO UPDATE SET count = shadow_counts.count + 1",
            (taken.candidate, day, item.key, item.did, one.action),
        )
        if one.review:
            keep(db, f"shadow:{taken.id}", taken.who, day, DISAGREEMENT, one.review)
    _delete(db, sorted(left))
    return len(left)


def _delete(db: Transaction, seqs: Sequence[int]) -> None:
    if seqs:
        db.execute(f"DELETE FROM shadow_messages WHERE seq IN ({marks(len(seqs))})", seqs)
