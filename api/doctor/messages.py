"""Checks of the database of messages: of our version, whole, opened by our keys, and moving."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from api.inbox import schema
from api.inbox.open import database_file, sealed_columns
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.sealed_sample import Sealed, look_at
from nlu.storage.database import DatabaseAway, Statements, Transaction
from nlu.storage.migrations.readiness import are_ready
from nlu.storage.migrations.step import EngineName
from nlu.storage.postgres import reader
from nlu.storage.read_only import read_only

_MOST = 5
_MEGA = 1e6


@check(
    "database",
    "the database of messages is reached and whole",
    "PostgreSQL that does not answer, a file that is no database, or a broken one",
    *("serve", "worker"),
)
def database(here: Deployment) -> Iterator[Finding]:
    """A small file is read through; a large one would take too long."""
    if database_file(here.settings) is None:
        yield from _postgres(here)
        return
    path = _path(here)
    try:
        with read_only(path) as db:
            db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            small = path.stat().st_size <= here.limits.whole_bytes
            told = db.execute("PRAGMA quick_check(1)").fetchall()[0][0] if small else "ok"
    except sqlite3.DatabaseError:
        yield _broken(path)
        return
    if told != "ok":
        yield _broken(path)


def _postgres(here: Deployment) -> Iterator[Finding]:
    urls = here.settings.database_urls
    for place, url in enumerate(urls, 1):
        which = f"database {place} of {len(urls)}" if len(urls) > 1 else "the database"
        try:
            with reader(url) as db:
                db.execute("SELECT 1")
        except DatabaseAway as error:
            yield Finding(
                "critical",
                f"{which}: {error}" if len(urls) > 1 else str(error),
                "no message of its citizens is taken, and none is answered"
                if len(urls) > 1
                else "no message is taken, and none is answered",
                "see that the server runs, and that host, name and password of SEVA_DATABASE_URL "
                "fit",
            )


def _broken(path: Path) -> Finding:
    return Finding(
        "critical",
        f"{path} is no database of Seva's, or a broken one",
        "messages that were taken may be lost, and none is answered",
        "stop all processes, keep the file, and put your last backup in its place",
    )


@check(
    "sealed-messages",
    "the sealing keys open what waits",
    "no sealing key although rows are sealed, another key than theirs, or a malformed one",
    *("serve", "worker"),
)
def sealed_messages(here: Deployment) -> Iterator[Finding]:
    """Messages, replies, what buttons mean, and conversations."""
    path = database_file(here.settings)
    if path is None:
        raise NotLooked("`seva keys check` reads PostgreSQL")
    columns = sealed_columns(here.settings)
    stores = [Sealed(one.name, path, one.table, one.key, one.column) for one in columns]
    yield from look_at(here.keys, stores, here.limits.sampled_rows)


@check(
    "waiting-messages",
    "no message waits for long",
    "the oldest message without an answer waits too long, with or without a worker",
    "worker",
)
def waiting_messages(here: Deployment) -> Iterator[Finding]:
    """The one number that citizens feel."""
    for db in _tables(here):
        count, oldest = db.execute(
            "SELECT COUNT(*), MIN(received_at) FROM inbox WHERE state = ?", (schema.WAITING,)
        ).fetchall()[0]
        closed = db.execute(
            "SELECT COUNT(*) FROM inbox WHERE state = ? AND reason LIKE 'unreadable%'",
            (schema.WAITING,),
        ).fetchall()[0][0]
        waited = _now(db, here) - (oldest or 0.0)
        if not count or waited < here.limits.waiting_seconds:
            continue
        if closed == count:
            mend = "put the sealing key back that sealed them; `seva inbox list --waiting`"
        elif here.runs("worker"):
            mend = "see `troubles` of the worker's /health/ready, and `turn_failed` in its log"
        else:
            mend = "start `seva worker`"
        yield Finding(
            "critical",
            f"{count} messages wait, the oldest for {waited / 60:.0f} minutes",
            "these citizens have no answer" + ("" if here.runs("worker") else ": no worker runs"),
            mend,
        )


@check(
    "dead-letters",
    "no message was given up",
    "dead letters: their citizens wait for nothing any more",
    "worker",
)
def dead_letters(here: Deployment) -> Iterator[Finding]:
    """They are deleted with the purge, answered or not."""
    for db in _tables(here):
        rows = db.execute(
            "SELECT reason, COUNT(*) AS count FROM inbox WHERE state = ? "
            "GROUP BY reason ORDER BY count DESC",
            (schema.DEAD,),
        ).fetchall()
        if rows:
            yield Finding(
                "trouble",
                f"{sum(row['count'] for row in rows)} messages were given up",
                "their citizens were told so, and will not write again by themselves",
                "`seva inbox list` says why; then `seva inbox requeue` or `drop`",
            )


@check(
    "unsent-replies",
    "replies go out",
    "a reply that is due and has not gone for long: WhatsApp refuses token, number or account",
    "worker",
)
def unsent_replies(here: Deployment) -> Iterator[Finding]:
    """What is parked waits for its citizen and is not counted."""
    for db in _tables(here):
        count, oldest = db.execute(
            "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state IN (?, ?)",
            (schema.PENDING, schema.SENDING),
        ).fetchall()[0]
        reasons = db.execute(
            "SELECT DISTINCT reason FROM outbox WHERE state IN (?, ?) AND reason IS NOT NULL "
            "LIMIT ?",
            (schema.PENDING, schema.SENDING, _MOST),
        ).fetchall()
        waited = _now(db, here) - (oldest or 0.0)
        if count and waited >= here.limits.sending_seconds:
            codes = ", ".join(sorted(str(row[0]) for row in reasons if str(row[0]).isdecimal()))
            told = f" (WhatsApp's codes: {codes})" if codes else ""
            yield Finding(
                "critical",
                f"{count} replies have not gone, the oldest for {waited / 60:.0f} minutes{told}",
                "citizens were answered and do not read it",
                "see `seva_sends` and the worker's log; often SEVA_WHATSAPP_ACCESS_TOKEN has "
                "expired"
                if here.runs("worker")
                else "start `seva worker`",
            )


@check(
    "statuses",
    "WhatsApp tells what became of replies",
    "replies were sent, and WhatsApp told no status since: the webhook is not reached",
    *("serve", "worker"),
)
def statuses(here: Deployment) -> Iterator[Finding]:
    """Without them nobody knows what arrived, and what failed is not sent again."""
    for db in _tables(here):
        now = _now(db, here)
        told = db.execute("SELECT MAX(at) FROM told").fetchall()[0][0] or 0.0
        since = now - here.limits.statuses_seconds
        sent = db.execute(
            "SELECT COUNT(*) FROM outbox WHERE state = ? AND created_at > ? AND created_at < ?",
            (schema.SENT, told, since),
        ).fetchall()[0][0]
        if told < since and sent >= here.limits.statuses_sent:
            yield Finding(
                "trouble",
                f"{sent} replies were sent, and WhatsApp has told of none what became of it",
                "what did not arrive is not noticed; citizens' messages may not arrive either",
                "point Meta's webhook at /webhooks/whatsapp, subscribed to `messages`; see the "
                "proxy",
            )


@check(
    "write-ahead-log",
    "the database's write-ahead log is emptied",
    "a write-ahead log that grows: somebody keeps the database open and reads",
    *("serve", "worker"),
)
def write_ahead_log(here: Deployment) -> Iterator[Finding]:
    """What was deleted is still in it."""
    path = _path(here)
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > here.limits.write_ahead_bytes:
        yield Finding(
            "trouble",
            f"{log} has {size / _MEGA:.0f} MB",
            "it fills the disk, and what citizens had deleted is still in it",
            "end what keeps the database open (`fuser`): a backup, a shell of sqlite3",
        )


@check(
    "clock",
    "the clock is that of the database",
    "a machine whose clock was set since the database was opened, or that was wrong then",
    *("serve", "worker"),
)
def clock(here: Deployment) -> Iterator[Finding]:
    """Leases follow the database's clock, WhatsApp's time the one of the day."""
    for db in _tables(here):
        row = db.execute("SELECT * FROM clock").fetchone()
        if row is None and isinstance(db, sqlite3.Connection):
            raise NotLooked("no process has opened the database yet")
        apart = _now(db, here) - time.time()
        same_boot = row is None or row["boot"] == here.machine.boot
        if abs(apart) > here.limits.clock_seconds and (same_boot or apart > 0):
            yield Finding(
                "trouble",
                f"the database's clock is {apart:+.0f} s from the machine's",
                "messages are ordered, dropped as too old and purged by both; limits count wrongly",
                "see that the time is synchronised (`timedatectl`), then start the machine anew"
                if apart < 0
                else "see that the time is synchronised (`timedatectl`); the database's goes on "
                "alone until the machine's has caught up",
            )


def _path(here: Deployment) -> Path:
    """The database's file. Raises NotLooked."""
    path = database_file(here.settings)
    if path is None:
        raise NotLooked("the database is PostgreSQL")
    if not path.is_file():
        raise NotLooked(f"{path} is not there yet; `seva serve` makes it")
    return path


