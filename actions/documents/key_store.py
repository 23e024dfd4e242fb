"""Where departments' keys lie: in a folder of one machine, or in PostgreSQL for all of them.

A key is what is published about it, as `keys.json` has it, and its private half as PEM.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from actions.transparency.durable import replace_file, sync_folder
from nlu.storage.database import DatabaseAway, Tables
from nlu.storage.file_lock import locked
from nlu.storage.keys import Place
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.storage.tables import insert_into, open_tables

Facts = Mapping[str, Any]
_METADATA = sa.MetaData()
_KEYS = sa.Table(
    "department_keys",
    _METADATA,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("published", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
)
"""`published` is JSON, "" before the key counts; `sealed` the private half, "" when withdrawn."""
TABLES = Tables("keys", _METADATA, Path(__file__).parents[1] / "migrations" / "keys")
_ALONE = "SELECT pg_advisory_xact_lock(5783652)"  # any number that nothing else takes


class KeyStore(Protocol):
    """What a ring of keys needs. Processes may share it; nothing is kept in memory."""

    def published(self) -> list[Facts]:
        """All keys that count."""

    def publish(self, facts: Facts) -> None:
        """Lets a key count, or changes what is published about it."""

    def private_kids(self) -> Collection[str]:
        """Keys whose private half is there."""

    def private(self, facts: Facts) -> bytes:
        """The private half as PEM. Raises OSError, KeyError where it is not there."""

    def keep_private(self, facts: Facts, pem: bytes) -> None:
        """Keeps the private half of a key that does not count yet."""

    def drop_private(self, facts: Facts) -> None:
        """Deletes the private half, if it is there."""

    def alone(self) -> Any:
        """A context in which no other process changes the ring."""


class KeyFiles:
    """`<folder>/<department>/<kid>.pem` is the private key (mode 0600); `<kid>.json` beside it is
    what is published."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def published(self) -> list[Facts]:
        """See `KeyStore`."""
        paths = self._folder.glob("*/[0-9a-f]*.json")
        return [json.loads(path.read_text("utf-8")) for path in paths]

    def publish(self, facts: Facts) -> None:
        """See `KeyStore`."""
        path = self._path(facts, "json")
        replace_file(path, json.dumps(facts, indent=1).encode())
        sync_folder(path.parent)
        sync_folder(self._folder)

    def private_kids(self) -> Collection[str]:
        """See `KeyStore`."""
        return {path.stem for path in self._folder.glob("*/[0-9a-f]*.pem")}

    def private(self, facts: Facts) -> bytes:
        """See `KeyStore`."""
        return self._path(facts, "pem").read_bytes()

    def keep_private(self, facts: Facts, pem: bytes) -> None:
        """See `KeyStore`."""
        path = self._path(facts, "pem")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        replace_file(path, pem, mode=0o600)

    def drop_private(self, facts: Facts) -> None:
        """See `KeyStore`."""
        self._path(facts, "pem").unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `KeyStore`."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self._folder / ".lock"):
            yield

    def _path(self, facts: Facts, suffix: str) -> Path:
        return self._folder / str(facts["department"]) / f"{facts['kid']}.{suffix}"


class KeyTable:
    """A table in PostgreSQL; private halves are sealed by the keys of issued documents."""

    def __init__(self, url: str, place: Place) -> None:
        """Its methods raise DatabaseAway, as this does."""
        self._place = place
        with _answering():
            self._engine = open_tables(url, TABLES)

    def published(self) -> list[Facts]:
        """See `KeyStore`."""
        query = sa.select(_KEYS.c.published).where(_KEYS.c.published != "")
        with self._asked() as db:
            return [json.loads(text) for text in db.execute(query).scalars()]

    def publish(self, facts: Facts) -> None:
        """See `KeyStore`."""
        change = _KEYS.update().where(_KEYS.c.kid == facts["kid"])
        with self._asked() as db:
            db.execute(change.values(published=json.dumps(facts)))

    def private_kids(self) -> Collection[str]:
        """See `KeyStore`."""
        with self._asked() as db:
            return set(db.execute(sa.select(_KEYS.c.kid).where(_KEYS.c.sealed != "")).scalars())

    def private(self, facts: Facts) -> bytes:
        """See `KeyStore`. Raises OSError where no key opens it."""
        query = sa.select(_KEYS.c.sealed).where(_KEYS.c.kid == facts["kid"])
        with self._asked() as db:
            token = db.execute(query).scalar()
        if not token:
            raise KeyError(facts["kid"])
        try:
            return str(unseal(token, place=self._place)).encode()
        except Unreadable as error:
            raise OSError(f"the key {facts['kid']} cannot be read: {error.why}") from error

    def keep_private(self, facts: Facts, pem: bytes) -> None:
        """See `KeyStore`."""
        token = seal(pem.decode(), place=self._place)
        row = {"kid": facts["kid"], "department": facts["department"], "published": ""}
        with self._asked() as db:
            db.execute(insert_into(self._engine, _KEYS).values(**row, sealed=token))

    def drop_private(self, facts: Facts) -> None:
        """See `KeyStore`."""
        change = _KEYS.update().where(_KEYS.c.kid == facts["kid"])
        with self._asked() as db:
            db.execute(change.values(sealed=""))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `KeyStore`. The lock is a transaction's, so PgBouncer may lend its connection."""
        with self._asked() as db:
            db.exec_driver_sql(_ALONE)
            yield

    @contextmanager
    def _asked(self) -> Iterator[sa.engine.Connection]:
        with _answering(), self._engine.begin() as db:
            yield db


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseAway(f"PostgreSQL does not answer ({type(error).__name__})") from error
