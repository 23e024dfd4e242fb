"""Signs what was added to a log in a database. Only a process that holds the key has a `LogSigner`.

One signs at a time, because each locks the log's head. It remembers beside its key what it signed
last: a database that was put back to an earlier state is not signed on, as that would give the log
a second history.
"""

from __future__ import annotations

import threading
from pathlib import Path

from actions.transparency.durable import replace_file
from actions.transparency.folder import LogError
from actions.transparency.merkle import leaf_hash, tree_root
from actions.transparency.note import (
    Checkpoint,
    Note,
    NoteError,
    Signer,
    open_checkpoint,
)
from actions.transparency.tiles import HEIGHT, WIDTH, Edge, Tile, TileTree, above
from nlu.log import get_logger
from nlu.storage.database import Database, Row, Transaction, marks
from nlu.storage.file_lock import locked

_ROWS = 200  # in one INSERT: SQLite took 999 values in one statement for long
_AT_ONCE = 10_000  # entries under one signature: memory, and how long others wait for the head
_LOOK_EVERY_S = 0.1
_LOG = get_logger(__name__)


class LogSigner:
    """Signs, with the right edge of the tree in memory."""

    def __init__(self, signer: Signer, memory: Path) -> None:
        """`memory` is the file of what was signed last, beside the key."""
        self.signer, self._memory = signer, memory
        self._edge = Edge()
        self._mutex = threading.Lock()

    def empty(self) -> str:
        """The checkpoint of a log without entries."""
        return str(self._sign(Edge()))

    def catch_up(self, database: Database) -> None:
        """Signs all that waits. Raises LogError where the database does not hold what was signed
        before, DatabaseAway."""
        with self._mutex:
            while True:
                signed = database.change(self._some)
                if signed is None:
                    return
                self._remember(signed)

    def start(self, database: Database) -> threading.Event:
        """Signs what comes in its own thread, until the caller sets the event."""
        stop = threading.Event()
        threading.Thread(target=self._run, args=(database, stop), daemon=True).start()
        return stop

    def _run(self, database: Database, stop: threading.Event) -> None:
        trouble = ""
        while not stop.wait(_LOOK_EVERY_S):
            try:
                self.catch_up(database)
                trouble = ""
            except (LogError, NoteError, OSError) as error:
                if str(error) != trouble:  # the same is told once
                    _LOG.error("log_not_signed", error=str(error))
                trouble = str(error)

    def _some(self, db: Transaction) -> Checkpoint | None:
        """Signs some of what waits; None where nothing does."""
        head = db.execute("SELECT size, signed FROM log_head").fetchall()[0]
        if head["size"] == head["signed"] and head["signed"] == self._edge.size > 0:
            return None  # without a lock, as it is most of the time
        head = db.execute(f"SELECT * FROM log_head {db.for_update}").fetchall()[0]
        edge = self._edge_of(db, head)
        waiting = _entries(db, edge.size, min(head["size"], edge.size + _AT_ONCE))
        if not waiting:
            self._edge = edge
            return None
        hashes = [leaf_hash(entry) for entry in waiting]
        nodes = [(0, edge.size + at, one) for at, one in enumerate(hashes)]
        nodes += [above(tile, data) for tile, data in edge.extend(hashes)]
        _insert(db, nodes)
        signed = self._sign(edge)
        db.execute("UPDATE log_head SET signed = ?, checkpoint = ?", (edge.size, str(signed)))
        self._edge = edge
        return Checkpoint.parse(signed.text)

    def _edge_of(self, db: Transaction, head: Row) -> Edge:
        """The edge of the tree as it was signed last, by whomever. Raises LogError."""
        try:
            said = open_checkpoint(head["checkpoint"], self.signer.verifier).checkpoint
        except NoteError as error:
            raise LogError(f"the checkpoint in the database is not ours: {error}") from error
        known, last = self._edge, self._remembered()
        edge = Edge(known.size, known.levels)
        if known.size != said.size or known.root() != said.root:
            edge = _edge_in(db, said.size)
        elif last is not None and last.size <= said.size:
            last = None  # this process has followed the tree since then
        self._check_memory(db, last, said)
        if said.size != head["signed"] or edge.root() != said.root:
            raise LogError(
                "the entries in the database are not those that the log has signed: restore them "
                "from a backup, do not go on with it"
            )
        return edge

    def _check_memory(self, db: Transaction, last: Checkpoint | None, said: Checkpoint) -> None:
        """Raises LogError if this key has signed what the database no longer holds."""
        if last is None:
            return
        if last.size > said.size or _root_at(db, last.size, said.size) != last.root:
            raise LogError(
                f"the log's key has signed {last.size} entries ({self._memory}), of which the "
                f"database, with {said.size}, does not hold all as they were: restore a newer "
                "backup, do not go on with it"
            )

    def _sign(self, edge: Edge) -> Note:
        text = Checkpoint(self.signer.name, edge.size, edge.root()).text
        return Note(text, (self.signer.sign(text),))

    def _remember(self, signed: Checkpoint) -> None:
        """After the commit: what was never published may be forgotten."""
        with locked(self._memory.with_suffix(".lock")):
            last = self._remembered()
            if last is None or last.size < signed.size:
                note = Note(signed.text, (self.signer.sign(signed.text),))
                replace_file(self._memory, str(note).encode(), durable=False)

    def _remembered(self) -> Checkpoint | None:
        try:
            raw = self._memory.read_text("utf-8")
        except FileNotFoundError:
            return None
        if not raw.strip("\0\n"):
            return None  # lost with the power; the database is older than nothing
        try:
            return open_checkpoint(raw, self.signer.verifier).checkpoint
        except NoteError as error:
            raise LogError(f"{self._memory}: {error}") from error


def _edge_in(db: Transaction, size: int) -> Edge:
    """The edge of the first `size` entries."""
    levels, level = [], 0
    while size >> (HEIGHT * level):
        nodes = size >> (HEIGHT * level)
        levels.append(_hashes(db, level, nodes - nodes % WIDTH, nodes))
        level += 1
    try:
        return Edge(size, levels)
    except ValueError as error:
        raise LogError(f"hashes of the log are missing in the database: {error}") from error


def _root_at(db: Transaction, size: int, now: int) -> bytes:
    """The root of an earlier tree."""

    def fetch(tile: Tile) -> bytes:
        first = tile.index * WIDTH
        return b"".join(_hashes(db, tile.level or 0, first, first + tile.width))

    return tree_root(TileTree(fetch, now).node, size)


def _hashes(db: Transaction, level: int, first: int, end: int) -> list[bytes]:
    rows = db.execute(
        "SELECT hash FROM log_nodes WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
        (level, first, end),
    ).fetchall()
    return [bytes(row["hash"]) for row in rows]


def _entries(db: Transaction, first: int, end: int) -> list[bytes]:
    """Raises LogError for a gap."""
    rows = db.execute(
        "SELECT entry FROM log_entries WHERE number >= ? AND number < ? ORDER BY number",
        (first, end),
    ).fetchall()
    if len(rows) != end - first:
        raise LogError(f"{end - first - len(rows)} entries from {first} on are missing")
    return [bytes(row["entry"]) for row in rows]


def _insert(db: Transaction, nodes: list[tuple[int, int, bytes]]) -> None:
    for start in range(0, len(nodes), _ROWS):
        some = nodes[start : start + _ROWS]
        values = ", ".join([f"({marks(3)})"] * len(some))
        db.execute(
            f"INSERT INTO log_nodes (level, number, hash) VALUES {values}",
            [value for node in some for value in node],
        )
