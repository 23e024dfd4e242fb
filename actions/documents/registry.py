"""The registry of issued documents: a SQLite file, and the log that proves what it says.

It uses sqlite3 and not SQLAlchemy. The log is a folder on one machine, so its registry is a file
there too, and the lock of each durable transaction also orders what is appended to the log.

Each act is written down first, then logged, then takes effect (`settle`). A crash in between leaves
an act that is written down. The next process that settles it finishes it and never logs it twice.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from typing_extensions import Literal

from actions.transparency.folder import LogError, LogFolder
from actions.transparency.log import Log, Receipt
from actions.transparency.merkle import leaf_hash
from actions.transparency.note import NoteError
from actions.transparency.tiles import TileError, TileTree
from nlu.log import get_logger
from nlu.records import read_record
from nlu.storage.database import Tables, marks
from nlu.storage.tables import make_ready
from nlu.storage.write_ahead import write_ahead

SALT_BYTES = 16
State = Literal["pending", "valid", "revoked", "replaced"]
Kind = Literal["issued", "revoked", "replaced"]
_WAIT_S = 30.0
TABLES = Tables(
    "documents",
    Path(__file__).with_name("registry.sql").read_text("utf-8"),
    Path(__file__).parents[1] / "migrations" / "documents",
)
_log = get_logger(__name__)


class EventLog(Protocol):
    """What the registry needs of the tamper-evident log: it appends and finds hashes."""

    @property
    def size(self) -> int:
        """Number of entries."""

    def append_many(self, entries: Sequence[bytes]) -> range:
        """Appends entries next to each other. They are durable when this returns the indices.

        Raises OSError, LogError.
        """

    def receipt(self, index: int) -> Receipt:
        """The proof that an entry is in the log."""

    def find(self, entry: bytes, start: int) -> int | None:
        """The index of an entry, looked for from `start` on; None if it is not there."""


class TileLog:
    """The event log in a log of `actions.transparency`."""

    def __init__(self, log: Log) -> None:
        self.log = log

    @classmethod
    def open(cls, folder: Path, public_url: str) -> TileLog:
        """Opens the log in `folder`. A new one is named after `public_url`. Raises LogError.

        The name stays when the address changes, because witnesses know the log by its name.
        """
        folder.parent.mkdir(
            parents=True, exist_ok=True, mode=0o700
        )  # other files in it are private
        new = not LogFolder(folder).key.exists()
        name = f"{urlsplit(public_url).netloc}/log"
        return cls(Log.open(folder, origin=name if new else None))

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.log.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `EventLog`."""
        return self.log.append_many(entries)

    def receipt(self, index: int) -> Receipt:
        """See `EventLog`."""
        return self.log.receipt(index)

    def find(self, entry: bytes, start: int) -> int | None:
        """See `EventLog`. It looks at every leaf from `start` on; mostly there are few or none."""
        size, wanted = self.log.size, leaf_hash(entry)
        tree = TileTree(lru_cache(2)(self.log.folder.read_tile), size)
        return next((at for at in range(start, size) if tree.node(0, at) == wanted), None)


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
    """The registry in a SQLite file.

    Processes may share it: each transaction opens a connection.
    """

    def __init__(self, path: Path, event_log: EventLog) -> None:
        self._path, self._event_log = path, event_log
        with self._reading() as db:
            write_ahead(db)
            make_ready(db, TABLES)

    def begin(
        self, act: str, entries: Sequence[LogEvent], document: DocumentRecord | None = None
    ) -> None:
        """Writes down an act, with the new document if there is one.

        Raises KeyTaken, WrongState.
        """
        with self._writing() as db:
            size = self._event_log.size
            if document is not None:
                key = (document.department, document.request_key)
                if self._one(db, "department = ? AND request_key = ?", *key) is not None:
                    raise KeyTaken
                values = marks(len(fields(DocumentRecord)))
                row = f"INSERT INTO documents ({_COLUMNS}) VALUES ({values})"
                db.execute(row, astuple(document))
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
        """Logs an act that was written down and lets it take effect, if that is not done yet."""
        with self._writing() as db:
            rows = db.execute(
                "SELECT * FROM entries WHERE act = ? AND log_index IS NULL ORDER BY number", (act,)
            ).fetchall()
            if not rows:
                return
            first = self._event_log.find(rows[0]["leaf"], rows[0]["log_from"])
            if first is None:
                first = self._event_log.append_many([row["leaf"] for row in rows])[0]
            for index, row in enumerate(rows, first):
                where = (index, row["number"])
                db.execute("UPDATE entries SET log_index = ? WHERE number = ?", where)
                _take_effect(db, row)

    def settle_all(self, document_id: str | None = None) -> int:
        """Finishes acts that crashes left half done, of one document or of all.

        Returns how many.
        """
        with self._reading() as db:
            rows = db.execute(
                "SELECT DISTINCT act FROM entries"
                " WHERE log_index IS NULL AND (?1 IS NULL OR document = ?1)",
                (document_id,),
            ).fetchall()
        for row in rows:
            self.settle(row["act"])
        return len(rows)

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
        with self._reading() as db:
            rows = db.execute(
                "SELECT id FROM documents WHERE kid = ? AND state = 'valid' ORDER BY issued_at",
                (kid,),
            ).fetchall()
        return [row["id"] for row in rows]

    def logged(self, document_id: str) -> Logged | None:
        """The entry of the log for the issue of a document, or None while it is not logged."""
        with self._reading() as db:
            row = db.execute(
                "SELECT log_index, leaf, salt FROM entries"
                " WHERE document = ? AND kind = 'issued' AND log_index IS NOT NULL",
                (document_id,),
            ).fetchone()
        return row and Logged(row["log_index"], row["leaf"], row["salt"])

    def _read(self, where: str, *values: str) -> DocumentRecord | None:
        with self._reading() as db:
            return self._one(db, where, *values)

    @staticmethod
    def _one(db: sqlite3.Connection, where: str, *values: str) -> DocumentRecord | None:
        row = db.execute(f"SELECT {_COLUMNS} FROM documents WHERE {where}", values).fetchone()
        return row and DocumentRecord(**dict(row))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Opens a transaction; no other process writes at the same time. Raises NotRecorded."""
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


def _take_effect(db: sqlite3.Connection, entry: sqlite3.Row) -> None:
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
            "UPDATE documents SET replaced_by = ?2, changed_at = ?1,"
            " state = CASE state WHEN 'valid' THEN 'replaced' ELSE state END WHERE id = ?3",
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
