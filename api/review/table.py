"""What all changes of cards share: the lock, and the counts of each topic.

Changes of cards come one after the other. Turns never wait for them: a turn only inserts.
"""

from __future__ import annotations

import math

from nlu.storage.database import Row, Transaction


def lock(db: Transaction) -> None:
    """Others who change cards wait for the end of this transaction."""
    db.execute("INSERT INTO review_lock (one) VALUES (1) ON CONFLICT DO NOTHING")
    db.execute(f"SELECT one FROM review_lock WHERE one = 1 {db.for_update}").fetchone()


def priority(weight: float, count: int) -> float:
    """Doubt x frequency; the hundredth of the same message counts less than the second."""
    return weight * math.log2(1 + count)


def card_row(db: Transaction, card: int) -> Row | None:
    """One card."""
    return db.execute("SELECT * FROM review_cards WHERE card = ?", (card,)).fetchone()


def count_card(db: Transaction, card: Row, by: int) -> None:
    """Adds a card to the counts of its topic, or takes it out of them. The row is as it lies in
    the table when it is added, and gone or changed already when it is taken out."""
    place = (card["state"], card["language"], card["topic"])
    found = db.execute(
        "SELECT MAX(priority) FROM review_cards WHERE state = ? AND language = ? AND topic = ?",
        place,
    ).fetchone()
    top = (found[0] if found else None) or 0.0
    db.execute(
        "INSERT INTO review_topics (state, language, topic, cards, top) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (state, language, topic) DO UPDATE SET "
        "cards = review_topics.cards + excluded.cards, top = excluded.top",
        (*place, by, top),
    )


def move(db: Transaction, card: Row, state: int) -> None:
    """Gives a card another state."""
    if card["state"] == state:
        return
    db.execute("UPDATE review_cards SET state = ? WHERE card = ?", (state, card["card"]))
    count_card(db, card, -1)
    now = card_row(db, card["card"])
    assert now is not None
    count_card(db, now, 1)
