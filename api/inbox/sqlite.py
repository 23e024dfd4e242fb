"""The inbox in one SQLite file: WAL, fsync before return, group commit."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from api.inbox import schema
from api.inbox import sqlite_notices as notices
from api.inbox.group_commit import GroupCommit, connect
from api.inbox.lanes import Lanes
from api.inbox.port import Citizen, Claim, Depth, News, UnknownCitizen
from api.inbox.sqlite_outbox import SqliteOutbox, apply_status, insert_drafts
from api.whatsapp.outgoing import Draft
from api.whatsapp.payload import Inbound, Location, Media, Status
from api.whatsapp.policy import WhatsAppPolicy

Clock = Callable[[], float]
INBOX = Lanes("inbox", "state = 0")
_VOICE = {
    None: "",
    True: "json_extract(payload, '$.kind') = 'audio'",
    False: "json_extract(payload, '$.kind') <> 'audio'",
}
OUTBOX = Lanes("outbox", "state < 2 AND state >= 0")  # the first term is that of its index


class SqliteInbox:
    """`Inbox` of `api.inbox.port`; `outbox` is the `Outbox` in the same file.

    Reads run in the caller's thread: each is one look-up by key in a WAL snapshot.
    """

    def __init__(
        self,
        path: Path,
        policy: WhatsAppPolicy,
        *,
        lease_s: float = 60,
        doubt_s: float = 30,
        window_s: float = 0.002,
        clock: Clock = time.time,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._policy, self._lease, self._clock = policy, lease_s, clock
        self._read = connect(path)
        self._read.executescript(schema.SCHEMA)
        self._writer = GroupCommit(path, window_s)
        self.outbox = SqliteOutbox(
            self._writer, self._read, OUTBOX, 2 * doubt_s, clock, policy.window
        )

    async def put(self, messages: Sequence[Inbound], statuses: Sequence[Status] = ()) -> int:
        """Keeps a delivery; repeated messages and statuses change nothing."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> int:
            new = sum(_insert(db, message, now) for message in messages)
            for status in statuses:
                apply_status(db, OUTBOX, self._policy, status, now)
            return new

        return await self._writer.run(change) if messages or statuses else 0

    async def claim(self, worker: str, limit: int = 1, voice: bool | None = None) -> list[Claim]:
        """The first message of each due lane; a message counts its attempts here."""
        now, only = self._clock(), _VOICE[voice]
        if limit < 1 or not INBOX.has_due(self._read, now, only):
            return []

        def change(db: sqlite3.Connection) -> list[Claim]:
            claims = []
            for token, row in INBOX.take(db, now, now + self._lease, limit, only):
                db.execute("UPDATE inbox SET attempts = attempts + 1 WHERE seq = ?", (row["seq"],))
                claims.append(Claim(_read_message(row["payload"]), row["attempts"] + 1, token))
            return claims

        return await self._writer.run(change)

    async def say_meanwhile(self, claim: Claim, name: str, drafts: Sequence[Draft]) -> None:
        """Drafts of their own in the outbox, under the message's id and `name`."""
        now, message = self._clock(), claim.message
        until = now + self._lease

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, message.lane, claim.token, until)
            said = f"{message.message_id}/{name}"
            if not db.execute("SELECT 1 FROM outbox WHERE inbox_id = ?", (said,)).fetchone():
                insert_drafts(db, OUTBOX, said, message.lane, drafts, now)

        await self._writer.run(change)

    async def extend(self, claim: Claim) -> None:
        """Renews the lease."""
        until = self._clock() + self._lease
        await self._writer.run(lambda db: INBOX.hold(db, claim.message.lane, claim.token, until))

    async def ack(
        self, claim: Claim, drafts: Sequence[Draft] = (), language: str | None = None
    ) -> None:
        """Replies into the outbox, message done, language remembered: all or nothing."""
        await self._finish(claim, schema.DONE, drafts, language=language)

    async def bury(self, claim: Claim, reason: str, drafts: Sequence[Draft] = ()) -> None:
        """Dead letter; its words stay until the purge so that an operator can look."""
        await self._finish(claim, schema.DEAD, drafts, reason=reason)

    async def fail(self, claim: Claim, reason: str, wait: float) -> None:
        """Due again after `wait`; the lane waits with it, so that the order holds."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, claim.message.lane, claim.token, now)
            db.execute(
                "UPDATE inbox SET reason = ? WHERE message_id = ?",
                (reason, claim.message.message_id),
            )
            INBOX.free(db, claim.message.lane, now + wait)

        await self._writer.run(change)

    async def release(self, claim: Claim) -> None:
        """Due at once, the attempt not counted."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, claim.message.lane, claim.token, now)
            db.execute(
                "UPDATE inbox SET attempts = attempts - 1 WHERE message_id = ?",
                (claim.message.message_id,),
            )
            INBOX.free(db, claim.message.lane, now)

        await self._writer.run(change)

    async def tell(self, news: News) -> bool:
        """All in one transaction; where WhatsApp's window is closed the template goes at once."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> bool:
            if notices.is_known(db, news):
                return False
            seen = db.execute("SELECT seen_at FROM citizens WHERE lane = ?", (news.lane,))
            seen_at = (seen.fetchone() or [None])[0]
            if seen_at is None:
                raise UnknownCitizen
            insert_drafts(db, OUTBOX, notices.key(news), news.lane, news.drafts, now)
            notices.add_template(db, news, now)
            if now - seen_at > self._policy.window:
                notices.park_news(db, OUTBOX, news, now)
            return True

        return await self._writer.run(change)

    async def citizen(self, lane: str) -> Citizen:
        """Language and script as last saved."""
        row = self._read.execute(
            "SELECT language, script FROM citizens WHERE lane = ?", (lane,)
        ).fetchone()
        return Citizen(True, row["language"], row["script"]) if row else Citizen()

    async def choice(self, lane: str, choice_id: str) -> str | None:
        """Found only in the lane that it was sent to."""
        row = self._read.execute(
            "SELECT payload FROM choices WHERE id = ? AND lane = ?", (choice_id, lane)
        ).fetchone()
        return row["payload"] if row else None

    async def numbered_choice(self, lane: str, number: int) -> str | None:
        """Found only if the last answer to the citizen offered numbers; news that came after it
        count only if they offer some themselves."""
        row = self._read.execute(
            "SELECT payload FROM choices WHERE number = ? AND tracker IN "
            "(SELECT tracker FROM outbox WHERE inbox_id = "
            "(SELECT inbox_id FROM outbox o WHERE lane = ? AND (inbox_id NOT GLOB ? OR EXISTS "
            "(SELECT 1 FROM choices c WHERE c.tracker = o.tracker AND c.number IS NOT NULL)) "
            "ORDER BY seq DESC LIMIT 1))",
            (number, lane, notices.PREFIX + "*"),
        ).fetchone()
        return row["payload"] if row else None

    async def depth(self) -> Depth:
        """Counts for the metrics."""
        waiting, oldest = self._read.execute(
            "SELECT COUNT(*), MIN(received_at) FROM inbox WHERE state = 0"
        ).fetchone()
        dead = self._read.execute("SELECT COUNT(*) FROM inbox WHERE state = 2").fetchone()[0]
        outgoing = self._read.execute(
            "SELECT COUNT(*) FROM outbox WHERE state < 2 AND state != ?", (schema.SPARE,)
        ).fetchone()[0]
        age = max(0.0, self._clock() - oldest) if oldest else 0.0
        return Depth(waiting, dead, outgoing, age)

    async def purge(self, older_than_s: float) -> int:
        """Forgets finished messages, replies (even parked ones) and the options in them."""
        before = self._clock() - older_than_s

        def change(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM choices WHERE created_at < ?", (before,))
            db.execute("DELETE FROM outbox WHERE created_at < ?", (before,))
            OUTBOX.sweep(db)
            done = db.execute("DELETE FROM inbox WHERE state > 0 AND received_at < ?", (before,))
            return done.rowcount

        return await self._writer.run(change)

    async def close(self) -> None:
        """Writes what waits, then closes the file."""
        self._writer.close()
        self._read.close()

    async def _finish(
        self,
        claim: Claim,
        state: int,
        drafts: Sequence[Draft],
        *,
        language: str | None = None,
        reason: str | None = None,
    ) -> None:
        now, message = self._clock(), claim.message

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, message.lane, claim.token, now)
            insert_drafts(db, OUTBOX, message.message_id, message.lane, drafts, now)
            db.execute(
                "UPDATE inbox SET state = ?, reason = ?, payload = "
                "CASE WHEN ? = 1 THEN '' ELSE payload END WHERE message_id = ? AND state = 0",
                (state, reason, state, message.message_id),
            )
            if language is not None:
                db.execute(
                    "UPDATE citizens SET language = ? WHERE lane = ?", (language, message.lane)
                )
            INBOX.free(db, message.lane, now)

        await self._writer.run(change)


def _insert(db: sqlite3.Connection, message: Inbound, now: float) -> int:
    new = db.execute(
        "INSERT INTO inbox (message_id, lane, payload, received_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (message_id) DO NOTHING",
        (message.message_id, message.lane, json.dumps(asdict(message)), now),
    ).rowcount
    if not new:
        return 0
    INBOX.arrive(db, message.lane, now)
    db.execute(
        "INSERT INTO citizens (lane, phone_number_id, citizen, phone, seen_at) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET "
        "phone = COALESCE(excluded.phone, phone), seen_at = excluded.seen_at",
        (message.lane, message.phone_number_id, message.citizen, message.phone, now),
    )
    notices.unpark(db, OUTBOX, message.lane, now)
    return 1


def _read_message(payload: str) -> Inbound:
    data = json.loads(payload)
    if data["media"]:
        data["media"] = Media(**data["media"])
    if data["location"]:
        data["location"] = Location(**data["location"])
    return Inbound(**data)
