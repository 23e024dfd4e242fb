"""Inbox, outbox and trackers in one SQLite file: WAL, fsync before return, group commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from api.inbox import schema, unopened, wishes
from api.inbox import sqlite_notices as notices
from api.inbox.arrivals import admit, forget
from api.inbox.clock import DatabaseClock
from api.inbox.lanes import Lanes
from api.inbox.payloads import (
    keep_message,
    keep_text,
    read_message,
    read_text,
)
from api.inbox.port import Citizen, Claim, Depth, News, UnknownCitizen
from api.inbox.sqlite_outbox import SqliteOutbox, insert_drafts
from api.inbox.sqlite_statuses import apply_status
from api.whatsapp.outgoing import Draft
from api.whatsapp.payload import Inbound, Status
from api.whatsapp.policy import WhatsAppPolicy
from nlu.storage.group_commit import SqliteWriter, checkpoint
from nlu.storage.sealing import Unreadable
from nlu.storage.windows import SCHEMA as WINDOWS
from nlu.storage.write_ahead import connect
from nlu.turn import ERASE

Clock = Callable[[], float]
INBOX = Lanes("inbox", "state = 0", "sent_at, seq", "kind = 'audio'")
OUTBOX = Lanes("outbox", "state < 2 AND state >= 0")  # the first term is that of its index
_SLICE = 500
_ROOM = 1 << 16


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
        clock: Clock | None = None,
    ) -> None:
        """Without a `clock` the file's own. Raises ValueError for a file of a newer version."""
        self._path, self._policy, self._lease = path, policy, lease_s
        self._read = connect(path)
        _prepare(self._read, path)
        self._clock = clock or DatabaseClock(self._read)
        self._writer = SqliteWriter(path, window_s)
        self.outbox = SqliteOutbox(
            self._writer, self._read, OUTBOX, 2 * doubt_s, self._clock, policy
        )

    async def put(self, messages: Sequence[Inbound], statuses: Sequence[Status] = ()) -> int:
        """Keeps a delivery; repeated messages and statuses change nothing."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> int:
            new = sum(_insert(db, message, self._policy, now) for message in messages)
            if statuses:
                db.execute("UPDATE clock SET told = ?", (now,))
            for status in statuses:
                apply_status(db, OUTBOX, self._policy, status, now)
            return new

        return await self._writer.run(change) if messages or statuses else 0

    async def claim(self, worker: str, limit: int = 1, voice: bool | None = None) -> list[Claim]:
        """The first message of each due lane. That it was claimed is counted here, and taken back
        when it comes back: what is left are the deaths of whoever had it."""
        if limit < 1 or not INBOX.has_due(self._read, self._clock(), voice):
            return []

        def change(db: sqlite3.Connection) -> list[Claim]:
            now = self._clock()  # others may have kept this change waiting: the lease begins here
            claims: list[Claim] = []
            tries = limit + unopened.MOST
            while taken := INBOX.take(
                db, now, now + self._lease, min(limit - len(claims), tries), voice
            ):
                tries -= len(taken)
                claims += [claim for one in taken if (claim := _claim(db, *one, now))]
            return claims

        return await self._writer.run(change)

    async def say_meanwhile(self, claim: Claim, name: str, drafts: Sequence[Draft]) -> None:
        """Drafts of their own in the outbox, under the message's id and `name`."""
        message = claim.message

        def change(db: sqlite3.Connection) -> None:
            now = self._clock()
            INBOX.hold(db, message.lane, claim.token, now + self._lease)
            said = f"{message.message_id}/{name}"
            if not db.execute("SELECT 1 FROM outbox WHERE inbox_id = ?", (said,)).fetchone():
                insert_drafts(db, OUTBOX, said, message.lane, drafts, now)

        await self._writer.run(change)

    async def extend(self, claim: Claim) -> None:
        """Renews the lease."""
        lane, token = claim.message.lane, claim.token
        await self._writer.run(lambda db: INBOX.hold(db, lane, token, self._clock() + self._lease))

    async def ack(
        self,
        claim: Claim,
        drafts: Sequence[Draft] = (),
        language: str | None = None,
        tracker: str | None = None,
        acts: Sequence[str] = (),
    ) -> None:
        """Replies into the outbox, message done, tracker and language kept: all or nothing."""
        if ERASE in acts:
            language = tracker = None
        await self._finish(
            claim, schema.DONE, drafts, language=language, tracker=tracker, acts=acts
        )

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
        now = self._clock()

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, claim.message.lane, claim.token, now)
            db.execute(
                f"UPDATE inbox SET {counts}, reason = ? WHERE message_id = ?",
                (reason, claim.message.message_id),
            )
            INBOX.free(db, claim.message.lane, now + wait)

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
            if wishes.is_held_back(db, news.lane):
                notices.hold_back(db, news.lane)
            elif now - seen_at > self._policy.window:
                notices.park_news(db, OUTBOX, news, now)
            return True

        return await self._writer.run(change)

    async def citizen(self, lane: str) -> Citizen:
        """Language and script as last saved."""
        row = self._read.execute(
            "SELECT language, script, phone FROM citizens WHERE lane = ?", (lane,)
        ).fetchone()
        return Citizen(True, row["language"], row["script"], row["phone"]) if row else Citizen()

    async def tracker(self, lane: str) -> str | None:
        """As the last answered turn left it."""
        row = self._read.execute("SELECT tracker FROM trackers WHERE lane = ?", (lane,)).fetchone()
        return read_text(row["tracker"]) if row else None

    async def choice(self, lane: str, choice_id: str) -> str | None:
        """Found only in the lane that it was sent to."""
        row = self._read.execute(
            "SELECT payload FROM choices WHERE id = ? AND lane = ?", (choice_id, lane)
        ).fetchone()
        return read_text(row["payload"]) if row else None

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
        return read_text(row["payload"]) if row else None

    def now(self) -> float:
        """The file's clock."""
        return self._clock()

    async def told_at(self) -> float:
        """Kept with the statuses."""
        row = self._read.execute("SELECT told FROM clock").fetchone()
        return float(row["told"] or 0) if row else 0.0

    async def works(self) -> bool:
        """Reads a tracker, and writes one of nobody's as large as any, which is never seen."""

        def change(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO trackers VALUES ('', zeroblob(?), 0)", (_ROOM,))
            db.execute("DELETE FROM trackers WHERE lane = ''")

        try:
            self._read.execute("SELECT tracker FROM trackers LIMIT 1").fetchone()
            await self._writer.run(change)
        except (sqlite3.Error, OSError):
            return False
        return True

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

    async def tend(self) -> None:
        """Remembers how late it is, and empties the log: what was deleted leaves the disk too."""
        now = self._clock()
        await self._writer.run(lambda db: db.execute("UPDATE clock SET seen = ?", (now,)).rowcount)
        await asyncio.to_thread(checkpoint, self._path)

    async def purge(self, older_than_s: float, idle_s: float) -> int:
        """Slice by slice, so that others can write in between."""
        now = self._clock()
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
        while await self._writer.run(lambda db: forget(db, self._policy.arrivals, now)):
            pass
        return await self._forget("inbox", "seq", "state > 0 AND received_at < ?", before)

    async def _forget(self, table: str, key: str, which: str, before: float) -> int:
        """Deletes rows older than `before`; how many."""
        slice_of = f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {which} "
        total = 0
        while True:
            gone = await self._writer.run(
                lambda db: db.execute(f"{slice_of} LIMIT {_SLICE})", (before,)).rowcount
            )
            total += gone
            if gone < _SLICE:
                return total

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
        tracker: str | None = None,
        reason: str | None = None,
        afresh: bool = False,
        acts: Sequence[str] = (),
    ) -> None:
        now, message = self._clock(), claim.message
        kept = keep_text(tracker) if tracker is not None else None

        def change(db: sqlite3.Connection) -> None:
            INBOX.hold(db, message.lane, claim.token, now)
            wishes.carried_out(db, OUTBOX, message.lane, acts, now)
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
            if kept is not None:
                db.execute(
                    "INSERT OR REPLACE INTO trackers (lane, tracker, used_at) VALUES (?, ?, ?)",
                    (message.lane, kept, now),
                )
            elif afresh:
                db.execute("DELETE FROM trackers WHERE lane = ?", (message.lane,))
            INBOX.free(db, message.lane, now)

        await self._writer.run(change)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Makes the tables. Raises ValueError for a file that this version does not know."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, schema.VERSION):
        raise ValueError(
            f"{path}: its tables are of version {version}, this Seva knows {schema.VERSION}; "
            "run the Seva that wrote it, or give another SEVA_DATABASE_URL"
        )
    db.executescript(schema.SCHEMA)
    db.executescript(WINDOWS)
    db.execute(f"PRAGMA user_version = {schema.VERSION}")


