"""The outbox in the inbox's database: replies on their way and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.channel import channel_of
from api.inbox import news as notices
from api.inbox import schema, unopened
from api.inbox.lanes import Lanes, lock
from api.inbox.payloads import keep_reply, keep_text, read_reply
from api.inbox.port import LeaseLost
from api.inbox.statuses import is_refused, raise_state, wait_after
from api.whatsapp.outgoing import Draft, Parcel
from api.whatsapp.policy import WhatsAppPolicy
from nlu.storage.database import Database, Row, T, Transaction
from nlu.storage.sealing import Unreadable


class StoredOutbox:
    """`Outbox` of `api.inbox.port`.

    A row is marked `sending` before the call to WhatsApp. If the process dies, the lane's lease
    runs out with the row in that state: by then a status has told that it arrived, or it is sent
    once more.
    """

    def __init__(
        self, database: Database, lanes: Lanes, lease_s: float, policy: WhatsAppPolicy
    ) -> None:
        self._database, self._lanes = database, lanes
        self._lease, self._policy = lease_s, policy

    async def _in_lane(self, parcel: Parcel, change: Callable[[Transaction], T]) -> T:
        """A change of the parcel's lane, for which its others wait."""

        def alone(db: Transaction) -> T:
            lock(db, parcel.lane)
            return change(db)

        return await self._database.run(alone)

    async def claim(self, worker: str, limit: int = 1) -> list[Parcel]:
        """The first open row of each due lane, durably marked as being sent."""
        if limit < 1:
            return []
        about = self._database.now()  # to look; a claim is by the database's own clock
        if not await self._database.read(lambda db: self._lanes.has_due(db, about)):
            return []

        def change(db: Transaction) -> list[Parcel]:
            now = db.now()  # others may have kept this change waiting: the lease begins here
            parcels: list[Parcel] = []
            tries = limit + unopened.MOST
            while taken := self._lanes.take(
                db, now, now + self._lease, min(limit - len(parcels), tries)
            ):
                tries -= len(taken)
                parcels += [parcel for one in taken if (parcel := self._begin(db, *one, now))]
            return parcels

        return await self._database.run(change)

    def _begin(self, db: Transaction, token: str, row: Row, now: float) -> Parcel | None:
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

        def change(db: Transaction) -> None:
            now, row = db.now(), _row(db, parcel)
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

        await self._in_lane(parcel, change)

    async def retry(self, parcel: Parcel, wait: float, reason: str) -> None:
        """Pending again, due after `wait`."""
        await self._move(parcel, schema.PENDING, reason, wait)

    async def doubt(self, parcel: Parcel, wait: float, reason: str) -> None:
        """Stays `sending`, due after `wait`."""
        await self._move(parcel, schema.SENDING, reason, wait)

    async def park(self, parcel: Parcel, reason: str) -> None:
        """Until the citizen writes; one who has written since the parcel was claimed gets it."""

        def change(db: Transaction) -> None:
            now = db.now()
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

        await self._in_lane(parcel, change)

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
        def change(db: Transaction) -> None:
            try:
                self._lanes.hold(db, parcel.lane, parcel.token, db.now())
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
            self._lanes.free(db, parcel.lane, db.now() + wait)

        await self._in_lane(parcel, change)

    def _template_is_over(self, db: Transaction, parcel: Parcel) -> None:
        now, row = db.now(), _row(db, parcel)
        notices.template_is_over(db, self._lanes, row, now, self._policy.window)


def insert_drafts(
    db: Transaction,
    lanes: Lanes,
    inbox_id: str,
    lane: str,
    drafts: Sequence[Draft],
    now: float,
    trace: str | None = None,
) -> None:
    """Adds the replies to one inbox message; a step that is there already is left alone. Where the
    channel is fetched they are ready at once, in this transaction: nobody has to send them. `trace`
    is the `traceparent` of what wrote them."""
    is_fetched = channel_of(lane).is_fetched
    for number, draft in enumerate(drafts):
        there = "SELECT 1 FROM outbox WHERE inbox_id = ? AND step = ?"
        if db.execute(there, (inbox_id, number)).fetchone():
            continue
        tracker = _new_tracker(db, f"{inbox_id}:{number}")
        db.execute(
            "INSERT INTO outbox (inbox_id, step, tracker, lane, body, state, created_at, trace) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(inbox_id, number, tracker, lane, keep_reply(draft.message)),
                *(schema.READY if is_fetched else schema.PENDING, now, trace),
            ),
        )
        if not is_fetched:
            lanes.arrive(db, [lane], now)
        for choice in draft.choices:
            db.execute(
                "INSERT INTO choices (id, lane, tracker, payload, number, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (choice.id, lane, tracker, keep_text(choice.payload), choice.number, now),
            )


def _new_tracker(db: Transaction, name: str) -> str:
    """One that no row has: the apology for a message that is answered after all has its name."""
    tracker, number = name, 1
    while db.execute("SELECT 1 FROM outbox WHERE tracker = ?", (tracker,)).fetchone():
        number += 1
        tracker = f"{name}/{number}"
    return tracker


def _parcel(db: Transaction, row: Row, token: str) -> Parcel:
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
        trace=row["trace"],
    )


def _row(db: Transaction, parcel: Parcel) -> Row | None:
    return db.execute("SELECT * FROM outbox WHERE tracker = ?", (parcel.tracker,)).fetchone()


def _citizen(db: Transaction, lane: str) -> Row:
    return db.execute("SELECT * FROM citizens WHERE lane = ?", (lane,)).fetchone()
