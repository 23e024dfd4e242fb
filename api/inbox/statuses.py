"""What WhatsApp's statuses change in the outbox: how far a message got, or why not."""

from __future__ import annotations

from api.inbox import news as notices
from api.inbox import schema
from api.inbox.lanes import Lanes
from api.whatsapp.payload import Status
from api.whatsapp.policy import WhatsAppPolicy
from nlu.log import get_logger
from nlu.storage.database import Row, Transaction

log = get_logger(__name__)


def apply_status(
    db: Transaction, lanes: Lanes, policy: WhatsAppPolicy, status: Status, now: float
) -> None:
    """Moves a sent message upwards; one that is not ours, or a late status, changes nothing."""
    row = row_of(db, status)
    if row is None or is_refused(row, status.message_id):
        return  # not ours, or a late or repeated word on a try that is over
    if status.state in schema.STATUS_STATES:
        raise_state(db, row["tracker"], schema.STATUS_STATES[status.state], status.message_id)
    elif status.state == "failed" and row["state"] <= schema.SENT:
        if row["message_id"] not in (None, status.message_id):
            return  # an earlier try that has been repeated since
        _apply_failure(db, lanes, policy, row, status, now)
        return
    if row["state"] == schema.SENDING:
        notices.template_is_over(db, lanes, row, now, policy.window)
    gone = row["state"] < schema.SENT and lanes.end(db, row["lane"])
    if not gone and row["state"] == schema.SENDING:
        lanes.free(db, row["lane"], now)


def row_of(db: Transaction, status: Status) -> Row | None:
    """The message of ours that WhatsApp speaks of."""
    return _row(db, "message_id", status.message_id) or _row(db, "tracker", status.tracker)


def _row(db: Transaction, column: str, value: str | None) -> Row | None:
    found: Row | None = db.execute(
        f"SELECT * FROM outbox WHERE {column} = ? LIMIT 1", (value,)
    ).fetchone()
    return found


def _apply_failure(
    db: Transaction,
    lanes: Lanes,
    policy: WhatsAppPolicy,
    row: Row,
    status: Status,
    now: float,
) -> None:
    """WhatsApp took a message and could not deliver it: again, later, or never. The id of that try
    is kept: whatever else is told of it says nothing of the next one."""
    db.execute(
        "UPDATE outbox SET refused = TRIM(refused || ' ' || ?) WHERE seq = ?",
        (status.message_id, row["seq"]),
    )
    action = policy.action(status.code, 400)
    too_old = now - row["created_at"] > policy.retry.send.give_up_after
    if too_old and action not in ("final", "park"):
        action = "park" if notices.is_news(row) else "final"
    if action not in ("final", "park") and _is_overtaken(db, row):
        action = "final"  # an answer that comes after a later one misleads
        log.error("reply_overtaken", code=status.code)
    if action == "final":
        state, due = schema.FAILED, now
    elif action == "park":
        notices.park(db, lanes, row, str(status.code), now)
        if not lanes.is_owned(db, row["lane"], now):
            lanes.free(db, row["lane"], now)
        return
    else:
        state, due = schema.PENDING, now + policy.wait(action, row["attempts"])
    if action == "phone":
        db.execute("UPDATE citizens SET use_phone = 1 WHERE lane = ?", (row["lane"],))
    db.execute(
        "UPDATE outbox SET state = ?, reason = ?, message_id = NULL WHERE seq = ?",
        (state, str(status.code), row["seq"]),
    )
    notices.template_failed(db, row)
    notices.template_is_over(db, lanes, row, now, policy.window)
    lanes.arrive(db, [row["lane"]], now)
    if not lanes.is_owned(db, row["lane"], now):
        lanes.free(db, row["lane"], due)


def is_refused(row: Row, message_id: str) -> bool:
    """Whether WhatsApp has told that this try failed."""
    return message_id in row["refused"].split()


def wait_after(policy: WhatsAppPolicy, row: Row) -> float:
    """Seconds until a message goes again whose failure was told before its call had returned."""
    reason = str(row["reason"])
    code = int(reason) if reason.isdecimal() else None
    return policy.wait(policy.action(code, 400), row["attempts"])


def _is_overtaken(db: Transaction, row: Row) -> bool:
    """Whether an answer that comes after this one was sent meanwhile. News have no place in it."""
    if notices.is_news(row):
        return False
    later = db.execute(
        "SELECT 1 FROM outbox WHERE lane = ? AND seq > ? AND state BETWEEN ? AND ? "
        "AND inbox_id NOT LIKE ? LIMIT 1",
        (row["lane"], row["seq"], schema.SENDING, schema.READ, notices.OF_NEWS),
    )
    return later.fetchone() is not None


def raise_state(db: Transaction, tracker: str, state: int, message_id: str) -> None:
    """Never downwards, never out of `failed`; the body is forgotten once it has arrived. The caller
    knows that this try is none that failed."""
    db.execute(
        "UPDATE outbox SET state = ?, message_id = ?, "
        "body = CASE WHEN ? >= 3 THEN '' ELSE body END "
        "WHERE tracker = ? AND state < ? AND state != 5",
        (state, message_id, state, tracker, state),
    )
    notices.raised(db, tracker, state)
