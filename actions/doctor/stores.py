"""Checks of what the action server keeps: journal, payments, profiles, handovers, documents."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.profile import FILE as PROFILES
from actions.documents.settings import FOLDER, REGISTRY
from actions.payments.payment import UNSETTLED
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.sealed_sample import Sealed, look_at
from nlu.settings.process import variable
from nlu.storage.keys import KEY_FILE, Place
from nlu.storage.read_only import read_only
from nlu.storage.tables import open_engine

_SQLITE = "sqlite:///"


@check(
    "journal",
    "the journal of writes can be read",
    "a journal that is not reached or broken, in SQLite or PostgreSQL",
    "actions",
)
def journal(here: Deployment) -> Iterator[Finding]:
    """Nothing is written to a department without it."""
    where = "SEVA_JOURNAL_URL"
    try:
        with _journal(here) as db:
            sa.inspect(db).get_table_names()
    except (sa.exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError) as error:
        yield Finding(
            "critical",
            f"the journal ({where}) cannot be read ({type(error).__name__})",
            "every turn fails, and messages wait",
            "see that the database runs and takes this user; for SQLite put the backup back",
        )


@check(
    "sealed-records",
    "the sealing keys open what is kept of citizens",
    "profiles, handovers, writes or payments that no key opens",
    "actions",
)
def sealed_records(here: Deployment) -> Iterator[Finding]:
    """In PostgreSQL `seva keys check` looks."""
    yield from look_at(here.keys, _stores(here), here.limits.sampled_rows)


@check(
    "sealed-documents",
    "the key of issued documents opens their registry",
    "the documents' sealing key is absent or another one, although documents were issued",
    *("actions", "documents"),
)
def sealed_documents(here: Deployment) -> Iterator[Finding]:
    """It is a key of its own, and easily left out of a backup."""
    folder = here.var / FOLDER
    given = here.settings.documents_sealing_key
    place = Place(given, "", folder / KEY_FILE, variable("documents_sealing_key"))
    store = Sealed("documents", folder / REGISTRY, "documents", "id", "sealed")
    yield from look_at(place, [store], here.limits.sampled_rows)


@check(
    "unreadable-records",
    "no record was marked as unreadable",
    "rows that a process could not read and passed over",
    "actions",
)
def unreadable_records(here: Deployment) -> Iterator[Finding]:
    """They are counted and told once in the log, and then nobody speaks of them."""
    for store in _stores(here):
        count = _marked(store)
        if count:
            yield Finding(
                "trouble",
                f"{count} {store.name} were found unreadable and are passed over",
                "a write is not settled, a payment not booked, a handover not seen by staff",
                "put lost sealing keys back behind the others, then `seva keys check`",
            )


@check(
    "unsettled-writes",
    "what was sent to departments is asked after",
    "writes and payments that were due to be looked at long ago",
    "actions",
)
def unsettled_writes(here: Deployment) -> Iterator[Finding]:
    """The action server looks every few seconds while it runs."""
    before = time.time() - here.limits.unsettled_seconds
    states = ", ".join(f"'{one}'" for one in sorted(UNSETTLED))
    counts = (
        ("writes", "SELECT COUNT(*) FROM department_writes WHERE due_at < :before"),
        (
            "payments",
            f"SELECT COUNT(*) FROM payments WHERE due_at < :before AND state IN ({states})",
        ),
    )
    try:
        with _journal(here) as db:
            found = {
                name: db.execute(sa.text(query), {"before": before}).scalar() or 0
                for name, query in counts
                if sa.inspect(db).has_table(query.split(" FROM ")[1].split(" ")[0])
            }
    except (sa.exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError):
        raise NotLooked("the journal cannot be read") from None
    for name, count in found.items():
        if count:
            yield Finding(
                "trouble",
                f"{count} {name} should have been asked after long ago",
                "nobody knows whether they arrived: citizens wait for an answer, or for money",
                "see `departments`, and `seva payments list`"
                if here.runs("actions")
                else "start `seva actions`, which looks after them",
            )


def _stores(here: Deployment) -> list[Sealed]:
    stores = [
        Sealed("profiles", here.var / PROFILES, "profile", "citizen", "told", "unreadable_at"),
        Sealed("handovers", here.var / HANDOVERS, "handover", "number", "told", "unreadable_at"),
        Sealed("talks", here.var / HANDOVERS, "handover_talk", "id", "said", "unreadable_at"),
    ]
    url = here.settings.tables_url
    if url.startswith(_SQLITE):
        file = Path(url.removeprefix(_SQLITE))
        mark = "unreadable_at"
        stores += [
            Sealed("writes", file, "department_writes", "id", "request", mark),
            Sealed("payments", file, "payments", "id", "private", mark),
        ]
    return stores


def _marked(store: Sealed) -> int:
    """Rows with a mark; none where the table, or its column of an older Seva, is not there."""
    if not store.path.is_file():
        return 0
    try:
        with read_only(store.path) as db:
            query = f"SELECT COUNT(*) FROM {store.table} WHERE {store.mark} IS NOT NULL"
            return int(db.execute(query).fetchone()[0])
    except sqlite3.Error:
        return 0


@contextmanager
def _journal(here: Deployment) -> Iterator[sa.engine.Connection]:
    """The journal's database, only to read. Raises NotLooked where it is not there yet."""
    url = here.settings.tables_url
    if "SEVA_JOURNAL_URL" in here.malformed:
        raise NotLooked("SEVA_JOURNAL_URL cannot be read")
    if not url.startswith(_SQLITE):
        engine = open_engine(url)
        try:
            with engine.connect() as db:
                yield db
        finally:
            engine.dispose()
        return
    file = Path(url.removeprefix(_SQLITE))
    if not file.is_file():
        raise NotLooked(f"{file} is not there yet; `seva actions` makes it")
    with read_only(file) as raw:
        engine = sa.create_engine(
            "sqlite://", creator=lambda: raw, poolclass=sa.pool.StaticPool, future=True
        )
        with engine.connect() as db:
            yield db
