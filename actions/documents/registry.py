"""The registry of issued documents: tables, and the log that proves what they say.

In a SQLite file of one machine the log is a folder beside it, and the lock of each transaction also
orders what is appended to the log. In PostgreSQL the log is in the same database.

Each act is written down first; then it is logged and takes effect in one transaction (`settle`). A
crash in between leaves an act that is written down. The next process that settles it finishes it
and never logs it twice.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg2
from typing_extensions import Literal

from actions.documents.event_log import EventLog
from actions.transparency.folder import LogError
from actions.transparency.note import NoteError
from actions.transparency.tiles import TileError
from nlu.log import get_logger
from nlu.records import read_record
from nlu.storage.database import Database, Row, Tables, Transaction, marks
from nlu.storage.open import open_database

SALT_BYTES = 16
State = Literal["pending", "valid", "revoked", "replaced"]
Kind = Literal["issued", "revoked", "replaced"]
TABLES = Tables(
    "documents",
    Path(__file__).with_name("registry.sql").read_text("utf-8"),
    Path(__file__).parents[1] / "migrations" / "documents",
)
T = TypeVar("T")
_log = get_logger(__name__)


def log_entry(salt: bytes, content: bytes) -> bytes:
    """The entry for `content`: 32 bytes that say nothing without the content and the salt."""
    return hashlib.sha256(salt + hashlib.sha256(content).digest()).digest()


class NotRecorded(Exception):
    """The registry or the log failed, so nothing took effect. The caller may try again."""


class KeyTaken(Exception):
    """The department has used this idempotency key before."""


class WrongState(Exception):
    """The state of the document does not allow this."""


@dataclass(frozen=True)
class DocumentRecord:
    """A document as a row of the registry. Times are Unix seconds."""

    id: str
    department: str
    form: str
    kid: str
    issued_at: int
    expires_at: int | None
    request_key: str
    request: str
    token_hash: str
    sealed: str
    state: State = "pending"
    changed_at: int | None = None
    reason: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True)
class LogEvent:
    """An event for the log. `detail` is the reason of a revocation or the id of a replacement."""

    document: str
    kind: Kind
    at: int
    detail: str | None
    salt: bytes
    leaf: bytes


@dataclass(frozen=True)
class Logged:
    """The entry of the log for the issue of a document."""

    index: int
    leaf: bytes
    salt: bytes


_COLUMNS = ", ".join(field.name for field in fields(DocumentRecord))


class Registry:
    """The registry in a database. Threads, processes and, in PostgreSQL, machines share it."""

    def __init__(self, url: str, event_log: EventLog) -> None:
        """Raises NotRecorded, and ValueError for tables of another version."""
        self._event_log = event_log
        with _recorded():
            self._database: Database = open_database(url, TABLES)

    def begin(
        self, act: str, entries: Sequence[LogEvent], document: DocumentRecord | None = None
    ) -> None:
        """Writes down an act, with the new document if there is one.

        Raises KeyTaken, WrongState.
        """

        with _recorded():
            size = self._event_log.size

        def work(db: Transaction) -> None:
            if document is not None:
                _insert(db, document)
            for entry in entries:
                known = _one(db, f"id = ? {db.for_update}", entry.document)
                wanted = "pending" if entry.kind == "issued" else "valid"
                if known is None or known.state != wanted:
                    raise WrongState(known.state if known else "unknown")
                db.execute(
                    "INSERT INTO entries (act, document, kind, at, detail, salt, leaf, log_from)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (act, *astuple(entry), size),
                )

        self._change(work)

    def settle(self, act: str) -> None:
        """Logs an act that was written down and lets it take effect, if that is not done yet."""

        def work(db: Transaction) -> None:
            rows = db.execute(
                "SELECT * FROM entries WHERE act = ? AND log_index IS NULL"
                f" ORDER BY number {db.for_update}",
                (act,),
            ).fetchall()
            if not rows:
                return
            leaves = [bytes(row["leaf"]) for row in rows]
            first = self._event_log.enter(db, leaves, rows[0]["log_from"])
            for index, row in enumerate(rows, first):
                where = (index, row["number"])
                db.execute("UPDATE entries SET log_index = ? WHERE number = ?", where)
                _take_effect(db, row)

        self._change(work)

    def settle_all(self, document_id: str | None = None) -> int:
        """Finishes acts that crashes left half done, of one document or of all.

        Returns how many.
        """
        query = "SELECT DISTINCT act FROM entries WHERE log_index IS NULL"
        if document_id is None:
            rows = self._look(lambda db: db.execute(query).fetchall())
        else:
            one = f"{query} AND document = ?"
            rows = self._look(lambda db: db.execute(one, (document_id,)).fetchall())
        for row in rows:
            self.settle(row["act"])
        return len(rows)

    def await_signed(self, document_id: str) -> None:
        """Returns once the log has signed all that happened to a document: it may leave then.

        Raises NotRecorded.
        """
        last = "SELECT MAX(log_index) FROM entries WHERE document = ?"
        ((index,),) = self._look(lambda db: db.execute(last, (document_id,)).fetchall())
        if index is not None:
            with _recorded():
                self._event_log.await_signed(index)

    def by_id(self, document_id: str) -> DocumentRecord | None:
        """The document with this id."""
        return self._read("id = ?", document_id)

    def by_request(self, department: str, key: str) -> DocumentRecord | None:
        """The document that a department asked for with this idempotency key."""
        return self._read("department = ? AND request_key = ?", department, key)

    def by_token(self, token_hash: str) -> DocumentRecord | None:
        """The document whose PDF has the secret with this hash."""
        return self._read("token_hash = ?", token_hash)

    def valid_with_key(self, kid: str) -> list[str]:
        """Ids of the valid documents that a key signed."""
        query = "SELECT id FROM documents WHERE kid = ? AND state = 'valid' ORDER BY issued_at"
        rows = self._look(lambda db: db.execute(query, (kid,)).fetchall())
        return [row["id"] for row in rows]

    def logged(self, document_id: str) -> Logged | None:
        """The entry of the log for the issue of a document, or None while it is not logged."""
        query = (
            "SELECT log_index, leaf, salt FROM entries"
            " WHERE document = ? AND kind = 'issued' AND log_index IS NOT NULL"
        )
        row = self._look(lambda db: db.execute(query, (document_id,)).fetchone())
        return row and Logged(row["log_index"], bytes(row["leaf"]), bytes(row["salt"]))

    def close(self) -> None:
        """Frees the connections. Nothing is lost if nobody calls it."""
        self._database.close()

    def _read(self, where: str, *values: str) -> DocumentRecord | None:
        if any("\0" in value for value in values):
            return None  # PostgreSQL takes no such text, so nothing has it
        return self._look(lambda db: _one(db, where, *values))

    def _change(self, work: Callable[[Transaction], T]) -> T:
        with _recorded():
            return self._database.change(work)

    def _look(self, query: Callable[[Transaction], T]) -> T:
        with _recorded():
            return self._database.look(query)


@contextmanager
def _recorded() -> Iterator[None]:
    """Raises NotRecorded for what went wrong in the registry or the log."""
    try:
        yield
    except (sqlite3.Error, psycopg2.Error, OSError, LogError, NoteError, TileError) as error:
        raise NotRecorded(str(error)) from error


def _one(db: Transaction, where: str, *values: str) -> DocumentRecord | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM documents WHERE {where}", values).fetchone()
    return row and DocumentRecord(**dict(row))


def _insert(db: Transaction, document: DocumentRecord) -> None:
    """Raises KeyTaken."""
    done = db.execute(
        f"INSERT INTO documents ({_COLUMNS}) VALUES ({marks(len(fields(DocumentRecord)))})"
        " ON CONFLICT (department, request_key) DO NOTHING",
        astuple(document),
    )
    if done.rowcount == 0:
        raise KeyTaken


def status(registry: Registry, event_log: EventLog, document_id: str) -> dict[str, Any]:
    """The answer of `GET /c/<id>/status`. It holds no personal data.

    A document that is not in the log yet is `unknown`: nobody has got it.
    """
    document = registry.by_id(document_id)
    if document is None or document.state == "pending":
        nothing = dict.fromkeys(("changed_at", "reason", "replaced_by", "log"))
        return {"id": document_id, "state": "unknown", **nothing}
    return {
        "id": document.id,
        "state": document.state,
        "changed_at": document.changed_at,
        "reason": document.reason and revocations().get(document.reason),
        "replaced_by": document.replaced_by,
        "log": _proof(registry, event_log, document.id),
    }


@lru_cache(maxsize=1)
def revocations() -> Mapping[str, Mapping[str, str]]:
    """The words of each reason for a revocation, by code."""
    file = Path(__file__).with_name("revocations.yml")
    found: Mapping[str, Mapping[str, str]] = read_record(file, dict[str, dict[str, str]])
    return found


def _take_effect(db: Transaction, entry: Row) -> None:
    """Writes the new state of the document.

    A revocation stays even if another act began earlier.
    """
    document = entry["document"]
    if entry["kind"] == "issued":
        db.execute("UPDATE documents SET state = 'valid' WHERE id = ?", (document,))
    elif entry["kind"] == "revoked":
        db.execute(
            "UPDATE documents SET state = 'revoked', changed_at = ?, reason = ? WHERE id = ?",
            (entry["at"], entry["detail"], document),
        )
    else:
        db.execute(
            "UPDATE documents SET changed_at = ?, replaced_by = ?,"
            " state = CASE state WHEN 'valid' THEN 'replaced' ELSE state END WHERE id = ?",
            (entry["at"], entry["detail"], document),
        )


def _proof(registry: Registry, event_log: EventLog, document_id: str) -> dict[str, Any] | None:
    """The proof of a document, or None if the log cannot prove it now."""
    logged = registry.logged(document_id)
    if logged is None:
        return None
    try:
        receipt = event_log.receipt(logged.index)
    except (OSError, LogError, NoteError, TileError, IndexError) as error:
        _log.error("log_cannot_prove", index=logged.index, error=str(error))
        return None
    return {
        "index": receipt.index,
        "leaf": logged.leaf.hex(),
        "size": receipt.size,
        "proof": [node.hex() for node in receipt.proof],
        "checkpoint": receipt.checkpoint,
        "salt": logged.salt.hex(),
    }