def _insert(db: sqlite3.Connection, message: Inbound, policy: WhatsAppPolicy, now: float) -> int:
    """Keeps a message, or that it came where it is one too many; whether it is new. The order is
    that of WhatsApp's time alone: admission has bounded it by the wall clock, and ours may be
    behind, so that its bound would make equals of messages that are not."""
    known = "SELECT 1 FROM inbox WHERE message_id = ?"
    if db.execute(known, (message.message_id,)).fetchone():
        return 0
    sent = float(message.timestamp) if message.timestamp else now
    taken = admit(db, message, policy.arrivals, now)
    state, payload = (schema.WAITING, keep_message(taken)) if taken else (schema.DONE, "")
    kind = taken.kind if taken else message.kind
    db.execute(
        "INSERT INTO inbox (message_id, lane, kind, payload, sent_at, received_at, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (message.message_id, message.lane, kind, payload, sent, now, state),
    )
    if taken is None:
        return 1
    INBOX.arrive(db, message.lane, now)
    db.execute(
        "INSERT INTO citizens (lane, phone_number_id, citizen, phone, seen_at) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET "
        "phone = COALESCE(excluded.phone, phone), seen_at = excluded.seen_at",
        (message.lane, message.phone_number_id, message.citizen, message.phone, now),
    )
    notices.unpark(db, OUTBOX, message.lane, now)
    return 1


def _claim(db: sqlite3.Connection, token: str, row: sqlite3.Row, now: float) -> Claim | None:
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
    db.execute("UPDATE inbox SET claims = claims + 1 WHERE seq = ?", (row["seq"],))
    return Claim(message, row["attempts"] + 1, token, row["claims"], trouble)
