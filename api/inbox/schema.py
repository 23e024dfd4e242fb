"""Tables of inbox, outbox and trackers (`schema.sql`). States from pending on grow upwards."""

from __future__ import annotations

from pathlib import Path

from api.inbox.review import SCHEMA as REVIEW
from api.inbox.shadow import SCHEMA as SHADOW
from nlu.storage.database import Tables
from nlu.storage.windows import SCHEMA as WINDOWS

WAITING, DONE, DEAD = 0, 1, 2
PENDING, SENDING, SENT, DELIVERED, READ, FAILED = 0, 1, 2, 3, 4, 5
READY = SENT  # of a channel that is fetched: nothing is left to us but to be asked
PARKED, SPARE = -1, -2  # until the citizen writes; a template, until it is needed
STATUS_STATES = {"sent": SENT, "delivered": DELIVERED, "read": READ, "played": READ}

TABLES = Tables(
    "inbox",
    Path(__file__).with_name("schema.sql").read_text("utf-8") + WINDOWS + REVIEW + SHADOW,
    Path(__file__).parents[1] / "migrations" / "inbox",
)
