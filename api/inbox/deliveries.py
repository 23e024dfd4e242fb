"""What deliveries of WhatsApp change, in one transaction however many messages they have.

Each step is one statement for all messages: a database on another machine is asked ten times for a
hundred messages, not a thousand times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.channel import channel_of
from api.inbox import news, schema
from api.inbox.arrivals import admit
from api.inbox.lanes import Lanes, lock_all
from api.inbox.payloads import keep_message
from api.inbox.statuses import apply_status, row_of
from api.whatsapp.payload import Inbound, Status
from api.whatsapp.policy import WhatsAppPolicy
from nlu.storage.database import Row, Transaction, marks

Delivery = tuple[Sequence[Inbound], Sequence[Status]]
_CITIZENS = "INSERT INTO citizens (lane, phone_number_id, citizen, phone, seen_at) VALUES"
_INBOX = (
    "INSERT INTO inbox (message_id, lane, kind, payload, sent_at, received_at, state, trace) VALUES"
)


def take(
    db: Transaction,
    inbox: Lanes,
    outbox: Lanes,
    policy: WhatsAppPolicy,
    deliveries: Sequence[Delivery],
) -> list[int]:
    """Keeps what is new; how many messages of each delivery were. Repeated messages and statuses
    change nothing."""
    now = db.now()
    messages = {one.message_id: one for some, _ in deliveries for one in some}
    statuses = [one for _, some in deliveries for one in some]
    citizens = _lock(db, messages.values(), statuses, now)
    new = _new(db, messages)
    kept = _keep(db, new, policy, now)
    lanes = list(dict.fromkeys(one.lane for one in kept))
    inbox.arrive(db, lanes, now)
    _wrote(db, kept, citizens, now)
    for lane in _with_open_rows(db, lanes):
        news.unpark(db, outbox, lane, now)
    for status in statuses:
        apply_status(db, outbox, policy, status, now)
    if statuses:
        _told(db, now)
    ids = {one.message_id for one in new}
    return [_count_new(ids, some) for some, _ in deliveries]


def _count_new(ids: set[str], messages: Sequence[Inbound]) -> int:
    """A message counts for the first delivery that has it."""
    mine = {one.message_id for one in messages} & ids
    ids -= mine
    return len(mine)


def _lock(
    db: Transaction, messages: Iterable[Inbound], statuses: Sequence[Status], now: float
) -> dict[str, Row]:
    """The citizens concerned, locked. Who writes for the first time gets a row to lock."""
    writers = {one.lane: one for one in messages}
    told = {row["lane"] for status in statuses if (row := row_of(db, status)) is not None}
    lanes = sorted(writers.keys() | told)
    known = lock_all(db, lanes)
    if strangers := [lane for lane in lanes if lane in writers and lane not in known]:
        rows = [
            (lane, writers[lane].phone_number_id, writers[lane].citizen, _phone(writers[lane]), now)
            for lane in strangers
        ]
        _insert(db, _CITIZENS, rows, "ON CONFLICT DO NOTHING")
        known |= lock_all(db, strangers)
    return known


def _new(db: Transaction, messages: dict[str, Inbound]) -> list[Inbound]:
    """Those that were never delivered, as they were named in the deliveries."""
    if not messages:
        return []
    which = f"SELECT message_id FROM inbox WHERE message_id IN ({marks(len(messages))})"
    known = {row[0] for row in db.execute(which, list(messages)).fetchall()}
    return [one for name, one in messages.items() if name not in known]


def _keep(
    db: Transaction, new: Sequence[Inbound], policy: WhatsAppPolicy, now: float
) -> list[Inbound]:
    """Keeps messages, or that they came where they are too many; those that are to be answered.
    The order is that of WhatsApp's time alone: admission has bounded it by the wall clock, and ours
    may be behind, so that its bound would make equals of messages that are not."""
    rows, kept = [], []
    for one, taken in zip(new, admit(db, new, policy.arrivals, now)):
        sent = float(one.timestamp) if one.timestamp else now
        state, payload = (schema.WAITING, keep_message(taken)) if taken else (schema.DONE, "")
        kind = taken.kind if taken else one.kind
        rows.append((one.message_id, one.lane, kind, payload, sent, now, state, one.trace))
        kept += [one] if taken else []
    _insert(db, _INBOX, rows)
    return kept


def _wrote(db: Transaction, kept: Sequence[Inbound], known: dict[str, Row], now: float) -> None:
    """When citizens wrote last, and from which number."""
    if not kept:
        return
    lanes = sorted({one.lane for one in kept})
    which = f"lane IN ({marks(len(lanes))})"
    db.execute(f"UPDATE citizens SET seen_at = ? WHERE {which}", (now, *lanes))
    for lane, phone in {one.lane: number for one in kept if (number := _phone(one))}.items():
        if known[lane]["phone"] != phone:
            db.execute("UPDATE citizens SET phone = ? WHERE lane = ?", (phone, lane))


def _phone(message: Inbound) -> str | None:
    """The verified number to remember."""
    return message.phone if channel_of(message.lane).remembers_phone else None


def _with_open_rows(db: Transaction, lanes: Sequence[str]) -> list[str]:
    """Lanes with something in the outbox that has not gone, parked or not."""
    if not lanes:
        return []
    which = f"SELECT DISTINCT lane FROM outbox WHERE state < 2 AND lane IN ({marks(len(lanes))})"
    return [row[0] for row in db.execute(which, lanes).fetchall()]


def _told(db: Transaction, now: float) -> None:
    """Once a second, at the end of a transaction: all processes write this one row."""
    if not db.execute("UPDATE told SET at = ? WHERE at < ?", (now, now - 1)).rowcount:
        db.execute("INSERT INTO told (one, at) VALUES (1, ?) ON CONFLICT DO NOTHING", (now,))


def _insert(db: Transaction, into: str, rows: Sequence[Sequence[object]], end: str = "") -> None:
    """Rows in one statement; none for no rows."""
    if rows:
        row = f"({marks(len(rows[0]))})"
        values = [value for row in rows for value in row]
        db.execute(f"{into} {', '.join([row] * len(rows))} {end}", values)
