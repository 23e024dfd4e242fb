"""Messages for a candidate that understands them beside the live model: kept in the transaction
that ends their turn, and never more than a bounded table of them.

`api.shadow` chooses them and takes them away. Rows name their citizen by a keyed hash, so that
"delete my data" finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from api.inbox.review import day_of, named
from nlu.records import Seconds, read_record
from nlu.storage.database import Transaction
from nlu.storage.sealing import keyed_hash

SCHEMA = Path(__file__).with_name("shadow.sql").read_text("utf-8")
FILE = Path(__file__).with_name("shadow.yml")
_HOUR = 3600
_SLICE = 500


@dataclass(frozen=True)
class Rules:
    """See the comments in `shadow.yml`."""

    days: float
    most: int
    keep_hours: float
    look_seconds: Seconds
    batch: int
    idle_seconds: Seconds
    tries: int
    nice: int
    pairs: int


@cache
def load_rules(file: Path = FILE) -> Rules:
    """The rules that came with Seva. Raises RecordError."""
    return read_record(file, Rules)


@dataclass(frozen=True)
class Candidate:
    """A model beside the live one: `number` is that of its row, `live` the model that it is held
    against."""

    number: int
    model: str
    live: str


@dataclass(frozen=True)
class Sample:
    """A message for a candidate: `id` is the message's, `lane` its citizen's, `candidate` the
    number of the one, `payload` the sealed words."""

    id: str
    lane: str
    candidate: int
    payload: str


def current(db: Transaction, now: float) -> Candidate | None:
    """The candidate of now; in the first of several databases."""
    row = db.execute(
        "SELECT number, model, live FROM shadow_candidates WHERE running = 1 AND until > ?", (now,)
    ).fetchone()
    return Candidate(row["number"], row["model"], row["live"]) if row is not None else None


def insert(db: Transaction, samples: Sequence[Sample], now: float) -> None:
    """Keeps messages while there is room; a repeated one changes nothing. Turns that end at one
    moment may each find the last place free, so there may be a few more."""
    for one in samples:
        if depth(db) >= load_rules().most:
            return
        db.execute(
            "INSERT INTO shadow_messages (id, who, hour, candidate, payload) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                keyed_hash(one.id, "shadow"),
                named(one.lane),
                now // _HOUR * _HOUR,
                one.candidate,
                one.payload,
            ),
        )


def depth(db: Transaction) -> int:
    """How many messages wait, or a few more: from the first and the last number, which costs two
    look-ups however many there are."""
    row = db.execute(
        "SELECT (SELECT MIN(seq) FROM shadow_messages) AS first, "
        "(SELECT MAX(seq) FROM shadow_messages) AS last"
    ).fetchone()
    return int(row["last"]) - int(row["first"]) + 1 if row and row["first"] is not None else 0


def erase(db: Transaction, lane: str) -> None:
    """Deletes a citizen's words. Where they are compared just now, it waits for the end of that, so
    do it before what a comparison leaves for review is deleted."""
    db.execute("DELETE FROM shadow_messages WHERE who = ?", (named(lane),))


def purge(db: Transaction, now: float, counted: float | None) -> int:
    """Deletes some of the messages that nobody took, and, where it is given, what was counted on
    days before the moment `counted`; how many messages were found."""
    old = (now - load_rules().keep_hours * _HOUR,)
    some = f"SELECT seq FROM shadow_messages WHERE hour < ? LIMIT {_SLICE} {db.skip_locked}"
    gone = db.execute(f"DELETE FROM shadow_messages WHERE seq IN ({some})", old).rowcount
    if counted is not None:
        db.execute("DELETE FROM shadow_counts WHERE day < ?", (day_of(counted),))
        db.execute("DELETE FROM shadow_candidates WHERE ended_at < ?", (counted,))
    return gone
