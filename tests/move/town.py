"""Fills every store of a deployment in files, and goes on with it wherever it lies then.

python -m tests.move.town fill BOOK    a process that dies (kill -9) with a turn in its hands
python -m tests.move.town hold         opens all stores, says so, and waits to be killed

BOOK is the department's own file, as for `tests.backup.town`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

from actions.citizens import handover, usage
from actions.departments.journal import Write
from actions.departments.misses import Misses
from actions.departments.request import Context
from actions.desk.cases import Cases, Officer
from actions.desk.presence import Presence
from actions.dialogue.steps import Handover
from actions.documents.settings import documents_folder
from actions.payments.ledger import Ledger
from actions.payments.payment import Payment
from actions.transparency.note import COSIGNATURE, Note, Signer
from api import key_usage
from api.inbox.open import open_inbox
from api.key_usage import FileUsage
from api.whatsapp.outgoing import Choice, Draft, Option, Outgoing
from api.whatsapp.payload import Status
from nlu import daily_counts, shared_models
from nlu.daily_counts import DailyCounts, Key, ModelKey
from nlu.paths import var_folder
from nlu.settings.groups import State, Stored
from nlu.storage.open import open_database
from nlu.storage.windows import Limit
from nlu.turn import NEWS_OFF
from tests.backup.town import Clerk, message_of
from tests.inbox.worker_fakes import POLICY, message

ANSWERED, WAITING = 8, 6
ENTRIES = 600
"""In the log, so that its tree has more than one level of tiles."""
ODD = "half a pair and a NUL: \0 end"


async def messages(clerk: Clerk) -> None:
    """Some are answered, one reply is sent and read, one waits for a status, others are not sent;
    a dead letter, a wish, buttons; what is left waits, and one of it is in a worker's hands."""
    inbox = clerk.inbox
    await inbox.put([message_of(number) for number in range(ANSWERED)])
    while claims := await inbox.claim("town", 1):
        await clerk.answer(claims[0])
    parcels = await inbox.outbox.claim("town", 2)
    await inbox.outbox.sent(parcels[0], "wamid.OUT1")
    await inbox.outbox.doubt(parcels[1], 0.5, "lost")
    await inbox.put([], [Status("wamid.OUT1", "read", tracker=parcels[0].tracker)])
    await inbox.put([message(900, citizen="IN.900"), message(901, citizen="IN.901")])
    [first, second] = await inbox.claim("town", 2)
    await inbox.bury(first, "three times")
    reply = Outgoing("buttons", "which?", options=(Option("c1", "this"),))
    drafts = [Draft(reply, (Choice("c1", "/this", "this", 1),))]
    await inbox.ack(second, drafts, "te", "1", (NEWS_OFF,))
    await inbox.put([message_of(100 + number) for number in range(WAITING)])
    held = await inbox.claim("town", 1)
    assert held
    limited = open_inbox(State.read(), POLICY)  # this one counts who writes how often
    await limited.put([message(950, ODD, citizen="IN.900")])
    await limited.close()


def others(clerk: Clerk) -> None:
    """What the action server keeps, documents, keys, counts, models."""
    now, stored = time.time(), Stored.read()
    ledger, misses = Ledger.from_environment(), Misses.from_environment()
    context = Context("IN.1", "pay-1", "te")
    bill = Write("energy", "pay_bill", {"service_number": "6123401005678"}, context)
    ledger.begin(Payment(bill.id, "b" * 64, bill, "sandbox", "opening", now, now, now + 60))
    misses.charge("energy", "IN.1", "6123401005678")
    misses.charge("energy", "IN.2", "6123401005678")
    clerk.journal.remember("energy", "nonce", now)
    told = Handover(
        *("r1", "energy_bill", {"name": "సాయి"}, "name", 3, "asked_for", "who?", "te", now),
        department="energy",
    )
    handovers = handover.Handovers(stored.table_url(handover.FILE))
    number, officer = handovers.open("IN.1", told), Officer("e1", frozenset({"energy"}))
    Cases(handovers, lambda service: "energy").claim(number, officer)
    Presence(handovers.engine).seen(officer)
    usage.Usage(stored.table_url(usage.FILE)).count("electricity_bill_view")
    counts = DailyCounts(stored.table_url(daily_counts.FILE))
    counts.add({Key("done", 20_787, "energy", "electricity_bill_view", "te", "guntur"): (2, 90)})
    counts.add({ModelKey("turns", 20_787, "m1", "te", "route"): (3, 0)})
    counts.close()
    with closing(FileUsage(var_folder() / key_usage.FILE, time.time)) as counted:
        asyncio.run(counted.spend("client", [Limit(100, 3600.0)], 7))
    models = open_database(stored.table_url(shared_models.FILE), shared_models.TABLES)
    for sql in (
        "INSERT INTO models (id, manifest, sha256, added_at) VALUES ('m1', '{}', 'ab', 1.5)",
        "INSERT INTO live_model (one, id, history) VALUES (1, 'm1', '[]')",
        "INSERT INTO models (id, manifest, sha256, added_at) VALUES ('m2', '{}', 'cd', 2.5)",
        "INSERT INTO canary_model (one, id, percent) VALUES (1, 'm2', 5)",
    ):
        models.change(lambda db, sql=sql: db.execute(sql).rowcount)
    models.close()


def documents(clerk: Clerk) -> None:
    """Documents were issued with the answers; one is revoked, one replaced, a key is withdrawn, a
    long log has a witness."""
    issuer, log = clerk.issuer, clerk.issuer.event_log.log
    ids = [
        issuer.registry.by_request("municipal", message_of(n).message_id).id  # type: ignore[union-attr]
        for n in range(2)
    ]
    issuer.revoke(ids[0], "by_order")
    issuer.reissue(ids[1])
    first = issuer.keys.signing_key("municipal", int(time.time())).public
    issuer.keys.rotate("municipal", int(time.time()), at_once=True)
    issuer.keys.withdraw(first.kid.hex(), int(time.time()))
    log.append_many([b"entry %d" % number for number in range(ENTRIES)])
    witness = Signer.new("witness.example/w", COSIGNATURE)
    text = Note.parse(log.checkpoint()).text
    log.attach(text, [witness.sign(text, int(time.time()))])
    log.pins().pin("http://witness.example", witness.verifier)
    log.append(b"after the witness")


def fill(book: Path) -> None:
    """Dies with the turn in its hands."""
    clerk = Clerk(book)
    asyncio.run(messages(clerk))
    others(clerk)
    documents(clerk)
    print("filled", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def hold() -> None:
    """A process that has all open and does nothing."""
    Clerk(documents_folder().parent / "book")
    print("holding", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(Path(sys.argv[2]))
    else:
        hold()
