"""Cards that have lost messages: the citizen wanted nothing kept, or the messages grew old.

A card without messages goes, with what was decided on it. One whose shown message went shows
another, and is open again: what was decided was decided on words that are no longer there.
"""

from __future__ import annotations

import json
from collections import Counter

from api.review.state import OPEN
from api.review.table import card_row, count_card, priority
from nlu.storage.database import Row, Transaction


def mend(db: Transaction, arrival: Row) -> None:
    """Does what a row of `review_arrivals` without words tells; the caller holds the lock."""
    cards = {int(one) for one in arrival["cards"].split(",") if one}
    if arrival["who"]:  # what was filed meanwhile, or lies in another database than the citizen's
        who = (arrival["who"],)
        found = db.execute("SELECT DISTINCT card FROM review_items WHERE who = ?", who)
        cards |= {row[0] for row in found.fetchall()}
        db.execute("DELETE FROM review_items WHERE who = ?", who)
    for card in sorted(cards):
        _mend_card(db, card)


def _mend_card(db: Transaction, card: int) -> None:
    before = card_row(db, card)
    if before is None:
        return
    left = db.execute(
        "SELECT reason, COUNT(*) FROM review_items WHERE card = ? GROUP BY reason", (card,)
    ).fetchall()
    counts = Counter({row[0]: row[1] for row in left})
    if not counts:
        for table in ("review_near", "review_handed", "review_decisions", "review_cards"):
            db.execute(f"DELETE FROM {table} WHERE card = ?", (card,))
        count_card(db, before, -1)
        return
    shown, state = before["shown"], before["state"]
    if not db.execute("SELECT 1 FROM review_items WHERE id = ?", (shown,)).fetchone():
        other = "SELECT id FROM review_items WHERE card = ? ORDER BY id LIMIT 1"
        row = db.execute(other, (card,)).fetchone()
        assert row is not None
        shown, state = row[0], OPEN
        for table in ("review_handed", "review_decisions"):
            db.execute(f"DELETE FROM {table} WHERE card = ?", (card,))
    count = sum(counts.values())
    db.execute(
        "UPDATE review_cards SET shown = ?, state = ?, count = ?, priority = ?, reasons = ? "
        "WHERE card = ?",
        (shown, state, count, priority(before["weight"], count), json.dumps(counts), card),
    )
    after = card_row(db, card)
    assert after is not None
    count_card(db, before, -1)
    count_card(db, after, 1)
