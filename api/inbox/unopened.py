"""Rows that no key opens now: kept in their place until the key is back.

A key may be away for a while only: an operator changes keys process by process, or restores a
backup without them. What was asked or answered is then owed all the same, so nothing is given up
for it. The row's citizen waits, everybody else is served.
"""

from __future__ import annotations

import sqlite3

from api.inbox.lanes import Lanes
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm

AGAIN_AFTER = 60.0
"""Seconds until such a row is tried again."""
MOST = 200
"""Such rows that one claim passes over: the others must not wait for them."""


NO_KEY = "unreadable: key"
"""What such a row has in `reason`."""


def reason_of(error: Unreadable) -> str:
    """What a row that cannot be read has in `reason`."""
    return f"unreadable: {error.why}"


def keep_for_key(
    db: sqlite3.Connection, lanes: Lanes, row: sqlite3.Row, error: Unreadable, now: float
) -> bool:
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
