"""What readers decided on its way into the catalogue: sentences that wait, and those handed in.

A sentence that was handed in is not offered again, unless its change proposal is discarded. A card
all of whose sentences were handed in has a state of its own, so that a page of those that wait
reads these alone, however many there were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from api.review.decision import NEW, Part
from api.review.state import ADJUDICATOR, DONE, HANDED, SKIP
from api.review.store import Card, Decided, Review, counted, decisions_of
from api.review.table import card_row, lock, move
from nlu.storage.database import Row, Transaction, marks

Place = tuple[int, int, int]
"""Card, decision and part of a sentence."""
_SLICE = 500


@dataclass(frozen=True)
class Waiting:
    """A sentence that was reviewed and is not handed in. `readers` are the accounts that decided
    so, `judge` is the adjudicator's."""

    place: Place
    card: Card
    part: Part
    readers: Sequence[str]
    judge: str = ""

    @property
    def name(self) -> str:
        """In forms."""
        return ".".join(map(str, self.place))


class Handover:
    """Of the review; cards lie in the first of its databases."""

    def __init__(self, review: Review) -> None:
        self._review, self._db = review, review.database

    def waiting(self, after: int = 0) -> tuple[list[Waiting], int]:
        """A page of sentences behind the card `after`, and the card that the next page is behind;
        0 where there is none."""
        most = self._review.rules.page
        found: list[Waiting] = []
        while len(found) < most:
            rows = self._db.look(lambda db, at=after: _rows(db, at, most))  # type: ignore[misc]
            for card, made, gone in self._read(rows):
                found += _sentences(card, made, gone)
                after = card.number
                if len(found) >= most:
                    break
            else:
                if len(rows) < most:
                    return found, 0
                after = rows[-1]["card"]
        return found, after

    def count(self) -> int:
        """Cards with sentences that wait."""
        row = self._db.look(
            lambda db: db.execute(
                f"SELECT COUNT(*) FROM review_cards c WHERE state = ? AND {_WITH_WORDS}",
                (DONE, *_WORDLESS),
            ).fetchone()
        )
        return int(row[0]) if row else 0

    def hand_in(self, places: Iterable[Place], proposal: str) -> None:
        """Notes that sentences are part of a change proposal, or, without one, that they are left
        out for good."""

        def change(db: Transaction) -> None:
            lock(db)
            for place in given:
                db.execute(
                    "INSERT INTO review_handed (card, decision, part, proposal) "
                    "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (*place, proposal),
                )
            for card in sorted({place[0] for place in given}):
                row = card_row(db, card)
                if row is not None and row["state"] == DONE and not _waits(db, card):
                    move(db, row, HANDED)

        given = list(places)
        self._db.change(change)

    def proposals(self) -> list[str]:
        """The change proposals of which it is not known yet what became of them."""
        rows = self._db.look(
            lambda db: db.execute(
                "SELECT DISTINCT proposal FROM review_handed WHERE settled = 0 AND proposal > ''"
            ).fetchall()
        )
        return [row[0] for row in rows]

    def settle(self, *, merged: Collection[str], gone: Collection[str]) -> None:
        """Notes what became of change proposals: sentences of those that are gone wait again."""

        def change(db: Transaction) -> None:
            lock(db)
            for one in merged:
                db.execute("UPDATE review_handed SET settled = 1 WHERE proposal = ?", (one,))
            for one in gone:
                cards = db.execute(
                    "SELECT DISTINCT card FROM review_handed WHERE settled = 0 AND proposal = ?",
                    (one,),
                ).fetchall()
                db.execute("DELETE FROM review_handed WHERE settled = 0 AND proposal = ?", (one,))
                for (number,) in cards:
                    row = card_row(db, number)
                    if row is not None and row["state"] == HANDED:
                        move(db, row, DONE)

        if merged or gone:
            self._db.change(change)

    def _read(self, rows: Sequence[Row]) -> list[tuple[Card, list[Decided], set[Place]]]:
        """Cards with their decisions, and what was handed in of them."""
        if not rows:
            return []
        numbers = [row["card"] for row in rows]

        def look(db: Transaction) -> tuple[list[Decided], set[Place]]:
            return decisions_of(db, numbers), _handed(db, numbers)

        made, gone = self._db.look(look)
        by_card: dict[int, list[Decided]] = {number: [] for number in numbers}
        for one in made:
            by_card[one.card].append(one)
        return [(card, by_card[card.number], gone) for card in self._review.cards(rows)]


_WORDLESS = (SKIP, NEW)
_WITH_WORDS = (
    "EXISTS (SELECT 1 FROM review_decisions d WHERE d.card = c.card AND d.undone = 0 "
    "AND d.label NOT IN (?, ?))"
)


def _rows(db: Transaction, after: int, most: int) -> list[Row]:
    return db.execute(
        f"SELECT * FROM review_cards c WHERE state = ? AND card > ? AND {_WITH_WORDS} "
        "ORDER BY card LIMIT ?",
        (DONE, after, *_WORDLESS, most),
    ).fetchall()


def _handed(db: Transaction, cards: Sequence[int]) -> set[Place]:
    rows = db.execute(
        f"SELECT card, decision, part FROM review_handed WHERE card IN ({marks(len(cards))})",
        cards,
    ).fetchall()
    return {(row[0], row[1], row[2]) for row in rows}


def _waits(db: Transaction, card: int) -> bool:
    """Whether a sentence of a card waits still."""
    chosen, gone = counted(decisions_of(db, [card])), _handed(db, [card])
    return chosen is not None and any(
        (card, chosen.number, number) not in gone for number in range(len(chosen.decision.parts))
    )


def _sentences(card: Card, made: Sequence[Decided], gone: Collection[Place]) -> list[Waiting]:
    """Of the decision that counts, what was not handed in."""
    chosen = counted(made)
    if chosen is None:
        return []
    same = [one for one in made if one.decision == chosen.decision]
    readers = [one.account for one in same if one.part != ADJUDICATOR]
    judge = next((one.account for one in same if one.part == ADJUDICATOR), "")
    return [
        Waiting(place, card, part, readers, judge)
        for number, part in enumerate(chosen.decision.parts)
        if (place := (card.number, chosen.number, number)) not in gone
    ]
