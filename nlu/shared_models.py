"""The live release of several machines: a pointer in the database, archives in a store.

The models folder is then this machine's copy. `follow` looks at the pointer, fetches the release if
it is not here yet, and sets the folder's own pointer, which all else reads as on one machine. An
archive is believed by its SHA-256 in the database. Where database or store are away, the machine
goes on with what it has, also after a restart.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu import canary_pointer, registry
from nlu.archive import ReleaseRefused, sha256
from nlu.canary_pointer import Canary
from nlu.known_fields import known_fields
from nlu.lineage import Change, change
from nlu.log import get_logger
from nlu.model_archives import Archives, open_archives
from nlu.registry import MANIFEST, Manifest
from nlu.storage.database import Database, Tables, Transaction
from nlu.storage.file_lock import locked

FILE = "models.sqlite"
_CHANGES = 200  # of the live model that are shown
TABLES = Tables(
    "models",
    Path(__file__).with_name("shared_models.sql").read_text("utf-8"),
    Path(__file__).with_name("migrations") / "models",
)
_log = get_logger(__name__)


class SharedModels:
    """Pointer, archives, and this machine's copy in `folder`. Processes may share the folder."""

    def __init__(self, database: Database, archives: Archives, folder: Path) -> None:
        self._database, self._archives, self._folder = database, archives, folder.absolute()

    def live(self) -> str | None:
        """Id of the live model of all machines, or None. Raises DatabaseAway."""
        row = self._database.look(_pointer)
        return None if row is None else str(row["id"])

    def ids(self) -> list[str]:
        """Ids of all models that any machine can fetch. Raises DatabaseAway."""
        rows = self._database.look(lambda db: db.execute("SELECT id FROM models").fetchall())
        return [str(row["id"]) for row in rows]

    def manifest(self, model_id: str) -> Manifest:
        """That of one of them. Raises DatabaseAway, and FileNotFoundError."""
        row = self._row(model_id)
        if row is None:
            raise FileNotFoundError(f"no model {model_id}; `seva models` lists them")
        return registry.manifest_of(json.loads(row["manifest"]))

    def previous(self) -> str:
        """The release that was live before. Raises DatabaseAway, and ReleaseRefused where there is
        none."""
        return self._last(_history(self._database.look(_pointer)))

    @staticmethod
    def _last(history: list[str]) -> str:
        if not history:
            raise ReleaseRefused(
                "no earlier model to go back to; `seva models` lists what there is"
            )
        return history[-1]

    def known(self) -> list[Manifest]:
        """All models that any machine can fetch, newest first. Raises DatabaseAway."""
        rows = self._database.look(lambda db: db.execute("SELECT manifest FROM models").fetchall())
        found = [registry.manifest_of(json.loads(row["manifest"])) for row in rows]
        return sorted(found, key=lambda manifest: manifest.created, reverse=True)

    def follow(self, made: Change | None = None) -> None:
        """Makes the live release of all machines that of this folder; `made`, where this machine
        has changed it. One process of a machine does it at a time. Raises DatabaseAway,
        ArchivesAway, ReleaseRefused."""
        with self._alone():
            live = self.live()
            if live is not None and live != registry.live_id(self._folder):
                self._fetch(live)
                registry.promote(self._folder, live, made if made and made.id == live else None)
            canary = self.canary()
            if canary != self._canary_here():
                if canary is not None:
                    self._fetch(canary.id)
                canary_pointer.write(self._folder, canary)

    def _canary_here(self) -> Canary | None:
        """That of this folder. A pointer that cannot be read is none that another could equal, so
        that it is written anew."""
        try:
            return canary_pointer.read(self._folder)
        except ReleaseRefused:
            return Canary("", 0.0)

    def canary(self) -> Canary | None:
        """The canary of all machines. Raises DatabaseAway."""
        query = "SELECT id, percent FROM canary_model"
        row = self._database.look(lambda db: db.execute(query).fetchone())
        return None if row is None else Canary(str(row["id"]), float(row["percent"]))

    def set_canary(self, canary: Canary | None, made: Change) -> None:
        """Makes a model the canary of all machines, after checking that it is whole, or ends it
        with None. Raises as `promote`, also where the model is live by now."""
        if canary is not None:
            self._offer(canary.id)
        mark = secrets.token_hex(8)

        def work(db: Transaction) -> None:
            live = _pointer(db, db.for_update)
            db.execute("DELETE FROM canary_model")
            if canary is not None:
                if live is None or live["id"] == canary.id:
                    raise ReleaseRefused("somebody else changed the live model; look again")
                db.execute(
                    "INSERT INTO canary_model (one, id, percent) VALUES (1, ?, ?)",
                    (canary.id, canary.percent),
                )
            _remember(db, mark, made)

        self._database.change(work)
        self.follow()

    def promote(self, model_id: str, made: Change | None = None) -> None:
        """Makes a release live on all machines, after checking that it is whole. Raises
        ReleaseRefused, FileNotFoundError, DatabaseAway, ArchivesAway."""
        self._offer(model_id)
        mark = secrets.token_hex(8)

        def work(db: Transaction) -> None:
            row = _pointer(db, db.for_update)
            history = [one for one in _history(row) if one != model_id]
            if row is not None and row["id"] != model_id:
                history.append(row["id"])
            _point(db, model_id, history)
            if made is not None:
                _remember(db, mark, made)

        self._database.change(work)
        self.follow(made)

    def rollback(self, reason: str = "", by: str = "") -> str:
        """Makes the release live that was live before. Raises as `promote`, also where there is
        none."""
        history = _history(self._database.look(_pointer))
        before = self._last(history)
        with self._alone():
            self._fetch(before)
            registry.check_whole(self._folder, before)
        made = change(self._folder, before, "rollback", reason, by)
        mark = secrets.token_hex(8)

        def work(db: Transaction) -> None:
            if _history(_pointer(db, db.for_update)) != history:
                raise ReleaseRefused("somebody else changed the live model just now; look again")
            _point(db, before, history[:-1])
            _remember(db, mark, made)

        self._database.change(work)
        self.follow(made)
        return before

    def changes(self) -> list[Change]:
        """How the live model was changed, on whatever machine, the latest last. Raises
        DatabaseAway."""
        query = "SELECT change FROM model_changes ORDER BY made_at DESC, id LIMIT ?"
        rows = self._database.look(lambda db: db.execute(query, (_CHANGES,)).fetchall())
        told = [json.loads(row["change"]) for row in reversed(rows)]
        return [Change(**known_fields(Change, one)) for one in told]

    def offer(self, model_id: str) -> None:
        """Makes sure that all machines can have a release, live or not. Raises as `promote`."""
        if self._row(model_id) is None:  # what is known already can be had, also by who only reads
            self._offer(model_id)

    def fetch(self, model_id: str) -> None:
        """Makes sure that the release is in this folder. Raises as `promote`."""
        with self._alone():
            self._fetch(model_id)

    def _offer(self, model_id: str) -> None:
        """Makes sure that all machines can have the release, and that it is whole."""
        with self._alone():
            if (self._folder / model_id / MANIFEST).is_file():
                registry.check_whole(self._folder, model_id)
                self._publish(model_id)
            else:
                self._fetch(model_id)
                registry.check_whole(self._folder, model_id)

    def _publish(self, model_id: str) -> None:
        """Puts a release of this folder into the store, once."""
        entry = self._folder / model_id
        manifest = json.dumps(asdict(registry.read(entry)), ensure_ascii=False)
        if self._row(model_id) is not None:
            self._check_same(model_id)
            return
        with self._draft() as draft:
            packed = draft / _name(model_id)
            with tarfile.open(packed, "w") as tar:
                tar.add(entry, model_id, filter=_visible)
            row = (model_id, manifest, sha256(packed))
            self._archives.put(packed.name, packed)

        def work(db: Transaction) -> None:
            db.execute(
                "INSERT INTO models (id, manifest, sha256, added_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO NOTHING",
                (*row, db.now()),
            )

        self._database.change(work)

    def _fetch(self, model_id: str) -> None:
        """Makes sure that the release is in this folder, whole or not at all."""
        row = self._row(model_id)
        if row is None:
            raise FileNotFoundError(f"no model {model_id}; `seva models` lists them")
        if (self._folder / model_id / MANIFEST).is_file():
            self._check_same(model_id)
            return
        with self._draft() as draft:
            packed = draft / _name(model_id)
            self._archives.get(packed.name, packed)
            if sha256(packed) != row["sha256"]:
                raise ReleaseRefused(
                    f"{packed.name} in SEVA_MODELS_STORE is not the archive that was put there; "
                    f"promote {model_id} again on the machine that has it"
                )
            with tarfile.open(packed) as tar:
                tar.extractall(draft, filter="data")
            shutil.rmtree(self._folder / model_id, ignore_errors=True)  # half a model of long ago
            os.replace(draft / model_id, self._folder / model_id)
        _log.info("model_fetched", model=model_id)

    def _check_same(self, model_id: str) -> None:
        row = self._row(model_id)
        assert row is not None
        shared = registry.manifest_of(json.loads(row["manifest"]))
        if registry.read(self._folder / model_id) != shared:
            raise ReleaseRefused(
                f"{self._folder / model_id} is another model than the one that is shared under "
                "this id; move it away"
            )

    def _row(self, model_id: str) -> Any:
        query = "SELECT * FROM models WHERE id = ?"
        return self._database.look(lambda db: db.execute(query, (model_id,)).fetchone())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder / ".lock"):
            yield

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """A folder beside the models, gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".draft-") as made:
            yield Path(made)


def shared_models(folder: Path) -> SharedModels | None:
    """Those of the settings; None where the pointer is a file of `folder`. Raises DatabaseAway,
    WrongEnvironment."""
    # The settings look for the live model themselves.
    from nlu.settings.groups import Releases, Stored

    where = Releases.read().models_store
    return _open(Stored.read().table_url(FILE), where, folder) if where else None


@lru_cache(maxsize=1)
def _open(url: str, where: str, folder: Path) -> SharedModels:
    from nlu.storage.open import open_database

    return SharedModels(open_database(url, TABLES), open_archives(where), folder)


def promote(folder: Path, model_id: str, reason: str = "", by: str = "", gate: str = "") -> None:
    """Makes a release live, on all machines where they share their models. `by` is who does it, if
    not who runs this; `gate` what the gate said. Raises as `SharedModels.promote`."""
    shared, made = shared_models(folder), change(folder, model_id, "promote", reason, by, gate)
    if shared is None:
        registry.promote(folder, model_id, made)
    else:
        shared.promote(model_id, made)


def rollback(folder: Path, reason: str = "", by: str = "") -> str:
    """Makes the release live that was live before, as `promote`; its id."""
    shared = shared_models(folder)
    if shared is not None:
        return shared.rollback(reason, by)
    before = registry.previous(folder)
    return registry.rollback(folder, change(folder, before, "rollback", reason, by))


def previous(folder: Path) -> str:
    """The release that was live before. Raises ReleaseRefused where there is none."""
    shared = shared_models(folder)
    return registry.previous(folder) if shared is None else shared.previous()


def changes(folder: Path) -> list[Change]:
    """How the live model was changed, the latest last: on all machines, and here before they shared
    their models. Raises DatabaseAway."""
    shared, here = shared_models(folder), registry.changes(folder)
    if shared is None:
        return here
    told = shared.changes()
    return sorted({*here, *told}, key=lambda one: one.at)


def offer(folder: Path, model_id: str) -> None:
    """Makes sure that a release is whole and, where machines share their models, that all can have
    it. Raises as `SharedModels.promote`."""
    shared = shared_models(folder)
    if shared is None:
        registry.check_whole(folder, model_id)
    else:
        shared.offer(model_id)


def bring(folder: Path, model_id: str) -> None:
    """Makes sure that a release, and the live one, are in this folder, where machines share their
    models. Raises as `SharedModels.promote`."""
    shared = shared_models(folder)
    if shared is not None:
        shared.follow()
        if not (folder / model_id / MANIFEST).is_file():
            shared.fetch(model_id)


def listed(folder: Path) -> tuple[str | None, list[Manifest]]:
    """Id of the live model, and all models, newest first: those of this folder and those that can
    be fetched. Raises DatabaseAway."""
    found, shared = registry.entries(folder), shared_models(folder)
    if shared is None:
        return registry.live_id(folder), found
    here = {manifest.id for manifest in found}
    found += [manifest for manifest in shared.known() if manifest.id not in here]
    return shared.live(), sorted(found, key=lambda manifest: manifest.created, reverse=True)


def follow(folder: Path) -> None:
    """Brings this machine's copy up to the live release of all. What stands in the way is told in
    the log, once, and the machine goes on with the release that it has."""
    try:
        shared = shared_models(folder)
        if shared is not None:
            shared.follow()
        _told("")
    except (OSError, sqlite3.Error, tarfile.TarError, ValueError) as error:
        if _told(str(error)):
            _log.error("models_not_followed", error=str(error))


_LAST = [""]


def _told(trouble: str) -> bool:
    """Whether it is another trouble than before."""
    before, _LAST[0] = _LAST[0], trouble
    return trouble != before


def _pointer(db: Transaction, lock: str = "") -> Any:
    return db.execute(f"SELECT id, history FROM live_model {lock}").fetchone()


def _history(row: Any) -> list[str]:
    return [] if row is None else list(json.loads(row["history"]))


def _point(db: Transaction, model_id: str, history: list[str]) -> None:
    db.execute(
        "INSERT INTO live_model (one, id, history) VALUES (1, ?, ?)"
        " ON CONFLICT (one) DO UPDATE SET id = excluded.id, history = excluded.history",
        (model_id, json.dumps(history[-20:])),
    )
    db.execute("DELETE FROM canary_model WHERE id = ?", (model_id,))


def _remember(db: Transaction, mark: str, made: Change) -> None:
    db.execute(
        "INSERT INTO model_changes (id, model, made_at, change) VALUES (?, ?, ?, ?)",
        (mark, made.id, db.now(), json.dumps(asdict(made), ensure_ascii=False)),
    )


def _name(model_id: str) -> str:
    return f"{model_id}.tar"


def _visible(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Nothing hidden, and nobody's name."""
    if Path(member.name).name.startswith("."):
        return None
    member.uname = member.gname = ""
    member.uid = member.gid = 0
    return member
