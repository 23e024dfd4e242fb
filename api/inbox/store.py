"""Inbox, outbox and trackers in one database, so that a turn is one transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from api.channel import channel_of
from api.inbox import news as notices
from api.inbox import review as for_review
from api.inbox import schema, unopened, wishes
from api.inbox import shadow as for_shadow
from api.inbox.arrivals import forget
from api.inbox.deliveries import Delivery, take
from api.inbox.lanes import Lanes, lock
from api.inbox.outbox import StoredOutbox, insert_drafts
from api.inbox.payloads import (
    keep_text,
    read_message,
    read_text,
)
from api.inbox.port import Citizen, Claim, Depth, News, UnknownCitizen
from api.inbox.ready import StoredReplies
from api.inbox.review import Arrival
from api.inbox.shadow import Candidate, Sample
from api.whatsapp.outgoing import Draft
from api.whatsapp.payload import Inbound, Status
from api.whatsapp.policy import WhatsAppPolicy
from nlu.storage.database import Database, DatabaseAway, Row, T, Transaction
from nlu.storage.group_commit import GroupCommit
from nlu.storage.sealing import Unreadable
from nlu.trace import carried
from nlu.turn import ERASE

INBOX = Lanes("inbox", "state = 0", "sent_at, seq", "CASE WHEN kind = 'audio' THEN 1 ELSE 0 END")
OUTBOX = Lanes("outbox", "state < 2 AND state >= 0")  # the first term is that of its index
_SLICE = 500
_ROOM = 1 << 16  # characters
_PART = 1000  # messages; each is eight values of one statement, and SQLite takes 32,766


class StoredInbox:
    """`Inbox` of `api.inbox.port`; `outbox` is the `Outbox`, `replies` the `Replies`, of the same
    database."""

    def __init__(
        self,
        database: Database,
        policy: WhatsAppPolicy,
        *,
        lease_s: float = 60,
        doubt_s: float = 30,
        window_s: float = 0,
    ) -> None:
        """`database` has the tables of `schema.TABLES`. A delivery that comes when others do waits
        `window_s` seconds for them."""
        self._database, self._policy, self._lease = database, policy, lease_s
        self._deliveries: GroupCommit[Delivery, int] = GroupCommit(self._take, window_s)
        self.outbox = StoredOutbox(database, OUTBOX, 2 * doubt_s, policy)
        self.replies = StoredReplies(database)

    async def _in_lane(self, lane: str, change: Callable[[Transaction], T]) -> T:
        """A change of one lane, for which its others wait."""

        def alone(db: Transaction) -> T:
            lock(db, lane)
            return change(db)

        return await self._database.run(alone)

    async def put(self, messages: Sequence[Inbound], statuses: Sequence[Status] = ()) -> int:
        """Keeps a delivery; repeated messages and statuses change nothing. Deliveries that come
        while others are written share the next transaction."""
        parts = [messages[at : at + _PART] for at in range(0, len(messages), _PART)]
        found: list[Delivery] = [
            *((part, ()) for part in parts),
            *([((), statuses)] * bool(statuses)),
        ]
        futures = [asyncio.wrap_future(self._deliveries.submit(one)) for one in found]
        return sum(await asyncio.gather(*futures))

    def _take(self, deliveries: list[Delivery]) -> Sequence[int | Exception]:
        """All in one transaction, or each in its own where something is wrong with one of them.
        More than a database takes values for in one statement are taken half by half."""
        half = len(deliveries) // 2
        if half and sum(len(messages) for messages, _ in deliveries) > _PART:
            return [*self._take(deliveries[:half]), *self._take(deliveries[half:])]
        try:
            return self._database.change(
                lambda db: take(db, INBOX, OUTBOX, self._policy, deliveries)
            )
        except DatabaseAway:
            raise  # it is nobody's fault, and away for all
        except Exception as error:
            if len(deliveries) == 1:
                return [error]
            return [found for one in deliveries for found in self._take([one])]

    async def claim(self, worker: str, limit: int = 1, voice: bool | None = None) -> list[Claim]:
        """The first message of each due lane. That it was claimed is counted here, and taken back
        when it comes back: what is left are the deaths of whoever had it."""
        if limit < 1:
            return []
        about = self._database.now()  # to look; a claim is by the database's own clock
        if not await self._database.read(lambda db: INBOX.has_due(db, about, voice)):
            return []

        def change(db: Transaction) -> list[Claim]:
            now = db.now()  # others may have kept this change waiting: the lease begins here
            claims: list[Claim] = []
            tries = limit + unopened.MOST
            while taken := INBOX.take(
                db, now, now + self._lease, min(limit - len(claims), tries), voice
            ):
                tries -= len(taken)
                claims += [claim for one in taken if (claim := _claim(db, *one, now))]
            return claims

        return await self._database.run(change)

    async def say_meanwhile(self, claim: Claim, name: str, drafts: Sequence[Draft]) -> None:
        """Drafts of their own in the outbox, under the message's id and `name`."""
        message, trace = claim.message, carried()

        def change(db: Transaction) -> None:
            now = db.now()
            INBOX.hold(db, message.lane, claim.token, now + self._lease)
            said = f"{message.message_id}/{name}"
            if not db.execute("SELECT 1 FROM outbox WHERE inbox_id = ?", (said,)).fetchone():
                insert_drafts(db, OUTBOX, said, message.lane, drafts, now, trace)

        await self._in_lane(message.lane, change)

    async def extend(self, claim: Claim) -> None:
        """Renews the lease."""
        lane, token = claim.message.lane, claim.token
        await self._in_lane(lane, lambda db: INBOX.hold(db, lane, token, db.now() + self._lease))

    async def ack(
        self,
        claim: Claim,
        drafts: Sequence[Draft] = (),
        language: str | None = None,
        tracker: str | None = None,
        acts: Sequence[str] = (),
        review: Sequence[Arrival] = (),
        shadow: Sequence[Sample] = (),
    ) -> None:
        """Replies into the outbox, message done, tracker, language, what is for review and for a
        candidate kept: all or nothing."""
        if ERASE in acts:
            language, tracker, review, shadow = None, None, (), ()
        await self._finish(
            claim,
            schema.DONE,
            drafts,
            language=language,
            tracker=tracker,
            acts=acts,
            review=review,
            shadow=shadow,
        )

    async def report(self, review: Sequence[Arrival]) -> None:
        """See `Inbox`."""
        await self._database.run(lambda db: for_review.insert(db, review, db.now()))

    async def candidate(self) -> Candidate | None:
        """See `Inbox`; in the first of several databases."""
        now = self._database.now()
        return await self._database.read(lambda db: for_shadow.current(db, now))

    async def bury(
        self, claim: Claim, reason: str, drafts: Sequence[Draft] = (), *, afresh: bool = False
    ) -> None:
        """Dead letter; its words stay, sealed, until the purge so that an operator can look."""
        await self._finish(claim, schema.DEAD, drafts, reason=reason, afresh=afresh)

    async def fail(self, claim: Claim, reason: str, wait: float) -> None:
        """Due again after `wait`; the lane waits with it, so that the order holds."""
        await self._return(claim, "attempts = attempts + 1, claims = claims - 1", reason, wait)

    async def release(
        self, claim: Claim, *, died: bool = False, wait: float = 0, reason: str | None = None
    ) -> None:
        """Due after `wait`; the claim counts only where the message may have been at fault."""
        await self._return(claim, f"claims = claims - {int(not died)}", reason, wait)

    async def _return(self, claim: Claim, counts: str, reason: str | None, wait: float) -> None:
        def change(db: Transaction) -> None:
            now = db.now()
            INBOX.hold(db, claim.message.lane, claim.token, now)
            db.execute(
                f"UPDATE inbox SET {counts}, reason = ? WHERE message_id = ?",
                (reason, claim.message.message_id),
            )
            INBOX.free(db, claim.message.lane, now + wait)

        await self._in_lane(claim.message.lane, change)

    async def tell(self, news: News) -> bool:
        """All in one transaction; where WhatsApp's window is closed the template goes at once."""
        trace = carried()

        def change(db: Transaction) -> bool:
            citizen, now = lock(db, news.lane), db.now()
            if notices.is_known(db, news):
                return False
            if citizen is None:
                raise UnknownCitizen
            insert_drafts(db, OUTBOX, notices.key(news), news.lane, news.drafts, now, trace)
            notices.add_template(db, news, now, trace)
            channel = channel_of(news.lane)
            held = not news.talk and wishes.is_held_back(db, news.lane)
            if held and channel.is_fetched:
                notices.hold_back_ready(db, news)
            elif held:
                notices.hold_back(db, news.lane)
            elif channel.has_window and now - citizen["seen_at"] > self._policy.window:
                notices.park_news(db, OUTBOX, news, now)
            return True

        return await self._database.run(change)

    async def _first(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of a look-up."""
        return await self._database.read(lambda db: db.execute(sql, values).fetchone())

    async def citizen(self, lane: str) -> Citizen:
        """Language and script as last saved."""
        row = await self._first(
            "SELECT language, script, phone FROM citizens WHERE lane = ?", (lane,)
        )
        return Citizen(True, row["language"], row["script"], row["phone"]) if row else Citizen()

    async def tracker(self, lane: str) -> str | None:
        """As the last answered turn left it."""
        row = await self._first("SELECT tracker FROM trackers WHERE lane = ?", (lane,))
        return read_text(row["tracker"]) if row else None

    async def choice(self, lane: str, choice_id: str) -> str | None:
        """Found only in the lane that it was sent to."""
        row = await self._first(
            "SELECT payload FROM choices WHERE id = ? AND lane = ?", (choice_id, lane)
        )
        return read_text(row["payload"]) if row else None

    async def numbered_choice(self, lane: str, number: int) -> str | None:
        """Found only if the last answer to the citizen offered numbers; news that came after it
        count only if they offer some themselves."""
        row = await self._first(
            "SELECT payload FROM choices WHERE number = ? AND tracker IN "
            "(SELECT tracker FROM outbox WHERE inbox_id = "
            "(SELECT inbox_id FROM outbox o WHERE lane = ? AND (inbox_id NOT LIKE ? OR EXISTS "
            "(SELECT 1 FROM choices c WHERE c.tracker = o.tracker AND c.number IS NOT NULL)) "
            "ORDER BY seq DESC LIMIT 1))",
            (number, lane, notices.OF_NEWS),
        )
        return read_text(row["payload"]) if row else None

    def now(self) -> float:
        """The database's clock."""
        return self._database.now()

    async def told_at(self) -> float:
        """Kept with the statuses, to the second."""
        row = await self._first("SELECT at FROM told")
        return float(row["at"]) if row else 0.0

    async def works(self) -> bool:
        """Reads a tracker, and writes one of nobody's as large as any, which is never seen."""

        def change(db: Transaction) -> None:
            row = "INSERT INTO trackers (lane, tracker, used_at) VALUES ('', ?, 0)"
            db.execute(row, ("0" * _ROOM,))
            db.execute("DELETE FROM trackers WHERE lane = ''")

        try:
            await self._first("SELECT tracker FROM trackers LIMIT 1")
            await self._database.run(change)
        except (sqlite3.Error, OSError):
            return False
        return True

    async def depth(self) -> Depth:
        """Counts for the metrics."""

        def count(db: Transaction) -> Depth:
            waits = "SELECT COUNT(*), MIN(received_at) FROM inbox WHERE state = 0"
            waiting, oldest = db.execute(waits).fetchone() or (0, None)
            dead = db.execute("SELECT COUNT(*) FROM inbox WHERE state = 2").fetchone()
            goes = "SELECT COUNT(*) FROM outbox WHERE state < 2 AND state != ?"
            outgoing = db.execute(goes, (schema.SPARE,)).fetchone()
            age = max(0.0, db.now() - oldest) if oldest else 0.0
            return Depth(waiting, dead[0] if dead else 0, outgoing[0] if outgoing else 0, age)

        return await self._database.read(count)

    async def tend(self) -> None:
        """The database's upkeep."""
        await self._database.tend()

    async def purge(self, older_than_s: float, idle_s: float, review_s: float | None = None) -> int:
        """Slice by slice, so that others can write in between."""
        now = self._database.now()
        before, idle = now - older_than_s, now - idle_s
        await self._forget("trackers", "lane", "used_at < ?", idle)
        # what an option of an answer that has not gone stands for is owed with it
        owed = "SELECT tracker FROM outbox WHERE state < 2"
        await self._forget("choices", "id", f"created_at < ? AND tracker NOT IN ({owed})", before)
        done = "state >= 2 AND created_at < ?"
        spare = (
            f"state = {schema.SPARE} AND created_at < ? AND NOT EXISTS (SELECT 1 FROM outbox o "
            f"WHERE o.inbox_id = outbox.inbox_id AND o.step >= 0 AND o.state < 2)"
        )
        await self._forget("outbox", "seq", done, before)
        await self._forget("outbox", "seq", spare, before)
        while await self._database.run(lambda db: forget(db, self._policy.arrivals, now)):
            pass
        if review_s is not None:
            unread = now - review_s
            while await self._database.run(lambda db: for_review.purge(db, unread, now)):
                pass
        counted = now - review_s if review_s is not None else None
        while await self._database.run(lambda db: for_shadow.purge(db, now, counted)):
            pass
        return await self._forget("inbox", "seq", "state > 0 AND received_at < ?", before)

    async def _forget(self, table: str, key: str, which: str, before: float) -> int:
        """Deletes rows older than `before`; how many. Rows that somebody has at the moment stay
        until the next time."""
        some = f"SELECT {key} FROM {table} WHERE {which} LIMIT {_SLICE}"

        def delete(db: Transaction) -> int:
            slice_of = f"DELETE FROM {table} WHERE {key} IN ({some} {db.skip_locked})"
            return db.execute(slice_of, (before,)).rowcount

        total = 0
        while True:
            gone = await self._database.run(delete)
            total += gone
            if gone < _SLICE:
                return total

    async def close(self) -> None:
        """Writes what waits, then closes the database."""
        self._deliveries.close()
        self._database.close()

    async def _finish(
        self,
        claim: Claim,
        state: int,
        drafts: Sequence[Draft],
        *,
        language: str | None = None,
        tracker: str | None = None,
        reason: str | None = None,
        afresh: bool = False,
        acts: Sequence[str] = (),
        review: Sequence[Arrival] = (),
        shadow: Sequence[Sample] = (),
    ) -> None:
        message, trace = claim.message, carried()
        kept = keep_text(tracker) if tracker is not None else None

        def change(db: Transaction) -> None:
            now = db.now()
            INBOX.hold(db, message.lane, claim.token, now)
            wishes.carried_out(db, OUTBOX, message.lane, acts, now)
            insert_drafts(db, OUTBOX, message.message_id, message.lane, drafts, now, trace)
            for_review.insert(db, review, now)
            for_shadow.insert(db, shadow, now)
            db.execute(
                "UPDATE inbox SET state = ?, reason = ?, payload = "
                "CASE WHEN ? = 1 THEN '' ELSE payload END WHERE message_id = ? AND state = 0",
                (state, reason, state, message.message_id),
            )
            if language is not None:
                db.execute(
                    "UPDATE citizens SET language = ? WHERE lane = ?", (language, message.lane)
                )
            if kept is not None:
                db.execute(
                    "INSERT INTO trackers (lane, tracker, used_at) VALUES (?, ?, ?) ON CONFLICT "
                    "(lane) DO UPDATE SET tracker = excluded.tracker, used_at = excluded.used_at",
                    (message.lane, kept, now),
                )
            elif afresh:
                db.execute("DELETE FROM trackers WHERE lane = ?", (message.lane,))
            INBOX.free(db, message.lane, now)

        await self._in_lane(message.lane, change)


def _claim(db: Transaction, token: str, row: Row, now: float) -> Claim | None:
    """The row as a claim; one that cannot be read says so and holds nobody else up. None where its
    key is away: then it waits."""
    trouble = ""
    try:
        message = read_message(row["payload"])
    except Unreadable as error:
        if unopened.keep_for_key(db, INBOX, row, error, now):
            return None
        trouble = unopened.reason_of(error)
        phone_number_id, citizen = row["lane"].split(":", 1)
        message = Inbound(row["message_id"], phone_number_id, citizen, row["kind"])
    message = replace(message, trace=row["trace"])
    db.execute("UPDATE inbox SET claims = claims + 1 WHERE seq = ?", (row["seq"],))
    return Claim(message, row["attempts"] + 1, token, row["claims"], trouble)
