"""Dead letters and waiting messages, as an operator looks at them and sees to them.

Words are shown masked: who looks does not need a citizen's numbers. What is sent back into the line
is answered like any other message, at its place by WhatsApp's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import islice

from api.inbox import schema, unopened
from api.inbox.lanes import lock
from api.inbox.payloads import read_message
from api.inbox.store import INBOX, OUTBOX
from nlu.storage.database import Database, Row, Transaction
from nlu.storage.sealing import Unreadable
from nlu.text import mask

_HELD = "held after a restore"
_STATES = {"waiting": schema.WAITING, "dead": schema.DEAD}


class NotNow(ValueError):
    """A letter that cannot be seen to now; says why and what to do."""


@dataclass(frozen=True)
class Letter:
    """One message. `received_at` in seconds since 1970; `words` are masked, None if unreadable."""

    number: int
    state: str
    kind: str
    received_at: float
    attempts: int
    deaths: int
    reason: str | None
    words: str | None = None


class Letters:
    """The messages of an inbox that wait or were given up. Calls block.

    Of several databases, a letter's number says in which it lies: each numbers its own rows.
    """

    def __init__(self, *databases: Database) -> None:
        """They have the tables of `schema.TABLES`, and are all that share the citizens."""
        self._databases = databases

    def some(self, state: str, most: int) -> list[Letter]:
        """Up to `most` of a state, `dead` or `waiting`, oldest first, without their words."""
        which = "SELECT * FROM inbox WHERE state = ? ORDER BY seq LIMIT ?"
        found = []
        for place, database in enumerate(self._databases):
            rows = database.look(lambda db: db.execute(which, (_STATES[state], most)).fetchall())
            found.append([_letter(row, self._number(row, place)) for row in rows])
        return list(islice(merge(*found, key=lambda letter: letter.received_at), most))

    def one(self, number: int) -> Letter | None:
        """One with its words, masked."""
        database, seq = self._of(number)
        row = database.look(lambda db: _row(db, seq))
        if row is None:
            return None
        try:
            message = read_message(row["payload"])
        except Unreadable:
            return _letter(row, number)
        return _letter(row, number, mask(message.text or ""))

    def requeue(self, number: int) -> None:
        """A dead letter waits again, with all its tries. The apology that was sent for it stays
        said; one that has not gone yet does not go. Raises NotNow."""
        database, seq = self._of(number)

        def change(db: Transaction) -> None:
            row = _dead(db, seq, number)
            _make_room(db, row, number)
            db.execute(
                "UPDATE inbox SET state = 0, attempts = 0, claims = 0, reason = NULL WHERE seq = ?",
                (seq,),
            )
            INBOX.arrive(db, [row["lane"]], db.now())

        database.change(change)

    def drop(self, number: int) -> None:
        """A dead letter's words are forgotten; its id stays known. Raises NotNow."""
        database, seq = self._of(number)

        def change(db: Transaction) -> None:
            _dead(db, seq, number)
            db.execute(
                "UPDATE inbox SET state = 1, payload = '', reason = 'dropped' WHERE seq = ?",
                (seq,),
            )

        database.change(change)

    def drop_lost(self) -> int:
        """Ends what waits for a key that this process does not have either; how many rows."""
        dropped = 0
        for database in self._databases:
            lanes = database.look(lambda db: unopened.lanes_without_key(db, INBOX, OUTBOX))
            dropped += sum(database.change(partial(_drop_lost, lane)) for lane in lanes)
        return dropped

    def hold(self) -> int:
        """After a restore: what waits becomes a dead letter, and replies on their way wait until
        their citizen writes; how many rows. Workers that hold one lose it."""
        open_lanes = "SELECT lane FROM inbox_lanes UNION SELECT lane FROM outbox_lanes"
        held = 0
        for database in self._databases:
            lanes = database.look(lambda db: db.execute(open_lanes).fetchall())
            held += sum(database.change(partial(_hold, lane)) for (lane,) in lanes)
        return held

    def close(self) -> None:
        """Closes the databases."""
        for database in self._databases:
            database.close()

    def _number(self, row: Row, place: int) -> int:
        return int(row["seq"]) * len(self._databases) + place

    def _of(self, number: int) -> tuple[Database, int]:
        """Where a letter lies, and the number of its row there."""
        seq, place = divmod(number, len(self._databases))
        return self._databases[place], seq


def _drop_lost(lane: str, db: Transaction) -> int:
    lock(db, lane)
    return unopened.drop_lost(db, INBOX, OUTBOX, lane, db.now())


def _hold(lane: str, db: Transaction) -> int:
    lock(db, lane)
    letters = db.execute(
        "UPDATE inbox SET state = ?, reason = ? WHERE lane = ? AND state = ?",
        (schema.DEAD, _HELD, lane, schema.WAITING),
    )
    replies = db.execute(
        "UPDATE outbox SET state = CASE WHEN step >= 0 THEN ? WHEN state = ? THEN ? ELSE ? END, "
        "reason = ? WHERE lane = ? AND state IN (?, ?)",
        (
            *(schema.PARKED, schema.SENDING, schema.FAILED, schema.SPARE),
            *(_HELD, lane, schema.PENDING, schema.SENDING),
        ),
    )
    INBOX.end(db, lane)
    OUTBOX.end(db, lane)
    return letters.rowcount + replies.rowcount


def _row(db: Transaction, seq: int) -> Row | None:
    which = "SELECT * FROM inbox WHERE seq = ? AND state != ?"
    return db.execute(which, (seq, schema.DONE)).fetchone()


def _dead(db: Transaction, seq: int, number: int) -> Row:
    """The dead letter, whose lane is locked. Raises NotNow."""
    row = _row(db, seq)
    if row is not None:
        lock(db, row["lane"])
        row = _row(db, seq)
    if row is None or row["state"] != schema.DEAD:
        raise NotNow(f"{number} is no dead letter; `seva inbox list` shows which there are")
    return row


def _make_room(db: Transaction, row: Row, number: int) -> None:
    """The answer will have the places that the apology has now. The apology keeps its tracker and
    is never forgotten here: what WhatsApp tells of it later must find it and no other."""
    said = db.execute("SELECT * FROM outbox WHERE inbox_id = ?", (row["message_id"],)).fetchall()
    if any(one["state"] == schema.SENDING for one in said):
        raise NotNow(f"the apology for {number} is being sent: try again in a minute")
    for one in said:
        if one["state"] < schema.SENT:
            db.execute(
                "UPDATE outbox SET state = ?, reason = 'requeued', body = '' WHERE seq = ?",
                (schema.FAILED, one["seq"]),
            )
        db.execute(
            "UPDATE outbox SET inbox_id = inbox_id || ? WHERE seq = ?",
            (f"/given-up-{one['seq']}", one["seq"]),
        )
    OUTBOX.end(db, row["lane"])  # another reply may be on its way: its owner keeps it


def _letter(row: Row, number: int, words: str | None = None) -> Letter:
    state = next(name for name, code in _STATES.items() if code == row["state"])
    return Letter(
        number=number,
        state=state,
        kind=row["kind"],
        received_at=row["received_at"],
        attempts=row["attempts"],
        deaths=row["claims"],
        reason=row["reason"],
        words=words,
    )
