"""The review: cards to read, and what readers decide on them, in the inbox's database.

All calls block; a server runs them in a thread. What a call reads is bounded, however many messages
there are: a queue looks at the best topics and at the best cards of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from api.review.decision import Decision, WrongDecision
from api.review.filer import Filer, reasons_of
from api.review.item import Item
from api.review.rules import Rules, load_rules
from api.review.state import (
    ADJUDICATOR,
    DISPUTED,
    DONE,
    HANDED,
    NAMES,
    OPEN,
    READER,
    SECOND,
    SKIP,
    Vote,
    final,
    state_of,
)
from api.review.table import card_row, lock, move
from nlu.storage.database import Database, Row, Transaction, marks
from nlu.storage.sealing import Unreadable

DISAGREEMENT = "disagreement"
"""The reason of messages that two models understood differently."""


class NotForYou(WrongDecision):
    """This account may not decide on this card, or not any more; the message says why."""


@dataclass(frozen=True)
class Card:
    """Messages that are almost the same, with the words of one. `reasons` say how many came for
    each."""

    number: int
    item: Item
    language: str
    topic: str
    count: int
    priority: float
    reasons: dict[str, int]
    state: int
    twice: bool
    day: str


@dataclass(frozen=True)
class Decided:
    """A decision as it was made: on which card, by whom, when (seconds since 1970), and in which
    part."""

    number: int
    card: int
    account: str
    at: float
    part: str
    decision: Decision

    @property
    def vote(self) -> Vote:
        """As the state of a card sees it."""
        return Vote(self.account, self.part, self.decision.label, self.decision.words)


class Review:
    """Cards and decisions. `databases` are those of the inbox, in their order; cards lie in the
    first."""

    def __init__(
        self, databases: Sequence[Database], *, twice_percent: float = 0, rules: Rules | None = None
    ) -> None:
        self._databases, self.rules = tuple(databases), rules or load_rules()
        self._db = self._databases[0]
        self.filer = Filer(self._databases, self.rules, twice_percent)

    @property
    def database(self) -> Database:
        """Where cards and decisions lie."""
        return self._db

    def close(self) -> None:
        """Closes the databases."""
        for database in self._databases:
            database.close()

    def queue(self, account: str, *, language: str = "", most: int | None = None) -> list[Card]:
        """Cards that an account may read next, the best first: by doubt x frequency, while a topic
        that it has just read, or that comes often here, comes later. A card that somebody else read
        waits in it like the others where two read it."""
        most = self.rules.page if most is None else most

        def look(db: Transaction) -> list[Row]:
            topics = self._topics(db, language)
            return self._best(db, topics, account) if topics else []

        rows = self._db.look(look)
        seen = Counter(self._db.look(lambda db: self._recent(db, account)))
        chosen: list[Row] = []
        left = list(rows)
        while left and len(chosen) < most:
            best = max(
                left, key=lambda row: (row["priority"] / (1 + seen[row["topic"]]), -row["card"])
            )
            left.remove(best)
            chosen.append(best)
            seen[best["topic"]] += 1
        return self.cards(chosen)

    def _topics(self, db: Transaction, language: str) -> list[Row]:
        of_language = "AND language = ? " if language else ""
        return db.execute(
            "SELECT state, language, topic FROM review_topics WHERE state IN (?, ?) AND cards > 0 "
            f"{of_language}ORDER BY top DESC, topic LIMIT {self.rules.topics}",
            (OPEN, SECOND, *([language] if language else [])),
        ).fetchall()

    def _best(self, db: Transaction, topics: Sequence[Row], account: str) -> list[Row]:
        """The best cards of each topic that the account has not read, in one statement."""
        each = (
            "SELECT * FROM (SELECT * FROM review_cards c WHERE state = ? AND language = ? AND "
            "topic = ? AND NOT EXISTS (SELECT 1 FROM review_decisions d WHERE d.card = c.card AND "
            "d.account = ? AND d.undone = 0) ORDER BY priority DESC LIMIT "
            f"{self.rules.of_each}) AS best"
        )
        values = [
            value
            for one in topics
            for value in (one["state"], one["language"], one["topic"], account)
        ]
        return db.execute(" UNION ALL ".join([each] * len(topics)), values).fetchall()

    def _recent(self, db: Transaction, account: str) -> list[str]:
        """The topics that an account read last."""
        last = (
            "SELECT card FROM review_decisions WHERE account = ? AND undone = 0 ORDER BY seq DESC "
            f"LIMIT {self.rules.recent}"
        )
        found = db.execute(
            f"SELECT topic FROM review_cards WHERE card IN (SELECT card FROM ({last}) AS best)",
            (account,),
        )
        return [row[0] for row in found.fetchall()]

    def page(self, state: int, after: tuple[float, int] | None = None) -> list[Card]:
        """A page of all cards in a state, the highest priority first; `after` is the priority and
        the number of the last card of the page before."""
        behind, values = "", [state]
        if after is not None:
            behind = "AND (priority < ? OR (priority = ? AND card < ?)) "
            values += [after[0], after[0], after[1]]  # type: ignore[list-item]
        rows = self._db.look(
            lambda db: db.execute(
                f"SELECT * FROM review_cards WHERE state = ? {behind}"
                f"ORDER BY priority DESC, card DESC LIMIT {self.rules.page}",
                values,
            ).fetchall()
        )
        return self.cards(rows)

    def card(self, number: int) -> Card | None:
        """One card; None for an unknown number, and where its words cannot be read."""
        row = self._db.look(lambda db: card_row(db, number))
        return next(iter(self.cards([row] if row else [])), None)

    def cards(self, rows: Sequence[Row]) -> list[Card]:
        """With their words; those that cannot be read are left out."""
        ids = [row["shown"] for row in rows]
        if not ids:
            return []
        which = f"SELECT id, payload FROM review_items WHERE id IN ({marks(len(ids))})"
        tokens = {
            row["id"]: row["payload"]
            for row in self._db.look(lambda db: db.execute(which, ids).fetchall())
        }
        found = []
        for row in rows:
            try:
                item = Item.of(tokens[row["shown"]])
            except (KeyError, Unreadable):
                continue
            found.append(
                Card(
                    *(row["card"], item, row["language"], row["topic"], row["count"]),
                    *(row["priority"], dict(reasons_of(row)), row["state"], bool(row["twice"])),
                    row["day"],
                )
            )
        return found

    def differing(self, card: int) -> Item | None:
        """The newest message of a card that two models understood differently; None where there is
        none. It is not always the one whose words are shown."""
        rows = self._db.look(
            lambda db: db.execute(
                "SELECT payload FROM review_items WHERE card = ? AND reason = ? "
                "ORDER BY day DESC, id LIMIT 1",
                (card, DISAGREEMENT),
            ).fetchall()
        )
        try:
            return next((Item.of(row["payload"]) for row in rows), None)
        except Unreadable:
            return None

    def progress(self) -> dict[int, int]:
        """How many cards there are in each state, from counts that are kept."""
        rows = self._db.look(
            lambda db: db.execute(
                "SELECT state, SUM(cards) FROM review_topics GROUP BY state"
            ).fetchall()
        )
        return dict.fromkeys(NAMES.values(), 0) | {int(row[0]): int(row[1]) for row in rows}

    def decided_by(self, account: str, since: float = 0) -> int:
        """How many decisions of an account stand, from a moment on."""
        row = self._db.look(
            lambda db: db.execute(
                "SELECT COUNT(*) FROM review_decisions WHERE account = ? AND undone = 0 AND "
                "at >= ? AND label != ?",
                (account, since, SKIP),
            ).fetchone()
        )
        return int(row[0]) if row else 0

    def decisions(self, card: int) -> list[Decided]:
        """The decisions on a card that stand, in their order."""
        return self._db.look(lambda db: decisions_of(db, [card]))

    def decide(self, card: int, account: str, decision: Decision, *, part: str = READER) -> int:
        """Keeps a decision that was checked; the state of the card after it. Raises NotForYou."""

        def change(db: Transaction) -> int:
            lock(db)
            row = card_row(db, card)
            if row is None:
                raise NotForYou("there is no such card any more")
            before = decisions_of(db, [card])
            _refuse(row, before, account, part, decision)
            db.execute(
                "INSERT INTO review_decisions (card, account, at, part, label, payload) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (card, account, db.now(), part, decision.label, token),
            )
            votes = [*(one.vote for one in before), Vote(account, part, decision.label, words)]
            state = state_of(votes, twice=bool(row["twice"]))
            move(db, row, state)
            return state

        token, words = decision.sealed(), decision.words
        return self._db.change(change)

    def undo(self, account: str) -> int | None:
        """Takes back the last decision of an account that stands; the card, or None where there is
        none."""

        def change(db: Transaction) -> int | None:
            lock(db)
            last = db.execute(
                "SELECT seq, card FROM review_decisions WHERE account = ? AND undone = 0 "
                "ORDER BY seq DESC LIMIT 1",
                (account,),
            ).fetchone()
            if last is None:
                return None
            db.execute("UPDATE review_decisions SET undone = 1 WHERE seq = ?", (last["seq"],))
            row = card_row(db, last["card"])
            if row is None:
                return None
            votes = [one.vote for one in decisions_of(db, [last["card"]])]
            move(db, row, state_of(votes, twice=bool(row["twice"])))
            return int(last["card"])

        return self._db.change(change)

    def finished(self, after: int = 0, most: int | None = None) -> list[tuple[Card, Decided]]:
        """Cards that are done, with the decision that counts, in the order of their numbers, those
        behind the number `after`."""
        most = self.rules.page if most is None else most
        rows = self._db.look(
            lambda db: db.execute(
                "SELECT * FROM review_cards WHERE state IN (?, ?) AND card > ? "
                "ORDER BY card LIMIT ?",
                (DONE, HANDED, after, most),
            ).fetchall()
        )
        found = []
        for card in self.cards(rows):
            chosen = counted(self.decisions(card.number))
            if chosen is not None:
                found.append((card, chosen))
        return found

    def pairs(self, most: int) -> list[tuple[str, str]]:
        """What first and second readers said of the same cards, the newest first."""

        def look(db: Transaction) -> list[Row]:
            return db.execute(
                "SELECT a.label AS one, b.label AS other FROM review_decisions a "
                "JOIN review_decisions b ON b.card = a.card AND b.seq > a.seq "
                "AND b.account != a.account AND b.undone = 0 AND b.part = ? AND b.label != ? "
                "WHERE a.undone = 0 AND a.part = ? AND a.label != ? ORDER BY b.seq DESC LIMIT ?",
                (READER, SKIP, READER, SKIP, most),
            ).fetchall()

        return [(row["one"], row["other"]) for row in self._db.look(look)]


def decisions_of(db: Transaction, cards: Sequence[int]) -> list[Decided]:
    """The decisions on cards that stand, in their order."""
    rows = db.execute(
        f"SELECT * FROM review_decisions WHERE card IN ({marks(len(cards))}) AND undone = 0 "
        "ORDER BY seq",
        cards,
    ).fetchall()
    found = []
    for row in rows:
        try:
            decision = Decision.of(row["payload"])
        except Unreadable:
            continue
        found.append(
            Decided(row["seq"], row["card"], row["account"], row["at"], row["part"], decision)
        )
    return found


def counted(made: Sequence[Decided]) -> Decided | None:
    """Of the decisions on a card, the one that counts."""
    counts = final([one.vote for one in made])
    return next((one for one in made if one.vote == counts), None)


def _refuse(
    row: Row, before: Sequence[Decided], account: str, part: str, decision: Decision
) -> None:
    """Raises NotForYou where an account may not decide."""
    state = row["state"]
    if any(one.account == account and one.decision.kind != SKIP for one in before):
        raise NotForYou("you decided on this card already: undo that first, or leave it to others")
    if part == ADJUDICATOR:
        if state != DISPUTED:
            raise NotForYou("nothing is disputed here")
        if decision.kind == SKIP:
            raise NotForYou("an adjudicator decides, or leaves the card where it is")
    elif state not in (OPEN, SECOND):
        raise NotForYou("this card needs no reader any more")
