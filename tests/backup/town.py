"""A gateway and a clerk with the real stores, as processes: for a drill that kills them.

python -m tests.backup.town gateway        takes messages for ever; a line for each that is kept
python -m tests.backup.town clerk BOOK     answers them for ever
python -m tests.backup.town rest BOOK      answers what is left, and ends

BOOK is the department's own: a file that no backup of ours holds. It knows each request by its key,
and answers a repeated one as it did at first.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.departments.journal import Entry, Journal, Write
from actions.departments.request import Context
from actions.departments.result import OperationResult
from actions.documents.issuer import Issuer
from actions.documents.settings import documents_folder
from api.inbox.open import open_inbox
from api.inbox.port import Claim
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.payload import Inbound
from nlu.settings.groups import State, Stored
from tests.documents.conftest import BIRTH, URL
from tests.inbox.worker_fakes import POLICY as AS_SHIPPED
from tests.inbox.worker_fakes import message

CITIZENS, WAITING = 7, 12
POLICY = replace(AS_SHIPPED, arrivals=())  # these citizens write without a pause


def message_of(number: int) -> Inbound:
    """Citizens take turns."""
    return message(number, f"request {number}", f"IN.{number % CITIZENS}", timestamp=1_800_000_000)


async def gateway() -> None:
    """Prints the number of each message and when it was acknowledged."""
    inbox = open_inbox(State.read(), POLICY)
    for number in itertools.count():
        await inbox.put([message_of(number)])
        print(number, time.time(), flush=True)
        while (await inbox.depth()).waiting >= WAITING:
            await asyncio.sleep(0.01)


def book_of(path: Path) -> sqlite3.Connection:
    """The department's."""
    book = sqlite3.connect(path, isolation_level=None)
    book.execute("CREATE TABLE IF NOT EXISTS filed (number INTEGER PRIMARY KEY, key TEXT UNIQUE)")
    book.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT)")
    book.execute("CREATE TABLE IF NOT EXISTS taken (tracker TEXT)")
    return book


class Clerk:
    """Answers messages: files a request, issues a document, remembers, replies."""

    def __init__(self, book: Path) -> None:
        self.inbox: StoredInbox = open_inbox(State.read(), POLICY)
        self.journal = Journal.from_environment()
        self.profiles = Profiles(Stored.read().table_url(PROFILES), 3)
        self.issuer = Issuer.open(documents_folder(), URL, make_keys=True)
        self.book = book_of(book)

    async def round(self) -> None:
        """A few messages, a few replies."""
        for claim in await self.inbox.claim("town", 4):
            await self.answer(claim)
        for parcel in await self.inbox.outbox.claim("town", 4):
            self.book.execute("INSERT INTO taken VALUES (?)", (parcel.tracker,))
            await self.inbox.outbox.sent(parcel, f"wamid.OUT/{parcel.tracker}")

    async def answer(self, claim: Claim) -> None:
        """As a turn does: the journal before the department, the reply and the end together."""
        one = claim.message
        key, citizen = one.message_id, one.citizen
        write = Write("revenue", "apply", {"words": one.text or ""}, Context(citizen, key, "en"))
        entry = Entry(write, "sending", time.time())
        known = self.journal.open(entry) or entry
        if known.state != "settled":
            self.book.execute("INSERT INTO calls VALUES (?)", (key,))
            self.book.execute("INSERT OR IGNORE INTO filed (key) VALUES (?)", (key,))
            where = self.book.execute("SELECT number FROM filed WHERE key = ?", (key,))
            result = OperationResult("ok", {"number": str(where.fetchone()[0])})
            settled = self.journal.move(known, state="settled", result=result)
            assert settled is not None
            known = settled
        assert known.result is not None
        issued = self.issuer.issue("municipal", "birth_certificate", BIRTH, key)
        self.profiles.remember(citizen, {"name": one.text or ""})
        turns = int(await self.inbox.tracker(one.lane) or 0) + 1
        reply = Outgoing("text", f"{known.result.fields['number']} {issued.id}")
        await self.inbox.ack(claim, [Draft(reply)], tracker=str(turns))
        print(key, time.time(), flush=True)


async def clerk(book: Path, *, to_the_end: bool) -> None:
    """For ever, or until nothing is left."""
    one = Clerk(book)
    while True:
        await one.round()
        depth = await one.inbox.depth()
        if to_the_end and not depth.waiting and not depth.outgoing:
            break
        await asyncio.sleep(0.002)
    await one.inbox.close()


def numbers(book: Path) -> dict[str, str]:
    """What the department gave each key."""
    with closing(book_of(book)) as db:
        return {key: str(number) for number, key in db.execute("SELECT number, key FROM filed")}


def calls(book: Path) -> list[str]:
    """Keys that the department was called with, in order."""
    with closing(book_of(book)) as db:
        return [key for (key,) in db.execute("SELECT key FROM calls ORDER BY rowid")]


def taken(book: Path) -> list[str]:
    """Replies that the citizens' side took, in order."""
    with closing(book_of(book)) as db:
        return [tracker for (tracker,) in db.execute("SELECT tracker FROM taken ORDER BY rowid")]


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    if role == "gateway":
        asyncio.run(gateway())
    else:
        asyncio.run(clerk(Path(rest[0]), to_the_end=role == "rest"))
