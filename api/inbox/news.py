"""News in the outbox that answers no message, and the template that stands in for it.

WhatsApp takes free text for 24 hours after the citizen's last message only. A notice therefore has
a spare row beside its messages: the template. It goes where the messages cannot, and they are
parked until the citizen writes; where the template says all that they say, they are done with it.
"""

from __future__ import annotations

from api.channel import channel_of
from api.inbox.lanes import Lanes
from api.inbox.payloads import keep_reply
from api.inbox.port import News
from api.inbox.schema import DELIVERED, FAILED, PARKED, PENDING, READY, SENDING, SENT, SPARE
from nlu.storage.database import Row, Transaction

PREFIX = "notice/"
"""Before the id of a notice where replies have the id of the message they answer."""
OF_NEWS = f"{PREFIX}%"
"""The pattern of their ids."""
_TEMPLATE = ":template"
_OF_A_ROW = ("inbox_id", "step", "tracker", "lane", "body")
_WHOLE, _PARTLY = -1, -2
"""Steps of a template that says all that its messages say, and of one that does not."""


def key(news: News) -> str:
    """What its rows have in `inbox_id`."""
    return PREFIX + news.id


def is_news(row: Row) -> bool:
    """Whether a message of the outbox answers none."""
    return str(row["inbox_id"]).startswith(PREFIX)


def is_known(db: Transaction, news: News) -> bool:
    """Whether a notice of this id was taken before."""
    found = db.execute("SELECT 1 FROM outbox WHERE inbox_id = ? LIMIT 1", (key(news),))
    return found.fetchone() is not None


def add_template(db: Transaction, news: News, now: float, trace: str | None = None) -> None:
    """Puts the template beside the notice's messages, where the channel ever needs one."""
    if news.template is not None and channel_of(news.lane).has_window:
        db.execute(
            "INSERT INTO outbox (inbox_id, step, tracker, lane, body, state, created_at, trace) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(key(news), _WHOLE if news.whole else _PARTLY),
                *(key(news) + _TEMPLATE, news.lane, keep_reply(news.template), SPARE, now, trace),
            ),
        )


def park_news(db: Transaction, lanes: Lanes, news: News, now: float) -> None:
    """`park` of news that were just added, for a citizen who has been silent for too long."""
    first = "SELECT * FROM outbox WHERE inbox_id = ? AND step = 0"
    row = db.execute(first, (key(news),)).fetchone()
    park(db, lanes, row, "silent", now)


def park(db: Transaction, lanes: Lanes, row: Row, reason: str, now: float) -> None:
    """Keeps a message, and those after it in the same answer, until the citizen writes; of news
    the template goes."""
    if row["step"] < 0:  # a template may go at any time: whatever this is, it will not mend
        db.execute(
            "UPDATE outbox SET state = ?, reason = ? WHERE seq = ?", (FAILED, reason, row["seq"])
        )
        template_failed(db, row)
        return
    db.execute(
        "UPDATE outbox SET state = ?, reason = ?, message_id = NULL WHERE seq = ?",
        (PARKED, reason, row["seq"]),
    )
    db.execute(
        "UPDATE outbox SET state = ? WHERE inbox_id = ? AND step >= 0 AND state = ?",
        (PARKED, row["inbox_id"], PENDING),
    )
    goes = db.execute(
        "UPDATE outbox SET state = ?, created_at = ? WHERE tracker = ? AND state = ?",
        (PENDING, now, row["inbox_id"] + _TEMPLATE, SPARE),
    )
    if goes.rowcount:
        lanes.arrive(db, [row["lane"]], now)


def is_quiet(db: Transaction, lane: str) -> bool:
    """Whether a citizen wants no news."""
    found = db.execute("SELECT 1 FROM quiet WHERE lane = ?", (lane,))
    return found.fetchone() is not None


def hold_back(db: Transaction, lane: str) -> None:
    """News that are not on their way yet wait until the citizen wants them, templates too."""
    db.execute(
        "UPDATE outbox SET state = CASE WHEN step < 0 THEN ? ELSE ? END "
        "WHERE lane = ? AND state < 2 AND state = ? AND inbox_id LIKE ?",
        (SPARE, PARKED, lane, PENDING, OF_NEWS),
    )


