"""A tamper-evident log in a database that several machines share.

Whoever adds an entry locks the log's head row and so takes the next numbers, in a transaction of
its own or in that of a caller. Whoever holds the key signs what was added since, in another
transaction with the same lock; the others wait until that is done. The rows that wait are all
there is between them: nobody calls anybody, and what a dead process added is signed all the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from actions.transparency.folder import LogError, LogFolder
from actions.transparency.log_signer import LogSigner
from actions.transparency.note import Note, Signature, Signer, Verifier
from actions.transparency.published import PublishedLog
from actions.transparency.reader import Pins
from actions.transparency.tiles import Tile, check_lengths, pack_entries, pack_hashes
from nlu.storage.database import Database, Row, Tables, Transaction
from nlu.storage.file_lock import locked

TABLES = Tables(
    "log",
    Path(__file__).with_name("log_tables.sql").read_text("utf-8"),
    Path(__file__).parents[1] / "migrations" / "log",
)
_PATIENCE_S = 10.0
_LOOK_EVERY_S = 0.02


class LogInTables(PublishedLog):
    """An open log in a database."""

    def __init__(self, database: Database, verifier: Verifier, signing: LogSigner | None) -> None:
        """Callers use `open`. Without `signing` another process signs."""
        super().__init__()
        self.database, self._verifier, self._signing = database, verifier, signing
        self.patience_s = _PATIENCE_S

    @classmethod
    def open(cls, database: Database, folder: Path, *, origin: str | None = None) -> LogInTables:
        """Opens the log. The process that finds the key in `folder` signs; it begins a log named
        `origin` where there is none.

        Raises LogError, and NoteError if the origin cannot be a name.
        """
        files, head = LogFolder(folder), database.look(_head)
        if head is None:
            if origin is None:
                raise LogError(
                    "there is no log in the database yet: start `seva documents serve` on the "
                    f"machine that is to keep its key (in {files.key})"
                )
            head = cls._begin(database, files, origin)
        verifier, signing = Verifier.parse(head["verifier"]), None
        if files.key.exists():
            signer = files.read_signer()
            if signer.verifier != verifier:
                raise LogError(
                    f"{files.key} is not the key of the log in the database, {verifier}: put that "
                    "one there, or none where another machine signs"
                )
            signing = LogSigner(signer, files.root / "signed")
        log = cls(database, verifier, signing)
        log.sign()
        return log

    @property
    def signs(self) -> bool:
        """See `PublishedLog`."""
        return self._signing is not None

    def keep_signed(self) -> threading.Event:
        """See `PublishedLog`. Raises LogError where this process has no key."""
        return self._held().start(self.database)

    @property
    def verifier(self) -> Verifier:
        """See `PublishedLog`."""
        return self._verifier

    def enter(self, db: Transaction, entries: Sequence[bytes]) -> int:
        """Adds entries next to each other in the caller's transaction; the index of the first.
        They are in the log once that is committed, and count once they are `await_signed`."""
        check_lengths(entries)
        (first,) = db.execute(f"SELECT size FROM log_head {db.for_update}").fetchall()[0]
        rows = list(enumerate(entries, first))
        for number, entry in rows:
            db.execute("INSERT INTO log_entries (number, entry) VALUES (?, ?)", (number, entry))
        db.execute("UPDATE log_head SET size = ?", (first + len(rows),))
        return int(first)

    def await_signed(self, index: int) -> None:
        """Returns once a checkpoint holds this entry. Raises LogError after ten seconds."""
        self.sign()
        until = time.monotonic() + self.patience_s
        while (head := self._head())["signed"] <= index:
            if time.monotonic() > until:
                raise LogError(
                    f"entry {index} of the log waits for its signature ({head['signed']} are "
                    "signed): see that `seva documents serve` runs where the log's key is"
                )
            time.sleep(_LOOK_EVERY_S)

    def sign(self) -> None:
        """Signs what waits, if this process holds the key. Raises LogError."""
        if self._signing is not None:
            self._signing.catch_up(self.database)

    def append_many(self, entries: Sequence[bytes]) -> range:
        """See `PublishedLog`."""
        check_lengths(entries)
        if not entries:
            return range(0)
        first = self.database.change(lambda db: self.enter(db, entries))
        self.await_signed(first + len(entries) - 1)
        return range(first, first + len(entries))

    def checkpoint(self) -> str:
        """See `PublishedLog`."""
        return str(self._head()["checkpoint"])

    def cosigned(self) -> str | None:
        """See `PublishedLog`."""
        return self._head()["cosigned"] or None

    def attach(self, text: str, signatures: Sequence[Signature]) -> Note:
        """See `PublishedLog`. Raises LogError where this process has no key."""
        note = Note(text, (self._held().signer.sign(text),)).with_signatures(signatures)

        def work(db: Transaction) -> None:
            head = _locked_head(db)
            db.execute("UPDATE log_head SET cosigned = ?", (str(note),))
            if Note.parse(head["checkpoint"]).text == text:
                db.execute("UPDATE log_head SET checkpoint = ?", (str(note),))

        self.database.change(work)
        return note

    def pins(self) -> Pins:
        """See `PublishedLog`."""

        def keep(text: str) -> None:
            change = "UPDATE log_head SET witnesses = ?"
            self.database.change(lambda db: db.execute(change, (text,)).rowcount)

        return Pins("log_head.witnesses", self._head()["witnesses"], keep)

    def read_tile(self, tile: Tile) -> bytes:
        """See `PublishedLog`."""
        data = self.database.look(lambda db: _tile(db, tile))
        if data is None:
            raise LogError(f"{tile.path} is missing in the database")
        return data

    def published(self, name: str) -> bytes | None:
        """See `PublishedLog`. A tile as it was when the log was smaller is still there."""
        if name in ("checkpoint", "cosigned"):
            return (self._head()[name] or "").encode() or None
        if name == "key":
            return f"{self._verifier}\n".encode()
        tile = Tile.named(name)
        return None if tile is None else self.database.look(lambda db: _tile(db, tile))

    def close(self) -> None:
        """See `PublishedLog`."""
        self.database.close()

    def _held(self) -> LogSigner:
        if self._signing is None:
            raise LogError("only the process that has the log's key signs")
        return self._signing

    def _head(self) -> Row:
        head = self.database.look(_head)
        if head is None:
            raise LogError("the log is gone from the database: restore it from a backup")
        return head

    @staticmethod
    def _begin(database: Database, files: LogFolder, origin: str) -> Row:
        """Makes the key and the head; of several that begin at once, the first one's counts."""
        files.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(files.lock):
            if not files.key.exists():
                files.create(Signer.new(origin))
        signing = LogSigner(files.read_signer(), files.root / "signed")
        return database.change(lambda db: _first_head(db, signing))


