"""Every write to a department on disk: what is intended before it is sent, what came of it after.

A write is known by its department and Idempotency-Key. What the citizen told, the answer and the
key itself lie sealed; the row's name is a hash of the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast, get_args

import sqlalchemy as sa

from actions.departments.journal_tables import NONCES, TABLES, WRITES
from actions.departments.request import Context, Origin
from actions.departments.result import OperationResult, Wanted
from nlu.known_fields import known_fields
from nlu.settings.groups import Tables
from nlu.storage.sealed_table import SealedTable
from nlu.storage.sealing import Unreadable, keyed_hash, seal, unseal
from nlu.storage.tables import delete_in_slices, open_tables
from nlu.turn import Document

State = Literal[
    "sending",  # on its way, or the process died on its way: may have arrived
    "unsure",  # no answer: may have arrived
    "unsent",  # surely not carried out; may be sent
    "pending",  # accepted, to be answered later
    "settled",  # answered; with `due_at`, the citizen has yet to be told
]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Write:
    """A write as it was asked for; `context.request_id` is its Idempotency-Key."""

    department: str
    operation: str
    values: Mapping[str, str]
    context: Context

    @property
    def id(self) -> str:
        """The row's name; says nothing about the citizen."""
        return row_id(self.department, self.context.request_id)


@dataclass(frozen=True)
class Entry:
    """A write and what is known of it. Moments are seconds since 1970."""

    write: Write
    state: State
    sent_by: float
    """No attempt so far was sent later than this."""
    result: OperationResult | None = None
    """The answer of a settled or pending write; of others, why there is none."""
    due_at: float | None = None
    """When the department is asked, or the citizen told, without anyone waiting for it."""
    until: float | None = None
    """When the asking is given up."""
    version: int = 0
    news: bool = False
    """Of a pending write: `result` came in between, and the citizen has yet to be told."""


class Journal:
    """The table of writes. All methods block: call them in a thread."""

    def __init__(self, url: str) -> None:
        """SQLAlchemy URL of SQLite or PostgreSQL; tables are made if they are not there."""
        self._engine = open_tables(url, TABLES)
        sealed = ("request", "result")
        self.table = SealedTable("journal", self._engine, WRITES, sealed, _entry)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Journal:
        """In the database of `database_url`."""
        return cls(database_url(environ))

    def open(self, entry: Entry) -> Entry | None:
        """Keep a new write: None. The entry that is there already if it is not new."""
        row = {"id": entry.write.id, "department": entry.write.department, **_columns(entry)}
        row["citizen"] = _who(entry.write.context.citizen)
        try:
            with self._engine.begin() as db:
                db.execute(WRITES.insert().values(request=_sealed(entry.write), **row))
        except sa.exc.IntegrityError:
            return self._known(entry.write)
        return None

    def find(self, department: str, key: str) -> Entry | None:
        """The entry of an Idempotency-Key. Raises Unreadable."""
        return self.table.one(WRITES.c.id == row_id(department, key))

    def _known(self, write: Write) -> Entry:
        """The entry of a write that is there; unsure where it cannot be read."""
        this = WRITES.c.id == write.id
        try:
            found = self.table.one(this)
            assert found is not None
            return found
        except Unreadable:
            with self._engine.connect() as db:
                row = db.execute(sa.select(WRITES).where(this)).mappings().one()
            answered = row["state"] in ("settled", "pending")
            state = cast(State, "unsure" if answered else row["state"])
            return _read({**row, "state": state, "result": None}, write)

    def move(self, entry: Entry, **changes: Any) -> Entry | None:
        """The entry with `changes` kept; None if another changed it since it was read. What is not
        changed stays as it lies there: a newer Seva may have written more than is read here."""
        changed = replace(entry, version=entry.version + 1, **changes)
        this = (WRITES.c.id == entry.write.id) & (WRITES.c.version == entry.version)
        columns = _columns(changed)
        if "write" in changes:
            columns["request"] = _sealed(changed.write)
        with self._engine.begin() as db:
            if entry.result is not None and "result" not in changes:
                there = db.execute(sa.select(WRITES.c.result).where(this)).scalar()
                columns["result"] = there and _with_news(there, changed.news)
            done = db.execute(WRITES.update().where(this).values(**columns))
        return changed if done.rowcount == 1 else None

    def answered(self, citizen: str, most: int) -> list[Entry]:
        """The citizen's latest writes that a department answered, the latest first."""
        own = (WRITES.c.citizen == _who(citizen)) & WRITES.c.state.in_(("settled", "pending"))
        return self.table.some(own, WRITES.c.sent_by.desc(), most)

    def unlink(self, citizen: str) -> None:
        """Nobody finds the citizen's writes by who they are any more; what is under way goes on."""
        own = WRITES.c.citizen == _who(citizen)
        with self._engine.begin() as db:
            db.execute(WRITES.update().where(own).values(citizen=None))

    def due(self, now: float, limit: int) -> list[Entry]:
        """Entries to ask after or to tell, longest due first."""
        return self.table.some(WRITES.c.due_at <= now, WRITES.c.due_at, limit)

    def unsettled(self, now: float) -> dict[str, tuple[int, float]]:
        """By state: writes that are yet to be asked after or told, and the age of the oldest in
        seconds. Those that cannot be read count too."""
        count, first = sa.func.count(), sa.func.min(WRITES.c.sent_by)
        asked = sa.select(WRITES.c.state, count, first).where(WRITES.c.due_at.isnot(None))
        with self._engine.connect() as db:
            rows = db.execute(asked.group_by(WRITES.c.state)).all()
        return {state: (number, max(0.0, now - oldest)) for state, number, oldest in rows}

    def forget(self, before: float) -> int:
        """Delete what is over since before that moment, nonces too; how many writes. Kept is what
        the department has yet to answer, and the citizen to be told."""
        over = (WRITES.c.state != "pending") & WRITES.c.due_at.is_(None)
        delete_in_slices(self._engine, NONCES, NONCES.c.seen_at < before)
        return delete_in_slices(self._engine, WRITES, over & (WRITES.c.sent_by < before))

    def remember(self, department: str, nonce: str, now: float) -> bool:
        """Keep the nonce of a callback; False if it was seen before."""
        try:
            with self._engine.begin() as db:
                row = {"id": row_id(department, nonce), "seen_at": now}
                db.execute(NONCES.insert().values(**row))
        except sa.exc.IntegrityError:
            return False
        return True

    def seen(self, department: str, nonce: str) -> bool:
        """Whether the nonce is kept."""
        this = sa.select(NONCES.c.id).where(NONCES.c.id == row_id(department, nonce))
        with self._engine.connect() as db:
            return db.execute(this).first() is not None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def database_url(environ: Mapping[str, str] | None = None) -> str:
    """Where the tables of SEVA_JOURNAL_URL are. Raises WrongEnvironment."""
    settings = Tables.read(environ)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    return settings.tables_url