def hold_back_ready(db: Transaction, news: News) -> None:
    """News of a channel that is fetched, which were just added, wait as `hold_back` says."""
    db.execute("UPDATE outbox SET state = ? WHERE inbox_id = ?", (PARKED, key(news)))


def _make_ready(db: Transaction, lane: str, now: float) -> None:
    """What was parked can be fetched. It gets a new number: who has fetched up to a number asks for
    what comes after it."""
    parked = "SELECT * FROM outbox WHERE lane = ? AND state = ? ORDER BY seq"
    for row in db.execute(parked, (lane, PARKED)).fetchall():
        db.execute("DELETE FROM outbox WHERE seq = ?", (row["seq"],))
        db.execute(
            "INSERT INTO outbox (inbox_id, step, tracker, lane, body, state, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*(row[name] for name in _OF_A_ROW), READY, now),
        )


def unpark(db: Transaction, lanes: Lanes, lane: str, now: float) -> None:
    """The citizen wrote: what was parked goes, and templates that have not gone need not. News for
    one who wants none stay.

    The messages of a template that is being sent at this moment wait until it is known to be sent.
    """
    if channel_of(lane).is_fetched:
        if not is_quiet(db, lane):
            _make_ready(db, lane, now)
        return
    held = OF_NEWS if is_quiet(db, lane) else ""
    head = lanes.head(db, lane)
    # `state < 2` is the condition of the index: this runs for every message that comes in
    db.execute(
        "UPDATE outbox SET state = ? WHERE lane = ? AND state < 2 AND step < 0 AND state = ?",
        (SPARE, lane, PENDING),
    )
    back = db.execute(
        "UPDATE outbox SET state = ?, created_at = ? "  # the time it waited is no failed try
        "WHERE lane = ? AND state < 2 AND state = ? AND inbox_id NOT LIKE ? AND NOT EXISTS "
        "(SELECT 1 FROM outbox t WHERE t.tracker = outbox.inbox_id || ? AND t.state = ?)",
        (PENDING, now, lane, PARKED, held, _TEMPLATE, SENDING),
    )
    if back.rowcount:
        lanes.arrive(db, [lane], now)
    waited = head is not None and head["step"] < 0 and head["state"] == PENDING
    if waited and not lanes.is_owned(db, lane, now):
        lanes.free(db, lane, now)  # not what waits for the template that need not go


def raised(db: Transaction, tracker: str, state: int) -> None:
    """A message got as far as `state`: what that means for the rest of its news."""
    if not tracker.startswith(PREFIX):
        return
    row = db.execute("SELECT * FROM outbox WHERE tracker = ?", (tracker,)).fetchone()
    if row is None:  # purged meanwhile
        return
    if row["step"] == 0 and state >= DELIVERED:
        db.execute(
            "DELETE FROM outbox WHERE tracker = ? AND state = ?",
            (row["inbox_id"] + _TEMPLATE, SPARE),
        )
    if row["step"] == _WHOLE:
        db.execute(
            "UPDATE outbox SET state = ?, body = CASE WHEN ? >= ? THEN '' ELSE body END "
            "WHERE inbox_id = ? AND step >= 0 AND message_id IS NULL AND state IN (?, ?)",
            (state, state, DELIVERED, row["inbox_id"], PARKED, SENT),
        )


def template_is_over(
    db: Transaction, lanes: Lanes, row: Row | None, now: float, window: float
) -> None:
    """A template was sent, or will never be: a citizen who wrote meanwhile gets its messages."""
    if row is not None and row["step"] < 0:
        wrote = "SELECT 1 FROM citizens WHERE lane = ? AND seen_at > ?"
        if db.execute(wrote, (row["lane"], now - window)).fetchone():
            unpark(db, lanes, row["lane"], now)


def template_failed(db: Transaction, row: Row) -> None:
    """WhatsApp took a template and could not deliver it: its messages wait for the citizen."""
    if row["step"] < 0:
        db.execute(
            "UPDATE outbox SET state = ? "
            "WHERE inbox_id = ? AND step >= 0 AND message_id IS NULL AND state = ?",
            (PARKED, row["inbox_id"], SENT),
        )