def _first_head(db: Transaction, signing: LogSigner) -> Row:
    db.execute(
        "INSERT INTO log_head (one, verifier, size, signed, checkpoint, cosigned, witnesses)"
        " VALUES (1, ?, 0, 0, ?, '', '') ON CONFLICT (one) DO NOTHING",
        (str(signing.signer.verifier), signing.empty()),
    )
    return _locked_head(db)


def _head(db: Transaction) -> Row | None:
    return db.execute("SELECT * FROM log_head").fetchone()


def _locked_head(db: Transaction) -> Row:
    return db.execute(f"SELECT * FROM log_head {db.for_update}").fetchall()[0]


def _tile(db: Transaction, tile: Tile) -> bytes | None:
    """A tile under the checkpoint; None where it holds fewer hashes or entries."""
    first = tile.index << 8
    span = (first, first + tile.width)
    if tile.level is None:
        entries = db.execute(
            "SELECT entry FROM log_entries WHERE number >= ? AND number < ?"
            " AND number < (SELECT signed FROM log_head) ORDER BY number",
            span,
        ).fetchall()
        found = [bytes(row["entry"]) for row in entries]
        return pack_entries(found) if len(found) == tile.width else None
    hashes = db.execute(
        "SELECT hash FROM log_nodes WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
        (tile.level, *span),
    ).fetchall()
    return (
        pack_hashes([bytes(row["hash"]) for row in hashes]) if len(hashes) == tile.width else None
    )