def row_id(department: str, key: str) -> str:
    """SHA-256 of department and key."""
    return hashlib.sha256(f"{department}\0{key}".encode()).hexdigest()


def _who(citizen: str) -> str:
    return keyed_hash(citizen, "journal")


def _sealed(write: Write) -> str:
    content = {"values": dict(write.values), **asdict(write.context)}
    return seal(content)


def _columns(entry: Entry) -> dict[str, Any]:
    """What may change of an entry."""
    result = entry.result and seal({**asdict(entry.result), "news": entry.news})
    return {
        "operation": entry.write.operation,
        "state": entry.state,
        "result": result,
        "sent_by": entry.sent_by,
        "due_at": entry.due_at,
        "until": entry.until,
        "version": entry.version,
        "unreadable_at": None,
    }


def _entry(row: Mapping[str, Any]) -> Entry:
    """The entry of a row. Raises Unreadable."""
    content = _opened(row["request"])
    origin = Origin(**known_fields(Origin, content.get("origin", {})))
    context = Context(**known_fields(Context, {**content, "origin": origin}))
    values = content["values"]
    return _read(row, Write(row["department"], row["operation"], values, context))


def _read(row: Mapping[str, Any], write: Write) -> Entry:
    content = _opened(row["result"]) if row["result"] else {}
    news = content.get("news", False)
    return Entry(
        write,
        cast(State, row["state"]),
        row["sent_by"],
        _result(content) if content else None,
        row["due_at"],
        row["until"],
        row["version"],
        news,
    )


def _with_news(token: str, news: bool) -> str:
    """The result as it is, and whether the citizen has yet to be told."""
    content = _opened(token)
    return token if content.get("news", False) == news else seal({**content, "news": news})


def _opened(token: str) -> dict[str, Any]:
    """Raises Unreadable."""
    found = unseal(token)
    return json.loads(found) if isinstance(found, str) else found  # text: as it was at first


def _result(content: dict[str, Any]) -> OperationResult:
    document, wanted = content["document"], content.get("wanted")
    parts = {
        "document": Document(**known_fields(Document, document)) if document else None,
        "wanted": Wanted(**known_fields(Wanted, wanted)) if wanted else None,
    }
    return OperationResult(**known_fields(OperationResult, {**content, **parts}))
