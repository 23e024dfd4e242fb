"""What a citizen wants of us: no news until they say so, nothing kept of them.

Carried out in the transaction that answers their message, so that what they read is true.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.inbox import news as notices
from api.inbox import review, shadow
from api.inbox.lanes import Lanes
from api.inbox.schema import FAILED, WAITING
from nlu.storage.database import Transaction
from nlu.turn import ERASE, NEWS_OFF, NEWS_ON


def carried_out(db: Transaction, lanes: Lanes, lane: str, acts: Sequence[str], now: float) -> None:
    """Does what the citizen of a lane wants; done twice it changes nothing more."""
    if NEWS_OFF in acts:
        db.execute(
            "INSERT INTO quiet (lane, since) VALUES (?, ?) ON CONFLICT DO NOTHING", (lane, now)
        )
        notices.hold_back(db, lane)
    if NEWS_ON in acts:
        db.execute("DELETE FROM quiet WHERE lane = ?", (lane,))
        notices.unpark(db, lanes, lane, now)
    if ERASE in acts:
        _erase(db, lane)
        shadow.erase(db, lane)
        review.erase(db, lane, now)


def is_held_back(db: Transaction, lane: str) -> bool:
    """Whether news for a lane wait: its citizen wants none, and waits for no answer just now."""
    waits = "SELECT 1 FROM inbox WHERE lane = ? AND state = ?"
    answering = db.execute(waits, (lane, WAITING)).fetchone() is not None
    return notices.is_quiet(db, lane) and not answering


def _erase(db: Transaction, lane: str) -> None:
    """Deletes the conversation, what its buttons mean, and words that are not owed any more. The
    address stays: answers need it. So does the wish for no news."""
    db.execute("DELETE FROM trackers WHERE lane = ?", (lane,))
    db.execute("DELETE FROM choices WHERE lane = ?", (lane,))
    db.execute("UPDATE inbox SET payload = '' WHERE lane = ? AND state != ?", (lane, WAITING))
    db.execute("UPDATE outbox SET body = '' WHERE lane = ? AND state = ?", (lane, FAILED))
    db.execute("UPDATE citizens SET language = NULL, script = NULL WHERE lane = ?", (lane,))
