"""What was said about a request that was handed over: by its citizen, an officer, or Seva.

Each entry has a place in its request, so that who asks for what came after a place misses nothing.
What is to go to the citizen waits here until the outbox has it (`actions.desk.delivery`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actions.citizens.handover_tables import HANDOVERS, TALK
from nlu.storage.sealed_table import SealedTable
from nlu.storage.sealing import keyed_hash, seal, unseal
from nlu.storage.tables import delete_in_slices

CITIZEN, OFFICER, SEVA, NOTE, EVENT = "citizen", "officer", "seva", "note", "event"
"""Kinds of entries. What an `officer` and `seva` say goes to the citizen; a note and an event are
for officers."""
KEPT, WAITS, SENT, NOBODY = "", "waits", "sent", "nobody"
"""How far an entry is on its way: to nobody, not yet in the outbox, there, or not deliverable."""
_MOST = 200


@dataclass(frozen=True)
class Entry:
    """One entry. `said` holds `text` in words of a person, or `phrase` with `fields` in words of
    Seva; of a citizen also `spoken`, `sent` (the kind of a file) and `about` (facts asked for)."""

    id: str
    number: str
    place: int
    at: float
    kind: str
    officer: str | None
    sending: str
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Talking:
    """The talk that a message of a citizen belongs to. `known`: the kind of the entry that an
    earlier try of this turn left, with what it `said`; then the talk may be over."""

    number: str
    since: float
    known: str | None = None
    said: Mapping[str, Any] | None = None


def citizens_hash(citizen: str) -> str:
    """By it a citizen's requests and talk are found."""
    return keyed_hash(citizen, "handover-citizen")


def is_known(db: sa.engine.Connection, name: str) -> bool:
    """Whether there is an entry of that id."""
    return db.execute(sa.select(TALK.c.id).where(TALK.c.id == name)).first() is not None


class Talk:
    """Entries in a database; each call is a transaction of its own, but for `add`."""

    def __init__(self, engine: sa.engine.Engine) -> None:
        self._engine = engine
        self.table = SealedTable("talks", engine, TALK, ["said"], _entry)

    def add(
        self,
        db: sa.engine.Connection,
        number: str,
        kind: str,
        said: Mapping[str, Any],
        at: float,
        *,
        name: str | None = None,
        officer: str | None = None,
        sending: str = KEPT,
        if_talker: str | None = None,
        **changes: Any,
    ) -> bool:
        """Puts an entry behind the others, in the caller's transaction; whether there was none of
        that `name`. `changes` are made to the request with it; `if_talker`: only while that citizen
        talks there. Raises KeyError where the request is gone, or its talk."""
        name = name or secrets.token_hex(16)
        this = HANDOVERS.c.number == number
        if if_talker is not None:
            this = this & (HANDOVERS.c.talker == if_talker) & HANDOVERS.c.closed.is_(False)
        # First of all, for it locks the request: two entries never get one place.
        values = {"entries": HANDOVERS.c.entries + 1, **changes}
        if db.execute(HANDOVERS.update().where(this).values(**values)).rowcount == 0:
            raise KeyError(number)
        if is_known(db, name):
            return False
        counted = sa.select(HANDOVERS.c.entries).where(HANDOVERS.c.number == number)
        row = {"number": number, "place": db.execute(counted).scalar(), "at": at, "kind": kind}
        more = {"officer": officer, "sending": sending, "said": seal(dict(said))}
        db.execute(TALK.insert().values(id=name, **row, **more))
        return True

    def of_message(self, citizen: str, message: str) -> Talking | None:
        """Where a message of a citizen belongs; None while the bot answers. One look-up by index:
        every turn begins with it."""
        talks = sa.select(
            HANDOVERS.c.number,
            sa.func.coalesce(HANDOVERS.c.answered, HANDOVERS.c.claimed, 0.0).label("since"),
            sa.null().label("known"),
            sa.null().label("said"),
        ).where(
            (HANDOVERS.c.talker == citizens_hash(citizen)) & HANDOVERS.c.closed.is_(False),
        )
        query: Any = talks
        if message:
            known = sa.select(
                TALK.c.number, TALK.c.at.label("since"), TALK.c.kind.label("known"), TALK.c.said
            ).where(TALK.c.id == _name(citizen, message))
            query = sa.union_all(known, talks)
        with self._engine.connect() as db:
            rows = db.execute(query).mappings().all()
        row = next((one for one in rows if one["known"]), rows[0] if rows else None)
        if row is None:
            return None
        said = unseal(row["said"]) if row["said"] else None
        return Talking(row["number"], float(row["since"]), row["known"], said)

    def heard(
        self, number: str, citizen: str, message: str, said: Mapping[str, Any], at: float
    ) -> bool:
        """Keeps words of the citizen, the same message once; False where the talk is over."""
        return self._of_citizen(number, citizen, message, CITIZEN, said, at, {"wrote": at})

    def left(self, number: str, citizen: str, message: str, phrase: str, at: float) -> bool:
        """Ends the talk for a message of the citizen, so that the bot speaks again; the officer is
        told by an event. False where it was over."""
        ends = {"talker": None, "wrote": at}
        return self._of_citizen(number, citizen, message, EVENT, {"phrase": phrase}, at, ends)

    def _of_citizen(
        self,
        number: str,
        citizen: str,
        message: str,
        kind: str,
        said: Mapping[str, Any],
        at: float,
        changes: Mapping[str, Any],
    ) -> bool:
        mine, name = citizens_hash(citizen), _name(citizen, message) if message else None
        try:
            with self._engine.begin() as db:
                self.add(db, number, kind, said, at, name=name, if_talker=mine, **changes)
        except KeyError:
            return False
        return True

    def entries(self, number: str, after: int = 0) -> list[Entry]:
        """What was said after a place, at most two hundred entries, in order."""
        where = (TALK.c.number == number) & (TALK.c.place > after)
        return self.table.some(where, TALK.c.place, _MOST)

    def last(self, number: str) -> list[Entry]:
        """The last two hundred entries, in order."""
        found = self.table.some(TALK.c.number == number, TALK.c.place.desc(), _MOST)
        return found[::-1]

    def unsent(self, number: str | None = None) -> list[Entry]:
        """What waits to go to citizens, of one request or all, each in its order."""
        where = TALK.c.sending == WAITS
        if number is not None:
            where = where & (TALK.c.number == number)
        rows = self.table.some(where, TALK.c.number, _MOST)
        return sorted(rows, key=lambda one: (one.number, one.place))

    def sent(self, name: str, sending: str) -> None:
        """Notes how far an entry is on its way."""
        with self._engine.begin() as db:
            db.execute(TALK.update().where(TALK.c.id == name).values(sending=sending))

    def forget(self) -> int:
        """Deletes the entries of requests that are gone; how many."""
        theirs = sa.exists().where(HANDOVERS.c.number == TALK.c.number)
        return delete_in_slices(self._engine, TALK, ~theirs)


def _name(citizen: str, message: str) -> str:
    """The id of the entry of a citizen's message: the same however often its turn is run."""
    return keyed_hash(f"{citizen}:{message}", "handover-talk")


def _entry(row: Mapping[str, Any]) -> Entry:
    names = ("id", "number", "place", "at", "kind", "officer", "sending")
    return Entry(**{name: row[name] for name in names}, said=unseal(row["said"]))
