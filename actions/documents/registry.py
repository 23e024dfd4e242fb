"""The registry of issued documents: a SQLite file beside the log that proves what it says.

sqlite3 and not SQLAlchemy: the log is files of one machine, so its registry is one too, and each
step must be one durable transaction whose lock also orders what is appended to the log.

Every act is written down first, then logged, then takes effect (`settle`). A crash in between
leaves an act that is written down: whoever settles next finishes it, and never logs it twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from typing_extensions import Literal

from actions.documents.ledger import Ledger
from actions.transparency.folder import LogError
from actions.transparency.note import NoteError
from actions.transparency.tiles import TileError
from nlu.storage.write_ahead import write_ahead

State = Literal["pending", "valid", "revoked", "replaced"]
Kind = Literal["issued", "revoked", "replaced"]
_WAIT_S = 30.0


class NotRecorded(Exception):
    """The registry or the log could not take it, so nothing took effect; it may be tried again."""


class KeyTaken(Exception):
    """The department has used this idempotency key before."""


class WrongState(Exception):
    """The document is not in a state in which this can be done."""


@dataclass(frozen=True)
class Document:
    """A row of the registry; times are Unix seconds."""

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
class Entry:
    """An event for the log. `detail`: reason of a revocation, id of a replacement."""

    document: str
    kind: Kind
    at: int
    detail: str | None
    salt: bytes
    leaf: bytes


@dataclass(frozen=True)
class Logged:
    """Where the log has the issue of a document."""

    index: int
    leaf: bytes
    salt: bytes


class Registry:
    """The registry in a SQLite file. Processes may share it; each transaction has a connection."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self._path, self._ledger = path, ledger
        with self._reading() as db:
            write_ahead(db)
            db.executescript(Path(__file__).with_name("registry.sql").read_text("utf-8"))

    def begin(self, act: str, entries: Sequence[Entry], document: Document | None = None) -> None:
        """Write down an act, with the new document if it makes one. Raises KeyTaken, WrongState."""
        with self._writing() as db:
            size = self._ledger.size
            if document is not None:
                key = (document.department, document.request_key)
                if self._one(db, "department = ? AND request_key = ?", *key) is not None:
                    raise KeyTaken
                marks = ", ".join("?" * len(fields(Document)))
                db.execute(f"INSERT INTO documents VALUES ({marks})", astuple(document))
            for entry in entries:
                known = self._one(db, "id = ?", entry.document)
                wanted = "pending" if entry.kind == "issued" else "valid"
                if known is None or known.state != wanted:
                    raise WrongState(known.state if known else "unknown")
                db.execute(
                    "INSERT INTO entries (act, document, kind, at, detail, salt, leaf, log_from)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (act, *astuple(entry), size),
                )

    def settle(self, act: str) -> None:
        """Log what was written down and let it take effect; nothing to do if that was done."""
        with self._writing() as db:
            rows = db.execute(
                "SELECT * FROM entries WHERE act = ? AND log_index IS NULL ORDER BY number", (act,)
            ).fetchall()
            if not rows:
                return
            first = self._ledger.find(rows[0]["leaf"], rows[0]["log_from"])
            if first is None:
                first = self._ledger.append_many([row["leaf"] for row in rows])[0]
            for index, row in enumerate(rows, first):
                where = (index, row["number"])
                db.execute("UPDATE entries SET log_index = ? WHERE number = ?", where)
                _take_effect(db, row)

    def settle_all(self, document_id: str | None = None) -> int:
        """Finish what crashes left half done, of one document or of all; how many acts it was."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT DISTINCT act FROM entries"
                " WHERE log_index IS NULL AND (?1 IS NULL OR document = ?1)",
                (document_id,),
            ).fetchall()
        for row in rows:
            self.settle(row["act"])
        return len(rows)

    def by_id(self, document_id: str) -> Document | None:
        """The document of that id."""
        return self._read("id = ?", document_id)

    def by_request(self, department: str, key: str) -> Document | None:
        """What a department asked for with an idempotency key."""
        return self._read("department = ? AND request_key = ?", department, key)

    def by_token(self, token_hash: str) -> Document | None:
        """The document whose PDF has that secret."""
        return self._read("token_hash = ?", token_hash)

    def valid_with_key(self, kid: str) -> list[str]:
        """Ids of the valid documents that a key signed."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT id FROM documents WHERE kid = ? AND state = 'valid' ORDER BY issued_at",
                (kid,),
            ).fetchall()
        return [row["id"] for row in rows]

    def logged(self, document_id: str) -> Logged | None:
        """Where the log has the issue of a document; None while it has not."""
        with self._reading() as db:
            row = db.execute(
                "SELECT log_index, leaf, salt FROM entries"
                " WHERE document = ? AND kind = 'issued' AND log_index IS NOT NULL",
                (document_id,),
            ).fetchone()
        return row and Logged(row["log_index"], row["leaf"], row["salt"])

    def _read(self, where: str, *values: str) -> Document | None:
        with self._reading() as db:
            return self._one(db, where, *values)

    @staticmethod
    def _one(db: sqlite3.Connection, where: str, *values: str) -> Document | None:
        row = db.execute(f"SELECT * FROM documents WHERE {where}", values).fetchone()
        return row and Document(**dict(row))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, alone among all processes: all or nothing. Raises NotRecorded."""
        with self._reading() as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except (sqlite3.Error, OSError, LogError, NoteError, TileError) as error:
                raise NotRecorded(str(error)) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
        except sqlite3.Error as error:
            raise NotRecorded(str(error)) from error
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            yield db
        except sqlite3.Error as error:
            raise NotRecorded(str(error)) from error
        finally:
            db.close()  # rolls back what was not committed


def _take_effect(db: sqlite3.Connection, entry: sqlite3.Row) -> None:
    """The document's new state. A revocation stands, whatever was begun beside it."""
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
            "UPDATE documents SET replaced_by = ?2, changed_at = ?1,"
            " state = CASE state WHEN 'valid' THEN 'replaced' ELSE state END WHERE id = ?3",
            (entry["at"], entry["detail"], document),
        )
