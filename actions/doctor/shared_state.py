"""Checks of a deployment whose state is in PostgreSQL: what lies on this machine's disk all the
same, and whether the log of documents is signed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.profile import FILE as PROFILES
from actions.documents.settings import FOLDER, LOG, REGISTRY, is_shared
from actions.payments.payment import UNSETTLED
from actions.transparency.folder import LogError, LogFolder
from actions.transparency.note import NoteError, Verifier
from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.settings.process import variable
from nlu.storage.database import DatabaseAway
from nlu.storage.keys import HASHING_FILE, KEY_FILE
from nlu.storage.moved import ENDING, moved_name
from nlu.storage.postgres import PostgresTransaction, reader
from nlu.storage.read_only import read_only

_FILES = ("seva.sqlite", "journal.sqlite", PROFILES, HANDOVERS, f"{FOLDER}/{REGISTRY}")
_LOG = f"{FOLDER}/{LOG}/public/checkpoint"
_UNSETTLED = ", ".join(f"'{state}'" for state in sorted(UNSETTLED))
_OPEN: Mapping[str, Mapping[str, str]] = {
    "seva.sqlite": {
        "messages": "SELECT COUNT(*) FROM inbox WHERE state = 0",
        "replies": "SELECT COUNT(*) FROM outbox WHERE state IN (-1, 0, 1)",
    },
    "journal.sqlite": {
        "payments": f"SELECT COUNT(*) FROM payments WHERE state IN ({_UNSETTLED})",
        "writes": "SELECT COUNT(*) FROM department_writes WHERE due_at IS NOT NULL",
    },
    HANDOVERS: {"requests for a person": "SELECT COUNT(*) FROM handover WHERE NOT closed"},
}
"""What citizens wait for, of each file: what is counted, and how."""
_KEYS = (("sealing_key", KEY_FILE), ("hashing_key", HASHING_FILE))
_LOOKS, _PAUSE_S = 20, 0.1


@check(
    "local-state",
    "nothing that machines must share is on this one's disk",
    "with PostgreSQL: messages, payments, documents of before that were not moved out of "
    "`SEVA_VAR_DIR`; a journal, keys or a live model that only this machine has",
)
def local_state(here: Deployment) -> Iterator[Finding]:
    """What is in such a file is not lost, but nobody looks for it any more."""
    _shared(here)
    yield from _left(here)
    if here.settings.journal_url.startswith("sqlite"):
        yield Finding(
            "trouble",
            "SEVA_JOURNAL_URL is a file, and the state is in PostgreSQL",
            "another machine may write twice to a department, as it does not see what was sent",
            "leave SEVA_JOURNAL_URL out",
        )
    if not here.settings.models_store:
        yield Finding(
            "notice",
            "which model is live is said by a file of this machine",
            "after `seva promote` the other machines go on with theirs",
            "set SEVA_MODELS_STORE to a folder or bucket that all machines reach",
        )
    yield from _keys(here)


@check(
    "log-signer",
    "what was put into the log of documents is signed",
    "with PostgreSQL: entries of the log that wait for a signature, or a key that is not the log's",
    *("actions", "documents"),
)
def log_signer(here: Deployment) -> Iterator[Finding]:
    """A document leaves only when its entry is signed, by the machine that has the log's key."""
    _shared(here)
    try:
        with reader(here.settings.database_urls[0]) as db:
            yield from _log(here, db)
    except DatabaseAway:
        raise NotLooked("the database does not answer") from None


def _left(here: Deployment) -> Iterator[Finding]:
    """Databases and the log of before; and those that `seva migrate move` gave another name."""
    for name in (*_FILES, _LOG):
        file = here.var / name
        if not file.is_file():
            continue
        owed = _open_in(file, _OPEN.get(name, {}))
        yield Finding(
            "critical" if owed else "trouble",
            f"{file} is still on this machine, and the state is in PostgreSQL"
            + (f"; in it wait {owed}" if owed else ""),
            "nobody reads it: what it holds of citizens is neither answered, nor shown, nor "
            "deleted when they ask for that",
            "stop all processes, then `seva migrate move` takes all files into an empty "
            "PostgreSQL. Where one is worked with already, settle what is open in the file, and "
            "move it away",
        )
    moved = [f"{name}{ENDING}" for name in _FILES if moved_name(here.var / name).is_file()]
    if moved:
        yield Finding(
            "notice",
            f"{', '.join(moved)} in {here.var} hold what was moved into PostgreSQL",
            "what citizens want deleted is not deleted there",
            "delete all that is called *.moved there, once a backup of PostgreSQL can be restored",
        )


def _open_in(file: Path, queries: Mapping[str, str]) -> str:
    """What citizens wait for in a file of before, in words; empty where nothing does."""
    found = []
    for name, query in queries.items():
        with suppress(sqlite3.Error), read_only(file) as db:  # no such table, or no database
            ((count,),) = db.execute(query).fetchall()
            found += [f"{count} {name}"] if count else []
    return ", ".join(found)


def _log(here: Deployment, db: PostgresTransaction) -> Iterator[Finding]:
    ((there,),) = db.execute("SELECT to_regclass('log_head')").fetchall()
    head = db.execute("SELECT verifier FROM log_head").fetchone() if there else None
    if head is None:
        raise NotLooked("there is no log yet; `seva documents serve` begins it")
    folder = LogFolder(here.var / FOLDER / LOG)
    if folder.key.is_file():
        try:
            ours = folder.read_signer().verifier == Verifier.parse(head["verifier"])
        except (LogError, NoteError) as error:
            raise NotLooked(f"{folder.key} cannot be read ({type(error).__name__})") from None
        if not ours:
            yield Finding(
                "critical",
                f"{folder.key} is not the key of the log in PostgreSQL",
                "this machine neither issues nor shows documents",
                "put the log's key there, or move this one away if another machine signs",
            )
    waiting = _waiting(db)
    if waiting:
        yield Finding(
            "critical",
            f"{waiting} entries of the log of documents wait for their signature",
            "no document is issued or revoked, and citizens wait for theirs",
            f"start `seva documents serve` on the machine that has the log's key ({folder.key}); "
            "if it runs, its log says why it does not sign",
        )


def _waiting(db: PostgresTransaction) -> int:
    """Entries that were there when it began to look and are not signed two seconds later."""
    ((size,),) = db.execute("SELECT size FROM log_head").fetchall()
    for _ in range(_LOOKS):
        ((signed,),) = db.execute("SELECT signed FROM log_head").fetchall()
        if signed >= size:
            return 0
        time.sleep(_PAUSE_S)
    return int(size - signed)


def _keys(here: Deployment) -> Iterator[Finding]:
    """Files of keys are no trouble where all machines have the same."""
    for field, file in _KEYS:
        if not getattr(here.settings, field) and (here.var / file).is_file():
            yield _one_machine(variable(field), str(here.var / file))
    documents = here.var / FOLDER / KEY_FILE
    if not here.settings.documents_sealing_key and documents.is_file():
        yield _one_machine(variable("documents_sealing_key"), str(documents))


def _one_machine(name: str, file: str) -> Finding:
    return Finding(
        "notice",
        f"the key in {file} is a file of this machine",
        "a machine with another key cannot read what this one seals, or names citizens otherwise",
        f"set {name} to the same everywhere, or see that the file is the same",
    )


def _shared(here: Deployment) -> None:
    """Raises NotLooked where the state is a file."""
    if "SEVA_DATABASE_URL" in here.malformed or not is_shared(here.settings.database_urls[0]):
        raise NotLooked("the state is not in PostgreSQL")
