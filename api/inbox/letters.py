"""Dead letters and waiting messages, as an operator looks at them and sees to them.

Words are shown masked: who looks does not need a citizen's numbers. What is sent back into the line
is answered like any other message, at its place by WhatsApp's time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.inbox import schema, unopened
from api.inbox.payloads import read_message
from api.inbox.sqlite import INBOX, OUTBOX
from nlu.storage.sealing import Unreadable
from nlu.storage.write_ahead import connect
from nlu.text import mask

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
    """The messages of one inbox file that wait or were given up. Calls block."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError where there is no inbox yet."""
        if not path.is_file():
            raise FileNotFoundError(f"{path}: there is no inbox yet; `seva serve` makes it")
        self._db = connect(path)

    def some(self, state: str, most: int) -> list[Letter]:
        """Up to `most` of a state, `dead` or `waiting`, oldest first, without their words."""
        rows = self._db.execute(
            "SELECT * FROM inbox WHERE state = ? ORDER BY seq LIMIT ?", (_STATES[state], most)
        )
        return [_letter(row) for row in rows]

    def one(self, number: int) -> Letter | None:
        """One with its words, masked."""
        row = self._row(number)
        if row is None:
            return None
        try:
            message = read_message(row["payload"])
        except Unreadable:
            return _letter(row)
        return _letter(row, mask(message.text or ""))

    def requeue(self, number: int) -> None:
        """A dead letter waits again, with all its tries. The apology that was sent for it stays
        said; one that has not gone yet does not go. Raises NotNow."""
        with self._change() as now:
            row = self._dead(number)
            self._make_room(row)
            self._db.execute(
                "UPDATE inbox SET state = 0, attempts = 0, claims = 0, reason = NULL WHERE seq = ?",
                (number,),
            )
            INBOX.arrive(self._db, row["lane"], now)

    def drop(self, number: int) -> None:
        """A dead letter's words are forgotten; its id stays known. Raises NotNow."""
        with self._change():
            self._dead(number)
            self._db.execute(
                "UPDATE inbox SET state = 1, payload = '', reason = 'dropped' WHERE seq = ?",
                (number,),
            )

    def drop_lost(self) -> int:
        """Ends what waits for a key that this process does not have either; how many rows."""
        with self._change() as now:
            return unopened.drop_lost(self._db, INBOX, OUTBOX, now)

    @contextmanager
    def _change(self) -> Iterator[float]:
        """All of it or nothing; the file's clock as a worker last saw it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            (now,) = self._db.execute("SELECT MAX(seen, 0) FROM clock").fetchone() or (0.0,)
            yield now
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _row(self, number: int) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM inbox WHERE seq = ? AND state != ?", (number, schema.DONE)
        ).fetchone()
        return found

    def _dead(self, number: int) -> sqlite3.Row:
        row = self._row(number)
        if row is None or row["state"] != schema.DEAD:
            raise NotNow(f"{number} is no dead letter; `seva inbox list` shows which there are")
        return row

    def _make_room(self, row: sqlite3.Row) -> None:
        """The answer will have the places that the apology has now. The apology keeps its tracker
        and is never forgotten here: what WhatsApp tells of it later must find it and no other."""
        said = self._db.execute(
            "SELECT * FROM outbox WHERE inbox_id = ?", (row["message_id"],)
        ).fetchall()
        if any(one["state"] == schema.SENDING for one in said):
            raise NotNow(f"the apology for {row['seq']} is being sent: try again in a minute")
        for one in said:
            if one["state"] < schema.SENT:
                self._db.execute(
                    "UPDATE outbox SET state = ?, reason = 'requeued', body = '' WHERE seq = ?",
                    (schema.FAILED, one["seq"]),
                )
            self._db.execute(
                "UPDATE outbox SET inbox_id = inbox_id || ? WHERE seq = ?",
                (f"/given-up-{one['seq']}", one["seq"]),
            )
        OUTBOX.end(self._db, row["lane"])  # another reply may be on its way: its owner keeps it


def _letter(row: sqlite3.Row, words: str | None = None) -> Letter:
    state = next(name for name, number in _STATES.items() if number == row["state"])
    return Letter(
        number=row["seq"],
        state=state,
        kind=row["kind"],
        received_at=row["received_at"],
        attempts=row["attempts"],
        deaths=row["claims"],
        reason=row["reason"],
        words=words,
    )