def _tables(here: Deployment) -> Iterator[Statements]:
    """The tables as this version knows them, of one database after the other. Raises NotLooked."""
    try:
        if database_file(here.settings) is None:
            for url in here.settings.database_urls:
                with reader(url) as rows:
                    _expect(rows, "postgresql")
                    yield rows
            return
        with read_only(_path(here)) as db:
            _expect(db, "sqlite")
            yield db
    except (sqlite3.DatabaseError, DatabaseAway) as error:
        raise NotLooked(f"the database cannot be read ({type(error).__name__})") from None


def _expect(db: Statements, engine: EngineName) -> None:
    if not are_ready(lambda sql: db.execute(sql).fetchall(), engine, schema.TABLES):
        raise NotLooked("the database has no tables yet, or those of another version")


def _now(db: Statements, here: Deployment) -> float:
    """What the clock of the database shows, or will where the machine was started since."""
    if not isinstance(db, sqlite3.Connection):
        return cast(Transaction, db).now()
    row = db.execute("SELECT boot, shift, seen FROM clock").fetchone()
    if row is None:
        return time.time()
    if row["boot"] != here.machine.boot:
        return max(time.time(), float(row["seen"]))
    return time.clock_gettime(time.CLOCK_BOOTTIME) + float(row["shift"])
