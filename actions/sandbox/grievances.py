"""What the counter language cannot say of grievances, as hooks of `counters/grievances.yml`.

An answer names offices that the catalogue knows, a grievance counts as open by its state, and a
list holds only those of the citizen's grievances that are on record for the sender.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

from actions.sandbox.access import OWN_LIST, About, sender_of
from actions.sandbox.clerk import Call, Hook
from actions.sandbox.desk import Body, Done
from actions.sandbox.grievance_book import CLOSED, GrievanceBook
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.records import Found

_OWN = About(lambda db, entered: OWN_LIST, lambda: not_found("grievance"))


def hooks(book: GrievanceBook) -> Mapping[str, Hook]:
    """By the names that the counters use."""

    def of(work: Callable[[GrievanceBook, Call, sqlite3.Connection, Found], Done]) -> Hook:
        return Hook(partial(work, book))

    return {
        "register": of(_register),
        "show": of(_show),
        "list": Hook(partial(_listed, book, closed=False), _OWN),
        "list_closed": Hook(partial(_listed, book, closed=True), _OWN),
        "reopen": of(_reopen),
        "rate": of(_rate),
    }


def _register(book: GrievanceBook, call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """A new grievance. The same words of the same citizen are one as long as it is open."""
    told, fingerprint = call.entered, call.desk.store.fingerprint
    subject = fingerprint(told["citizen"], told["grievance_text"], told["location"])
    before = book.open_for(db, subject)
    if before is not None:
        raise _refusal(
            "already_open", "One is open already", book.shown(before.record, call.language)
        )
    made = book.register(
        db,
        reference=call.key,
        citizen=fingerprint(told["citizen"]),
        subject=subject,
        language=call.language,
        office=told["office"],
        secretariat=told.get("secretariat", ""),
        photo=bool(told.get("photo")),
    )
    call.desk.on_record.made(db, call.key, made.place)
    return 201, book.shown(made.record, call.language), made.number


def _show(book: GrievanceBook, call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """One grievance."""
    return 200, book.shown(found.record, call.language), ""


def _listed(
    book: GrievanceBook, call: Call, db: sqlite3.Connection, found: Found, *, closed: bool
) -> Done:
    """The citizen's latest grievances; of them, those that are on record for who asks."""
    sender, desk = sender_of(call.request) or "", call.desk
    rows = book.of_citizen(db, desk.store.fingerprint(call.entered["citizen"]), closed=closed)
    own = [one for one in rows if desk.on_record.holds(db, one.place, sender)]
    return 200, {"grievances": [book.shown(one.record, call.language) for one in own]}, ""


def _reopen(book: GrievanceBook, call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """Open a closed grievance again, for as many days as the catalogue says."""
    _refuse_open(book, found)
    if book.too_late(found.record):
        raise _refusal("too_late", "Closed too long ago", book.shown(found.record, call.language))
    opened = book.reopen(db, found, call.key, call.language)
    return 201, book.shown(opened, call.language), opened["number"]


def _rate(book: GrievanceBook, call: Call, db: sqlite3.Connection, found: Found) -> Done:
    """Rate a closed grievance, once."""
    _refuse_open(book, found)
    shown, rating = book.shown(found.record, call.language), call.entered["rating"]
    if found.record.get("rating") is not None:
        raise _refusal("already_rated", "Rated already", shown)
    book.rate(db, found, rating)
    answer = {"rating": rating, "office": shown["office"], "reopen_by": shown["reopen_by"]}
    return 201, answer, shown["number"]


def _refuse_open(book: GrievanceBook, found: Found) -> None:
    if found.record["state"] not in CLOSED:
        raise _refusal("not_closed", "It is still open", book.shown(found.record, "en"))


def _refusal(code: str, title: str, shown: Body) -> Problem:
    """A refusal says how the grievance stands."""
    return Problem(409, code, title, **shown)
