"""What an operator does with documents and keys: the bodies of `seva documents ...`.

Each prints what it did and returns the exit code: 0, or 1 with the reason on standard error.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Sequence

from typing_extensions import ParamSpec

from actions.documents.credential import grouped, typed_id
from actions.documents.event_log import OpenLog
from actions.documents.issuer import Issuer, NotIssued, Reason, open_log
from actions.documents.keys import KeyRing, NoKey, PublicKey
from actions.documents.printed_text import day
from actions.documents.registry import NotRecorded, revocations, status
from actions.documents.settings import (
    REGISTRY,
    documents_folder,
    documents_url,
    is_shared,
    key_store,
    registry_url,
)
from actions.transparency.folder import LogError
from actions.transparency.key_events import KeyBook, read_event
from nlu.settings.settings import DocumentsSettings
from nlu.storage.database import DatabaseAway
from nlu.storage.moved import moved_name

_P = ParamSpec("_P")


def _told(command: Callable[_P, None]) -> Callable[_P, int]:
    """Prints failures that an operator can repair, in one line."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> int:
        try:
            command(*args, **kwargs)
        except (NotIssued, NoKey, NotRecorded, LogError, DatabaseAway, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        return 0

    return run


def serve_command(settings: DocumentsSettings) -> int:
    """Serves page, keys, status, PDFs and log until it is interrupted."""
    from actions.documents.server import serve_documents

    return _told(serve_documents)(documents_folder(), settings)


@_told
def show_command(document: str, *, values: bool = False, as_json: bool = False) -> None:
    """Prints the facts of a document, and its contents only with `values`."""
    issuer, document_id = _issuer(), _id(document)
    known = issuer.registry.by_id(document_id)
    if known is None:
        raise NotIssued(Reason.WRONG_STATE, f"there is no document {grouped(document_id)}")
    facts = {
        **status(issuer.registry, issuer.event_log, document_id),
        "state": known.state,
        "department": known.department,
        "form": known.form,
        "kid": known.kid,
        "issued_at": known.issued_at,
        "expires_at": known.expires_at,
    }
    if values:
        facts["values"] = dict(issuer.contents(document_id).values)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    log, reason = facts["log"], facts["reason"]
    print(f"{grouped(document_id)}  {known.state}")
    print(f"  {known.department}, {known.form}, issued {day(known.issued_at)}", end="")
    print(f", valid until {day(known.expires_at)}" if known.expires_at else "")
    print(f"  signed with key {known.kid}")
    if known.changed_at:
        why = f": {reason['en']}" if reason else f" by {grouped(known.replaced_by or document_id)}"
        print(f"  {known.state} on {day(known.changed_at)}{why}")
    print(f"  entry {log['index']} of {log['size']} in the log" if log else "  not in the log")
    for name, value in facts.get("values", {}).items():
        print(f"  {name}: {value}")


@_told
def revoke_command(document: str, reason: str) -> None:
    """Revokes a document."""
    if reason not in revocations():
        raise ValueError(f"--reason is one of {', '.join(revocations())}")
    document_id = _id(document)
    known = _issuer().revoke(document_id, reason)
    print(f"{grouped(document_id)} is revoked: {revocations()[known.reason or reason]['en']}")


@_told
def reissue_command(document: str | None, key: str | None, changes: Sequence[str]) -> None:
    """Replaces one document, or every valid one that a key signed."""
    if (document is None) == (key is None) or (key is not None and changes):
        raise ValueError("give a document, with --set for what changes, or --key alone")
    wrong = [change for change in changes if "=" not in change]
    if wrong:
        raise ValueError(f"--set takes NAME=VALUE, not {wrong[0]}")
    issuer = _issuer()
    ids = [_id(document)] if document is not None else issuer.registry.valid_with_key(key or "")
    for old in ids:
        new = issuer.reissue(old, dict(change.split("=", 1) for change in changes))
        print(f"{grouped(old)} is replaced by {grouped(new.id)}: {new.url}")
    if not ids:
        print("no valid document is signed with that key")


@_told
def keys_list_command(*, as_json: bool = False) -> None:
    """Prints every key and its state."""
    keys, now = _ring().public_keys(), int(time.time())
    if as_json:
        print(json.dumps([key.published() for key in keys]))
        return
    for key in keys:
        times = f"{day(key.not_before)} to {day(key.not_after)}"
        print(f"{key.department:<14} {key.kid.hex()}  {times}  {_state(key, now)}")


@_told
def keys_rotate_command(department: str, *, at_once: bool = False) -> None:
    """Makes the next key of a department."""
    key = _announcing_ring()[0].rotate(department, int(time.time()), at_once=at_once)
    print(f"{department}: new key {key.kid.hex()}, signs from {day(key.not_before)}")


@_told
def keys_withdraw_command(kid: str, *, reissue: bool = False) -> None:
    """Withdraws a stolen key and makes a new one. Then it reissues the documents or names them."""
    now, ring = int(time.time()), _announcing_ring()[0]
    key = ring.withdraw(kid, now)
    new = ring.rotate(key.department, now, at_once=True)
    print(f"{key.department}: key {kid} is withdrawn, {new.kid.hex()} signs from now on")
    if not _has_registry():
        return
    issuer = _issuer()
    left = issuer.registry.valid_with_key(kid)
    if not reissue:
        print(f"{len(left)} valid documents are refused now: seva documents reissue --key {kid}")
        return
    for old in left:
        issuer.reissue(old)
    print(f"{len(left)} documents are reissued")


@_told
def keys_announce_command() -> None:
    """Puts every key into the log that is not there."""
    ring, event_log = _announcing_ring()
    log = event_log.log
    entries = (log.entry(index, log.size) for index in range(log.size))
    book = KeyBook(event for event in map(read_event, entries) if event is not None)
    missing = [key for key in ring.public_keys() if book.unannounced([key.published()])]
    for key in missing:
        ring.announce(key)
        print(f"{key.department}: key {key.kid.hex()} stands in the log now")
    if not missing:
        print("all keys stand in the log")


def _state(key: PublicKey, now: int) -> str:
    if key.withdrawn_at is not None:
        return f"withdrawn {day(key.withdrawn_at)}"
    if key.in_force(now):
        return "in force"
    return "next" if now < key.not_before else "ended"


def _id(text: str) -> str:
    found = typed_id(text)
    if found is None:
        raise ValueError(f"{text} is not the id of a document")
    return found


def _ring() -> KeyRing:
    """The key ring for reading."""
    return KeyRing(key_store(documents_folder()))


def _announcing_ring() -> tuple[KeyRing, OpenLog]:
    """The key ring for changes; each change goes into the log first. Raises LogError."""
    event_log = open_log(documents_folder(), documents_url())
    return KeyRing(key_store(documents_folder()), announce=event_log.log.append), event_log


def _has_registry() -> bool:
    """Whether a document may have been issued."""
    folder = documents_folder()
    files = (folder / REGISTRY, moved_name(folder / REGISTRY))
    return is_shared(registry_url(folder)) or any(file.exists() for file in files)


def _issuer() -> Issuer:
    """The issuer of this machine. A command of an operator never begins a new one."""
    if not _has_registry():
        raise ValueError(f"no document was issued in {documents_folder()}")
    return Issuer.open(documents_folder(), documents_url())
