"""The log of issued documents and the keys of departments on their way from folders into
PostgreSQL: the same entries, the same tree, the same signed head.

The log's own key stays a file: only the process that finds it signs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from actions.documents import key_store
from actions.documents.event_log import TileLog
from actions.documents.key_store import KeyFiles
from actions.documents.registry import NotRecorded, Registry
from actions.documents.settings import KEYS, LOG, REGISTRY, sealing_keys
from actions.transparency import log_in_tables
from actions.transparency.durable import replace_file
from actions.transparency.folder import LogError, LogFolder, read_tile
from actions.transparency.log import Log
from actions.transparency.merkle import leaf_hash
from actions.transparency.note import NoteError, SignedCheckpoint, Verifier, open_checkpoint
from actions.transparency.tiles import (
    HEIGHT,
    Edge,
    TileError,
    above,
    bundles,
    unpack_entries,
)
from nlu.storage.file_lock import locked
from nlu.storage.move.errors import MoveError
from nlu.storage.move.source import Content, Opened, Source, Values
from nlu.storage.moved import moved_name
from nlu.storage.sealing import seal


class LogSource(Source):
    """The folder of the log. What anybody may read of it and its recent entries get another name
    once they are moved; the key stays where it is."""

    def __init__(self, urls: Sequence[str], folder: Path) -> None:
        """`folder` holds registry, keys and log."""
        self._folder, self._log = folder, LogFolder(folder / LOG)
        paths = (self._log.public, self._log.recent, self._log.root / "witnesses.json")
        super().__init__(log_in_tables.TABLES, urls, paths)

    @property
    def paths(self) -> list[Path]:
        """None of a log that was not begun: a folder may hold its key alone."""
        begun = self._checkpoint_file.exists() or self._log.recent.exists()
        return super().paths if begun else []

    @property
    def _public(self) -> Path:
        moved = moved_name(self._log.public)
        return moved if moved.exists() else self._log.public

    @property
    def _checkpoint_file(self) -> Path:
        return self._public / self._log.checkpoint.name

    def finish(self) -> None:
        """What a crash left half done in the log, and acts of the registry that were written down
        and not logged yet: in PostgreSQL they would be logged a second time."""
        if not (self._log.recent.exists() and self._log.public.exists()):
            return
        registry = self._folder / REGISTRY
        with _told(self._log.root), closing(Log.open(self._log.root)) as log:
            if registry.exists():
                with closing(Registry(f"sqlite:///{registry}", TileLog(log))) as acts:
                    acts.settle_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """See `Source`."""
        with _nobody_else([self._log.lock, self._log.root / "signed.lock"]):
            yield

    def contents(self, opened: Opened) -> list[Content]:
        """See `Source`. The tree is made anew from the entries, up to the root that was signed."""
        with _told(self._log.root):
            signed, verifier = self._signed()
        said = signed.checkpoint
        one = (1, str(verifier), said.size, said.size, str(signed.note))
        head = (*one, self._text("cosigned"), self._witnesses())
        columns = ("one", "verifier", "size", "signed", "checkpoint", "cosigned", "witnesses")
        return [
            Content("log_head", columns, 1, lambda: iter([head])),
            Content(
                "log_entries", ("number", "entry"), said.size, lambda: self._entries(said.size)
            ),
            Content(
                "log_nodes",
                ("level", "number", "hash"),
                sum(said.size >> shift for shift in range(0, said.size.bit_length(), HEIGHT)),
                lambda: self._nodes(said.size, said.root),
            ),
        ]

    def commits(self) -> None:
        """The key remembers beside it what it has signed: a database that holds less is not signed
        on."""
        if self._log.key.exists():
            replace_file(self._log.root / "signed", self._text("checkpoint").encode())

    def _signed(self) -> tuple[SignedCheckpoint, Verifier]:
        verifier = Verifier.parse(self._text(self._log.verifier.name).strip())
        return open_checkpoint(self._text("checkpoint"), verifier), verifier

    def _text(self, name: str) -> str:
        file = self._public / name
        return file.read_text("utf-8") if file.exists() else ""

    def _witnesses(self) -> str:
        file = self._log.root / "witnesses.json"
        found = next((one for one in (file, moved_name(file)) if one.exists()), None)
        return found.read_text("utf-8") if found else ""

    def _entries(self, size: int) -> Iterator[Values]:
        number = 0
        with _told(self._log.root):
            for tile in bundles(0, size):
                for entry in unpack_entries(read_tile(self._public, tile))[: tile.width]:
                    yield number, entry
                    number += 1

    def _nodes(self, size: int, root: bytes) -> Iterator[Values]:
        edge = Edge()
        for number, entry in self._entries(size):
            leaf = leaf_hash(entry)
            yield 0, number, leaf
            for tile, data in edge.extend([leaf]):
                yield above(tile, data)
        if edge.root() != root:
            raise MoveError(
                f"{self._log.root}: the entries are not those that the log has signed: restore it "
                "from a copy"
            )


class KeySource(Source):
    """The folder of departments' keys. Their private halves are sealed by the key of issued
    documents, as in PostgreSQL nobody else may read them."""

    def __init__(self, urls: Sequence[str], folder: Path) -> None:
        """`folder` holds registry, keys and log."""
        self._folder = folder
        super().__init__(key_store.TABLES, urls, [folder / KEYS])

    @contextmanager
    def held(self) -> Iterator[None]:
        """See `Source`."""
        with _nobody_else([self.paths[0] / ".lock"]):
            yield

    def contents(self, opened: Opened) -> list[Content]:
        """See `Source`."""
        (folder,) = self.paths
        files = KeyFiles(folder)
        published = {facts["kid"]: facts for facts in files.published()}
        private = {path.stem: path for path in folder.glob("*/[0-9a-f]*.pem")}
        kids = sorted({*published, *private})

        def rows() -> Iterator[Values]:
            place = sealing_keys(self._folder)
            for kid in kids:
                facts, file = published.get(kid), private.get(kid)
                department = facts["department"] if facts else (file or folder).parent.name
                sealed = seal(file.read_text("ascii"), place=place) if file else ""
                yield kid, department, json.dumps(facts) if facts else "", sealed

        columns = ("kid", "department", "published", "sealed")
        return [Content("department_keys", columns, len(kids), rows, fresh=frozenset({"sealed"}))]


@contextmanager
def _nobody_else(locks: Sequence[Path]) -> Iterator[None]:
    with ExitStack() as stack:
        for lock in locks:
            try:
                if lock.exists():
                    stack.enter_context(locked(lock, wait=False))
            except BlockingIOError:
                raise MoveError(f"{lock} is held: stop all processes of this deployment") from None
        yield


@contextmanager
def _told(where: Path) -> Iterator[None]:
    try:
        yield
    except (LogError, NoteError, TileError, NotRecorded) as error:
        raise MoveError(f"{where}: {error}") from error
