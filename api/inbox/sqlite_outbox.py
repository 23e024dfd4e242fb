"""The outbox in the inbox's SQLite file: replies on their way and what became of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import cast

from api.inbox import schema, unopened
from api.inbox import sqlite_notices as notices
from api.inbox.lanes import Lanes
from api.inbox.payloads import keep_reply, keep_text, read_reply
from api.inbox.port import LeaseLost
from api.inbox.sqlite_statuses import is_refused, raise_state, wait_after
from api.whatsapp.outgoing import Draft, Parcel
from api.whatsapp.policy import WhatsAppPolicy
from nlu.storage.group_commit import SqliteWriter
from nlu.storage.sealing import Unreadable


class SqliteOutbox:
    """`Outbox` of `api.inbox.port`.

    A row is marked `sending` before the call to WhatsApp. If the process dies, the lane's lease
    runs out with the row in that state: by then a status has told that it arrived, or it is sent
    once more.
    """

    def __init__(
        self,
        writer: SqliteWriter,
        read: sqlite3.Connection,
        lanes: Lanes,
        lease_s: float,
        clock: Callable[[], float],
        policy: WhatsAppPolicy,
    ) -> None:
        self._writer, self._read, self._lanes = writer, read, lanes
        self._lease, self._clock, self._policy = lease_s, clock, policy

    async def claim(self, worker: str, limit: int = 1) -> list[Parcel]:
        """The first open row of each due lane, durably marked as being sent."""
        if limit < 1 or not self._lanes.has_due(self._read, self._clock()):
            return []

        def change(db: sqlite3.Connection) -> list[Parcel]:
            now = self._clock()  # others may have kept this change waiting: the lease begins here
            parcels: list[Parcel] = []
            tries = limit + unopened.MOST
            while taken := self._lanes.take(
                db, now, now + self._lease, min(limit - len(parcels), tries)
            ):
                tries -= len(taken)
                parcels += [parcel for one in taken if (parcel := self._begin(db, *one, now))]
            return parcels

        return await self._writer.run(change)

    def _begin(
        self, db: sqlite3.Connection, token: str, row: sqlite3.Row, now: float
    ) -> Parcel | None:
        """The row as a parcel, marked as being sent. One that cannot be read fails alone, and waits
        where its key is away: None."""
        try:
            parcel = _parcel(db, row, token)
        except Unreadable as error:
            if not unopened.keep_for_key(db, self._lanes, row, error, now):
                db.execute("UPDATE outbox SET state = ? WHERE seq = ?", (schema.FAILED, row["seq"]))
                self._lanes.free(db, row["lane"], now)
            return None
        db.execute(
            "UPDATE outbox SET state = ?, attempts = attempts + 1 WHERE seq = ?",
            (schema.SENDING, row["seq"]),
        )
        return parcel

    async def sent(self, parcel: Parcel, message_id: str) -> None:
        """Recorded even by a worker whose lease is over: it did happen. A status may have told
        before that this try failed: then what follows from that holds."""

        def change(db: sqlite3.Connection) -> None:
            now, row = self._clock(), _row(db, parcel)
            refused = row is not None and is_refused(row, message_id)
            if not refused:
                raise_state(db, parcel.tracker, schema.SENT, message_id)
            try:
                self._lanes.hold(db, parcel.lane, parcel.token, now)
            except LeaseLost:
                return
            again = row is not None and refused and row["state"] == schema.PENDING
            if not again:
                self._template_is_over(db, parcel)
            due = now + wait_after(self._policy, row) if row is not None and again else now
            self._lanes.free(db, parcel.lane, due)

        await self._writer.run(change)

    async def retry(self, parcel: Parcel, wait: float, reason: str) -> None:
        """Pending again, due after `wait`."""
        await self._move(parcel, schema.PENDING, reason, wait)

    async def doubt(self, parcel: Parcel, wait: float, reason: str) -> None:
        """Stays `sending`, due after `wait`."""
        await self._move(parcel, schema.SENDING, reason, wait)

    async def park(self, parcel: Parcel, reason: str) -> None:
        """Until the citizen writes; one who has written since the parcel was claimed gets it."""

        def change(db: sqlite3.Connection) -> None:
            now = self._clock()
            try:
                self._lanes.hold(db, parcel.lane, parcel.token, now)
            except LeaseLost:
                return
            row = _row(db, parcel)
            if row is not None and row["state"] < schema.SENT:  # else a status settled it
                notices.park(db, self._lanes, row, reason, now)
            if _citizen(db, parcel.lane)["seen_at"] != parcel.seen_at:
                notices.unpark(db, self._lanes, parcel.lane, now)
            self._lanes.free(db, parcel.lane, now)

        await self._writer.run(change)

    async def fail(self, parcel: Parcel, reason: str) -> None:
        """Failed for good; the lane goes on."""
        await self._move(parcel, schema.FAILED, reason, 0)

    async def replace(self, parcel: Parcel, reason: str) -> None:
        """Another message in the same place, due at once."""
        body = keep_reply(parcel.message)
        also = ("UPDATE outbox SET body = ? WHERE tracker = ?", (body, parcel.tracker))
        await self._move(parcel, schema.PENDING, reason, 0, also)

    async def use_phone(self, parcel: Parcel, reason: str) -> None:
        """Remembered for the citizen; sent again at once."""
        also = ("UPDATE citizens SET use_phone = 1 WHERE lane = ?", (parcel.lane,))
        await self._move(parcel, schema.PENDING, reason, 0, also)

    async def _move(
        self,
        parcel: Parcel,
        state: int,
        reason: str,
        wait: float,
        also: tuple[str, tuple[str, ...]] | None = None,
    ) -> None:
        def change(db: sqlite3.Connection) -> None:
            try:
                self._lanes.hold(db, parcel.lane, parcel.token, self._clock())
            except LeaseLost:
                return  # a status or another worker settled it
            db.execute(
                "UPDATE outbox SET state = ?, reason = ? WHERE tracker = ? AND state < ?",
                (state, reason, parcel.tracker, schema.SENT),
            )
            if also is not None:
                db.execute(*also)
            if state == schema.FAILED:
                self._template_is_over(db, parcel)
            self._lanes.free(db, parcel.lane, self._clock() + wait)

        await self._writer.run(change)

    def _template_is_over(self, db: sqlite3.Connection, parcel: Parcel) -> None:
        now, row = self._clock(), _row(db, parcel)
        notices.template_is_over(db, self._lanes, row, now, self._policy.window)


def insert_drafts(
    db: sqlite3.Connection,
    lanes: Lanes,
    inbox_id: str,
    lane: str,
    drafts: Sequence[Draft],
    now: float,
) -> None:
    """Adds the replies to one inbox message; a step that is there already is left alone."""
    for number, draft in enumerate(drafts):
        there = "SELECT 1 FROM outbox WHERE inbox_id = ? AND step = ?"
        if db.execute(there, (inbox_id, number)).fetchone():
            continue
        tracker = _new_tracker(db, f"{inbox_id}:{number}")
        db.execute(
            "INSERT INTO outbox (inbox_id, step, tracker, lane, body, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (inbox_id, number, tracker, lane, keep_reply(draft.message), now),
        )
        lanes.arrive(db, lane, now)
        db.executemany(
            "INSERT OR IGNORE INTO choices (id, lane, tracker, payload, number, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(c.id, lane, tracker, keep_text(c.payload), c.number, now) for c in draft.choices],
        )


def _new_tracker(db: sqlite3.Connection, name: str) -> str:
    """One that no row has: the apology for a message that is answered after all has its name."""
    tracker, number = name, 1
    while db.execute("SELECT 1 FROM outbox WHERE tracker = ?", (tracker,)).fetchone():
        number += 1
        tracker = f"{name}/{number}"
    return tracker


def _parcel(db: sqlite3.Connection, row: sqlite3.Row, token: str) -> Parcel:
    who = _citizen(db, row["lane"])
    return Parcel(
        tracker=row["tracker"],
        lane=row["lane"],
        phone_number_id=who["phone_number_id"],
        citizen=who["phone"] if who["use_phone"] and who["phone"] else who["citizen"],
        phone=who["phone"],
        language=who["language"],
        message=read_reply(row["body"]),
        attempt=row["attempts"] + 1,
        doubtful=row["state"] == schema.SENDING,
        created_at=row["created_at"],
        token=token,
        seen_at=who["seen_at"],
        news=notices.is_news(row),
    )


def _row(db: sqlite3.Connection, parcel: Parcel) -> sqlite3.Row | None:
    found = db.execute("SELECT * FROM outbox WHERE tracker = ?", (parcel.tracker,)).fetchone()
    return cast("sqlite3.Row | None", found)


def _citizen(db: sqlite3.Connection, lane: str) -> sqlite3.Row:
    found = db.execute("SELECT * FROM citizens WHERE lane = ?", (lane,)).fetchone()
    return cast(sqlite3.Row, found)
