"""Copies of all that a deployment keeps, as it was at one moment, in a folder of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from nlu import registry
from nlu.backup import postgres
from nlu.backup.archive import Advance, hash_of
from nlu.backup.cut import Cut, cut
from nlu.backup.errors import BackupError
from nlu.backup.keys import key_names
from nlu.backup.manifest import Kind, Manifest, Part
from nlu.backup.places import DATA, MODELS, VAR, WORK, Places, is_sqlite, walk
from nlu.storage.read_only import read_only

_PAGES = 512
"""Pages of SQLite that are copied at once: 2 MB."""
Models = Literal["live", "all", "none"]
Step = Callable[[str, int], Advance]
"""A step of the work and its bytes; the function that it returns is told how many were done."""


@dataclass(frozen=True)
class Copies:
    """The manifest, and where each of its parts lies until the folder is left."""

    manifest: Manifest
    sources: Mapping[str, Path]


@contextmanager
def copies(places: Places, models: Models, step: Step) -> Iterator[Copies]:
    """Copies that are gone at the end. Raises BackupError, OSError."""
    if not places.var.is_dir():
        raise BackupError(f"{places.var}: there is no such folder; see SEVA_VAR_DIR")
    with _work(places.var / WORK) as work, ExitStack() as transactions:
        snapshots = {
            store.part: transactions.enter_context(postgres.snapshot(store.url))
            for store in places.stores
            if store.engine == "postgresql"
        }
        databases, links = _databases(places), work / "links"
        links.mkdir()
        live: list[bytes] = []

        def also() -> None:
            for one in snapshots.values():
                one.hold()
            pointer = places.models / registry.LIVE
            live.extend([pointer.read_bytes()] if pointer.is_file() else [])

        with cut(databases, places.locks(), links, places.files, also) as moment:
            found = _Found(work)
            for part, database in moment.databases.items():
                found.add_database(part, database, step)
            for part, one in snapshots.items():
                found.add_dump(part, one, step)
        found.add_files(moment)
        model = ""
        if models != "none":
            model = found.add_models(places.models, live, every=models == "all", step=step)
            found.add_data(places.own_data)
        manifest = Manifest(
            holds="state",
            seva=version("seva"),
            made_at=iso(datetime.now(timezone.utc)),
            point=iso(moment.point),
            parts=tuple(found.parts),
            engines=places.engines,
            model=model,
            keys=key_names(places.var),
            postgresql="; ".join(one.versions for one in snapshots.values()),
            held_ms=round(moment.held_ms, 1),
        )
        yield Copies(manifest, found.sources)


def iso(moment: datetime) -> str:
    """With milliseconds, in UTC."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def _databases(places: Places) -> dict[str, Path]:
    """Those of SQLite, by the names of their parts; in the order in which they are held."""
    named = {
        store.part: store.file
        for store in places.stores
        if store.engine == "sqlite" and store.file.is_file()
    }
    return named | {f"{VAR}/{name}": path for name, path in places.files() if is_sqlite(path)}


class _Found:
    """Parts, as they come."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self.parts: list[Part] = []
        self.sources: dict[str, Path] = {}

    def _add(
        self,
        name: str,
        kind: Kind,
        path: Path,
        *,
        size: int | None = None,
        mode: int = 0o600,
        rows: Mapping[str, int] | None = None,
    ) -> None:
        size = path.stat().st_size if size is None else size
        self.parts.append(Part(name, kind, size, hash_of(path, size), mode, rows or {}))
        self.sources[name] = path

    def add_database(self, name: str, database: sqlite3.Connection, step: Step) -> None:
        """By SQLite's own backup, out of the transaction that is open."""
        target = self._work / f"{len(self.parts)}.sqlite"
        ((pages,),) = database.execute("PRAGMA page_count").fetchall()
        ((size,),) = database.execute("PRAGMA page_size").fetchall()
        advance, left = step(f"Copying {name}", pages * size), pages

        def told(_: int, remaining: int, __: int) -> None:
            nonlocal left
            advance((left - remaining) * size)
            left = remaining

        try:
            with closing(sqlite3.connect(target)) as copy:
                database.backup(copy, pages=_PAGES, progress=told)
            rows = rows_of(target)
        except sqlite3.Error as error:
            raise BackupError(f"{name} cannot be copied: {error}") from error
        self._add(name, "sqlite", target, rows=rows)

    def add_dump(self, name: str, held: postgres.Snapshot, step: Step) -> None:
        """By pg_dump, of the snapshot."""
        target = self._work / name
        step(f"Copying {name}", 0)
        rows = held.dump(target)
        self._add(name, "postgresql", target, rows=rows)

    def add_files(self, moment: Cut) -> None:
        """Those of SEVA_VAR_DIR."""
        for one in moment.files:
            self._add(f"{VAR}/{one.name}", "file", one.path, size=one.size, mode=one.mode)

    def add_models(self, folder: Path, live: list[bytes], *, every: bool, step: Step) -> str:
        """The pointer, and the folder of the live model or of every one: these never change. The id
        of the live one."""
        if not live:
            return ""
        pointer = self._work / registry.LIVE
        pointer.write_bytes(live[0])
        live_model = registry.live_id(self._work) or ""
        self._add(f"{MODELS}/{registry.LIVE}", "file", pointer, mode=0o644)
        ids = [one.id for one in registry.entries(folder)] if every else [live_model]
        for model in ids:
            step(f"Reading model {model}", 0)
            for name, path in walk(folder / model):
                mode = path.stat().st_mode & 0o777
                self._add(f"{MODELS}/{model}/{name}", "file", path, mode=mode)
        return live_model

    def add_data(self, folder: Path | None) -> None:
        """An own catalogue, without hidden files and what editors leave behind. It is copied first:
        somebody may be working on it."""
        for name, path in walk(folder) if folder else ():
            if any(part.startswith(".") or part.endswith("~") for part in name.split("/")):
                continue
            copy = self._work / DATA / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            self._add(f"{DATA}/{name}", "file", copy, mode=path.stat().st_mode & 0o777)


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table of a SQLite file has. Raises `sqlite3.Error`."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    with read_only(path) as db:
        tables = [name for (name,) in db.execute(names)]
        return {
            table: int(db.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])
            for table in sorted(tables)
        }


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """An empty folder of ours alone, which is gone at the end; what a killed backup left in it is
    gone first. Raises BackupError while another backup runs."""
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"another backup runs: it holds {folder}") from None
        _empty(folder)
        try:
            yield folder
        finally:
            _empty(folder)
    finally:
        os.close(handle)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
