"""Replies of channels that are fetched: they lie in the outbox until the other side has them.

They were ready in the transaction that answered their message. Numbers are given while the lane is
locked, so within a lane they rise in the order in which replies become visible: who has all up to
one has missed none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.inbox import schema
from api.inbox.lanes import lock
from api.inbox.payloads import read_reply
from api.inbox.port import Progress, ReadyReply
from nlu.storage.database import Database, Row, Transaction
from nlu.storage.sealing import Unreadable
from nlu.storage.unreadable import alarm


class StoredReplies:
    """`Replies` of `api.inbox.port`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, lane: str, number: int, most: int) -> list[ReadyReply]:
        """See `Replies`."""
        which = (
            "SELECT * FROM outbox WHERE lane = ? AND seq > ? AND state = ? ORDER BY seq LIMIT ?",
            (lane, number, schema.READY, most),
        )
        rows = await self._database.read(lambda db: db.execute(*which).fetchall())
        return list(_readable(rows))

    async def newest(self, lane: str) -> int:
        """See `Replies`."""
        which = "SELECT MAX(seq) FROM outbox WHERE lane = ? AND state >= ?"
        values = (lane, schema.READY)
        row = await self._database.read(lambda db: db.execute(which, values).fetchone())
        return int(row[0] or 0) if row else 0

    async def acknowledge(self, lane: str, number: int) -> int:
        """See `Replies`. Asked again it changes nothing, and writes nothing."""
        which = "lane = ? AND seq <= ? AND state = ?"
        values = (lane, number, schema.READY)
        there = f"SELECT 1 FROM outbox WHERE {which} LIMIT 1"
        if not await self._database.read(lambda db: db.execute(there, values).fetchone()):
            return 0

        def change(db: Transaction) -> int:
            lock(db, lane)
            arrived = f"UPDATE outbox SET state = ?, body = '' WHERE {which}"
            return db.execute(arrived, (schema.DELIVERED, *values)).rowcount

        return await self._database.run(change)

    async def progress(self, lane: str, message_id: str) -> Progress | None:
        """See `Replies`. The state is read first: where it says that the message is over, its
        replies are all there."""
        besides = f"{message_id}/"

        def look(db: Transaction) -> tuple[Row | None, Sequence[Row]]:
            state = "SELECT state FROM inbox WHERE message_id = ? AND lane = ?"
            row = db.execute(state, (message_id, lane)).fetchone()
            if row is None:
                return None, ()
            said = (
                "SELECT * FROM outbox WHERE lane = ? AND state = ? "
                "AND (inbox_id = ? OR SUBSTR(inbox_id, 1, ?) = ?) ORDER BY seq"
            )
            values = (lane, schema.READY, message_id, len(besides), besides)
            return row, db.execute(said, values).fetchall()

        row, said = await self._database.read(look)
        if row is None:
            return None
        is_over, is_given_up = row["state"] != schema.WAITING, row["state"] == schema.DEAD
        return Progress(is_over, is_given_up, list(_readable(said)))


def _readable(rows: Sequence[Row]) -> Iterator[ReadyReply]:
    """Up to one whose key is away, for it is owed in its place; what no key will ever open is left
    out."""
    for row in rows:
        try:
            message = read_reply(row["body"])
        except Unreadable as error:
            alarm("outbox", str(row["seq"]), error.why)
            if error.why == "key":
                return
            continue
        yield ReadyReply(row["seq"], row["inbox_id"], message)
