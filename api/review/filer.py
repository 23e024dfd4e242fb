"""Files what came for review as cards: one for messages that are almost the same.

Turns only leave a row behind, in the database of their citizen. Whoever shows or exports cards
files these rows first, a slice at a time; of several databases all go to the first. A crash leaves
nothing half done: a message that lies on a card already is only taken away where it came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial

from api.inbox.review import ERASED
from api.review import likeness
from api.review.item import Item
from api.review.repair import mend
from api.review.rules import Rules
from api.review.state import OPEN
from api.review.table import card_row, count_card, lock, priority
from nlu.storage.database import Database, Row, Transaction, marks
from nlu.storage.sealing import Unreadable

SLICE = 100
_OF_EACH = 3
"""Cards that are compared for each hash: many messages differ in the name of a place only."""
_UNKNOWN = "unknown"


class Filer:
    """Takes rows of all databases, and changes cards in the first."""

    def __init__(self, databases: Sequence[Database], rules: Rules, twice_percent: float) -> None:
        self._databases, self._rules, self._twice = tuple(databases), rules, twice_percent

    def work(self, most: int | None = None) -> int:
        """Files up to `most` rows, all of them without; how many were."""
        return sum(self._of(database, most) for database in self._databases)

    def _of(self, database: Database, most: int | None) -> int:
        after = done = 0
        while most is None or done < most:
            limit = SLICE if most is None else min(SLICE, most - done)
            rows = database.look(partial(_waiting, after=after, limit=limit))
            if not rows:
                break
            after = rows[-1]["seq"]
            read = _readable(rows)
            here = database is self._databases[0]
            self._databases[0].change(partial(self._file, read=read, here=here))
            if not here:
                gone = [row["seq"] for row, _ in read]
                database.change(partial(_take_away, seqs=gone))
            done += len(read)
        return done

    def _file(self, db: Transaction, read: Sequence[tuple[Row, Item | None]], here: bool) -> None:
        """One slice; rows that were filed or erased meanwhile are left out, where that is known."""
        lock(db)
        if here:
            seqs = [row["seq"] for row, _ in read]
            some = f"SELECT seq FROM review_arrivals WHERE seq IN ({marks(len(seqs))})"
            left = {row[0] for row in db.execute(some, seqs).fetchall()} if seqs else set()
            read = [(row, item) for row, item in read if row["seq"] in left]
        for row, item in read:
            if item is None:
                mend(db, row)
            else:
                self._put(db, row, item)
        if here:
            _take_away(db, [row["seq"] for row, _ in read])

    def _put(self, db: Transaction, row: Row, item: Item) -> None:
        if db.execute("SELECT 1 FROM review_items WHERE id = ?", (row["id"],)).fetchone():
            return
        words = likeness.folded(item.text)
        if not words:
            return
        sound = likeness.sound(words, item.key)
        near = likeness.near(words, item.key, self._rules.most_words)
        found = db.execute("SELECT card FROM review_cards WHERE sound = ?", (sound,)).fetchone()
        card = found[0] if found else self._like(db, words, near)
        if card is None:
            card = self._new(db, row, item, sound, near)
        else:
            self._add(db, card, row, item)
        db.execute(
            "INSERT INTO review_items (id, card, who, day, reason, payload) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (row["id"], card, row["who"], row["day"], row["reason"], row["payload"]),
        )

    def _like(self, db: Transaction, words: list[str], near: list[str]) -> int | None:
        """The card whose words are the likest, if they are like enough."""
        if not near:
            return None
        newest = "SELECT card FROM review_near WHERE near = ? ORDER BY card DESC LIMIT"
        each = " UNION ALL ".join([f"SELECT card FROM ({newest} {_OF_EACH}) AS one"] * len(near))
        cards = {found[0] for found in db.execute(each, near).fetchall()}
        if not cards:
            return None
        shown = f"SELECT shown FROM review_cards WHERE card IN ({marks(len(cards))})"
        rows = db.execute(
            f"SELECT card, payload FROM review_items WHERE id IN ({shown}) ORDER BY card",
            sorted(cards),
        ).fetchall()
        best, card = self._rules.alike_percent, None
        for row in rows:
            try:
                other = Item.of(row["payload"])
            except Unreadable:
                continue
            ratio = likeness.alike(words, likeness.folded(other.text))
            if ratio >= best:
                best, card = ratio, row["card"]
        return card

    def _new(self, db: Transaction, row: Row, item: Item, sound: str, near: list[str]) -> int:
        weight = self._weight(row, item)
        db.execute(
            "INSERT INTO review_cards (sound, shown, language, topic, count, weight, priority, "
            "reasons, twice, state, day) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
            (
                *(sound, row["id"], item.key or _UNKNOWN, item.topic or _UNKNOWN, weight),
                *(priority(weight, 1), json.dumps({row["reason"]: 1})),
                *(int(_in_share(sound, self._twice)), OPEN, row["day"]),
            ),
        )
        made = db.execute("SELECT * FROM review_cards WHERE sound = ?", (sound,)).fetchone()
        assert made is not None
        for one in near:
            db.execute(
                "INSERT INTO review_near (near, card) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (one, made["card"]),
            )
        count_card(db, made, 1)
        return int(made["card"])

    def _add(self, db: Transaction, card: int, row: Row, item: Item) -> None:
        """One message more on a card. What the model makes of it is shown from the first message
        that tells."""
        before = card_row(db, card)
        assert before is not None
        reasons: dict[str, int] = json.loads(before["reasons"])
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
        told = (before["topic"], before["state"]) == (_UNKNOWN, OPEN) and bool(item.ranking)
        value = self._rules.reasons.get(row["reason"], 0.0)
        weight = max(before["weight"], self._weight(row, item) if item.ranking else value)
        count = before["count"] + 1
        db.execute(
            "UPDATE review_cards SET count = ?, weight = ?, priority = ?, reasons = ?, day = ?, "
            "shown = ?, topic = ? WHERE card = ?",
            (
                *(count, weight, priority(weight, count), json.dumps(reasons)),
                max(before["day"], row["day"]),
                row["id"] if told else before["shown"],
                item.topic if told else before["topic"],
                card,
            ),
        )
        after = card_row(db, card)
        assert after is not None
        count_card(db, before, -1)
        count_card(db, after, 1)

    def _weight(self, row: Row, item: Item) -> float:
        return self._rules.reasons.get(row["reason"], 0.0) * item.doubt


def _waiting(db: Transaction, after: int, limit: int) -> list[Row]:
    return db.execute(
        "SELECT * FROM review_arrivals WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
    ).fetchall()


def _readable(rows: Sequence[Row]) -> list[tuple[Row, Item | None]]:
    """Rows with their messages, None for one that tells of an erasure. One whose key is away waits
    where it lies."""
    found: list[tuple[Row, Item | None]] = []
    for row in rows:
        try:
            found.append((row, None if row["reason"] == ERASED else Item.of(row["payload"])))
        except Unreadable:
            continue
    return found


def _take_away(db: Transaction, seqs: Sequence[int]) -> None:
    if seqs:
        db.execute(f"DELETE FROM review_arrivals WHERE seq IN ({marks(len(seqs))})", seqs)


def _in_share(name: str, percent: float) -> bool:
    found = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return found % 10_000 < percent * 100


def reasons_of(card: Row) -> Mapping[str, int]:
    """How many messages of a card came for each reason."""
    return dict(json.loads(card["reasons"]))
