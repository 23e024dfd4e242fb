"""Rows that no key opens now: kept in their place until the key is back.

A key may be away for a while only: an operator changes keys process by process, or restores a
backup without them. What was asked or answered is then owed all the same, so nothing is given up
for it. The row's citizen waits, everybody else is served. Only an operator knows that a key is lost
for good, and says so with `seva inbox drop lost`.
"""

from __future__ import annotations

from collections.abc import Callable

from api.inbox import schema
from api.inbox.lanes import Lanes
from api.inbox.payloads import read_message, read_reply, read_text
from nlu.storage.database import Row, Transaction
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm

AGAIN_AFTER = 60.0
"""Seconds until such a row is tried again."""
MOST = 200
"""Such rows that one claim passes over: the others must not wait for them."""
NO_KEY = "unreadable: key"
"""What such a row has in `reason`; so has a message whose conversation does not open."""


def reason_of(error: Unreadable) -> str:
    """What a row that cannot be read has in `reason`."""
    return f"unreadable: {error.why}"


def keep_for_key(db: Transaction, lanes: Lanes, row: Row, error: Unreadable, now: float) -> bool:
    """Whether a row is kept because its key is away: told once, due again later. One that cannot
    be read for another reason is the caller's."""
    reason = reason_of(error)
    if row["reason"] != reason:
        alarm(lanes.queue, str(row["seq"]), error.why)
        db.execute(f"UPDATE {lanes.queue} SET reason = ? WHERE seq = ?", (reason, row["seq"]))
    if error.why != "key":
        return False
    lanes.free(db, row["lane"], now + AGAIN_AFTER)
    return True


def lanes_without_key(db: Transaction, *queues: Lanes) -> list[str]:
    """Lanes with something that no key opened at the last try."""
    found: set[str] = set()
    for lanes in queues:
        marked = f"SELECT DISTINCT lane FROM {lanes.queue} WHERE {lanes.is_open} AND reason = ?"
        found |= {lane for (lane,) in db.execute(marked, (NO_KEY,)).fetchall()}
    return sorted(found)


def drop_lost(db: Transaction, inbox: Lanes, outbox: Lanes, lane: str, now: float) -> int:
    """Drops what the workers marked in a lane and the keys of this process do not open either:
    messages, replies, and what was said before a message that opens itself. Returns how many rows.
    """
    dropped = 0
    for row in _waiting(db, inbox, lane, now):
        if _opens(read_message, row["payload"]):
            dropped += _forget(db, lane)
        else:
            done = "state = 1, payload = '', reason = 'dropped'"
            dropped += db.execute(f"UPDATE inbox SET {done} WHERE seq = ?", (row["seq"],)).rowcount
        inbox.free(db, lane, now)
    for row in _waiting(db, outbox, lane, now):
        if not _opens(read_reply, row["body"]):
            failed = f"state = {schema.FAILED}, body = '', reason = 'dropped'"
            dropped += db.execute(
                f"UPDATE outbox SET {failed} WHERE seq = ?", (row["seq"],)
            ).rowcount
        outbox.free(db, lane, now)
    return dropped


def _waiting(db: Transaction, lanes: Lanes, lane: str, now: float) -> list[Row]:
    """What no key opened at the last try; nothing while a worker has the lane in hand."""
    if lanes.is_owned(db, lane, now):
        return []
    marked = f"SELECT * FROM {lanes.queue} WHERE lane = ? AND {lanes.is_open} AND reason = ?"
    return db.execute(marked, (lane, NO_KEY)).fetchall()


def _forget(db: Transaction, lane: str) -> int:
    """The conversation of a lane, if it does not open."""
    row = db.execute("SELECT tracker FROM trackers WHERE lane = ?", (lane,)).fetchone()
    if row is None or _opens(read_text, row["tracker"]):
        return 0
    return db.execute("DELETE FROM trackers WHERE lane = ?", (lane,)).rowcount


def _opens(read: Callable[[str], object], sealed: str) -> bool:
    try:
        read(sealed)
    except Unreadable as error:
        return error.why != "key"
    return True
