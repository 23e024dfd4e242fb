"""Rows and records in which a newer Seva wrote more: read as if it were not there, and kept.

docs/migrations.md tells the rule. The tables here are real ones, on both engines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actions.citizens.handover import Handovers
from actions.departments import OperationResult
from actions.departments.journal import Entry, Journal, Write
from actions.departments.request import Context, Origin
from actions.departments.result import Wanted
from actions.dialogue.state import CodeAsked, Draft, Offer, State, Undo, read_state
from actions.dialogue.steps import Handover
from actions.payments.ledger import Ledger
from actions.payments.payment import Money, Order, Payment
from api.inbox.payloads import keep_message, keep_reply, read_message, read_reply
from api.whatsapp.outgoing import Option, Outgoing, Template
from api.whatsapp.payload import Inbound
from nlu.speech.transcript import Reading
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.storage.tables import open_engine
from nlu.turn import Button, Document, Link, Location, Media, Message, Reply
from tests.migrations.record import KEY

NEWER = {"newer": {"priority": 1}}
ORIGIN = Origin("bill", {"name": "K"}, "919848012345", "00-1-2-01")
WRITE = Write("energy", "payBill", {"amount": "1"}, Context("1:91", "k-1", "te", ORIGIN))
ANSWER = OperationResult(
    "ok", {"order": "O-1"}, Document("https://x.example/1.pdf", "a"), wanted=Wanted("form", {})
)
ENTRY = Entry(WRITE, "sending", 100.0)
OFFER = Offer("1", "Express", "at 9")
INBOUND = Inbound(
    *("m", "1", "91", "voice"), media=Media("i", "audio/ogg"), location=Location(1.0, 2.0)
)
OUTGOING = Outgoing(
    "list", "?", (Option("1", "a"),), template=Template("news", "te", ("x",)), language="te"
)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_SEALING_KEY", KEY)


class Rows:
    """The sealed column of a table's only row, as a newer Seva sees it."""

    def __init__(self, url: str, table: str) -> None:
        self._engine, self._table = open_engine(url), table

    def __getitem__(self, column: str) -> dict[str, Any]:
        with self._engine.connect() as db:
            token = db.execute(sa.text(f"SELECT {column} FROM {self._table}")).scalar()
        found: dict[str, Any] = unseal(token)
        return found

    def __setitem__(self, column: str, content: dict[str, Any]) -> None:
        with self._engine.begin() as db:
            change = sa.text(f"UPDATE {self._table} SET {column} = :token")
            db.execute(change, {"token": seal(content)})

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def rows(url_of: Callable[[Path], str], tmp_path: Path) -> Iterator[Callable[[str], Rows]]:
    url, opened = url_of(tmp_path / "rows.sqlite"), list[Rows]()

    def of(table: str) -> Rows:
        opened.append(Rows(url, table))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


@pytest.fixture
def url(url_of: Callable[[Path], str], tmp_path: Path) -> str:  # type: ignore[misc]
    return url_of(tmp_path / "rows.sqlite")


def more(told: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same with a key that we do not know; in the records of these names too."""
    inner = {name: more(told[name]) for name in names}
    return {**told, **inner, **NEWER}


def test_a_write_is_read_and_what_is_not_known_of_it_is_kept(
    url: str, rows: Callable[[str], Rows]
) -> None:
    journal, row = Journal(url), rows("department_writes")
    journal.open(ENTRY)
    answered = journal.move(ENTRY, state="pending", result=ANSWER, news=True)
    assert answered is not None
    asked = row["request"] = more(row["request"], "origin")
    told = row["result"] = more(row["result"], "document", "wanted")
    assert journal.find("energy", "k-1") == answered
    assert journal.answered("1:91", 5) == [answered]

    later = journal.move(answered, due_at=50.0)
    assert later is not None and row["result"] == told
    assert journal.due(60.0, 5) == [later]
    quiet = journal.move(later, news=False)
    assert journal.find("energy", "k-1") == quiet and quiet is not None and not quiet.news
    assert row["request"] == asked and row["result"] == {**told, "news": False}

    settled = journal.move(quiet, state="settled", result=OperationResult("done"))
    assert settled is not None and "newer" not in row["result"]  # another answer, all of it
    assert journal.find("energy", "k-1") == settled
    journal.close()


def test_a_write_that_another_changed_is_left_to_them(url: str) -> None:
    journal = Journal(url)
    journal.open(replace(ENTRY, result=ANSWER))
    assert journal.move(ENTRY, state="pending", result=ANSWER) is not None
    assert journal.move(replace(ENTRY, result=ANSWER), due_at=1.0) is None
    journal.close()


def test_a_result_that_cannot_be_read_is_still_replaced(
    url: str, rows: Callable[[str], Rows]
) -> None:
    """A record without what we need is in no form that we know."""
    journal, row = Journal(url), rows("department_writes")
    journal.open(replace(ENTRY, state="pending", result=ANSWER))
    row["result"] = {"outcome": "ok"}
    with pytest.raises(Unreadable):
        journal.find("energy", "k-1")
    known = journal.open(ENTRY)
    assert known is not None and known.state == "unsure"
    moved = journal.move(known, state="sending")
    assert journal.find("energy", "k-1") == moved
    journal.close()


def test_a_payment_is_read_and_what_is_not_known_of_it_is_kept(
    url: str, rows: Callable[[str], Rows]
) -> None:
    ledger, row = Ledger(url), rows("payments")
    order = Order("o-1", 100, "https://pay.example/o-1")
    begun = ledger.begin(Payment(WRITE.id, "bill", WRITE, "upi", "opening", 1.0, 1.0, 2.0))
    assert begun is not None
    payment = ledger.move(begun, state="open", order=order)
    assert payment is not None
    private = row["private"]
    context = more(private["context"], "origin")
    newer = row["private"] = {**private, "context": context, **NEWER}
    assert ledger.find(WRITE.id) == payment
    assert ledger.due(5.0, 5) == [payment]

    looked = ledger.move(payment, tries=1)
    assert looked is not None and row["private"] == newer
    money = Money("p-1", 100, "2026-11-30", "K")
    paid = ledger.move(looked, state="paid", money=money)
    assert paid is not None and ledger.find(WRITE.id) == paid
    assert row["private"] == {**newer, "money": vars(money)}
    row["private"] = more(row["private"], "money")
    late = ledger.move(paid, money=replace(money, paid_on="2026-12-01"))
    assert late is not None and ledger.find(WRITE.id) == late
    assert row["private"]["money"] == {**vars(late.money), **NEWER}
    assert ledger.move(paid, money=money) is None  # another changed it
    ledger.close()


def test_a_request_handed_over_is_read(url: str, rows: Callable[[str], Rows]) -> None:
    handovers, row = Handovers(url), rows("handover")
    record = Handover("r", "bill", {"a": "b"}, "a", 2, "asked_for", "person", "te", 1.0)
    number = handovers.open("1:91", record)
    row["told"] = more(row["told"], "record")
    assert handovers.case(number).record == record


def nested(told: Any) -> Any:
    """A key that we do not know in every record of a tree that holds nothing but records."""
    if isinstance(told, dict):
        return {**{name: nested(one) for name, one in told.items()}, **NEWER}
    return [nested(one) for one in told] if isinstance(told, list) else told


def test_messages_and_replies_are_read() -> None:
    sealed = seal(nested(unseal(keep_message(INBOUND), 1)), 1)
    assert read_message(sealed) == INBOUND
    body = json.dumps(nested(json.loads(unseal(keep_reply(OUTGOING), 1))))
    assert read_reply(seal(body, 1)) == OUTGOING


def test_what_goes_between_processes_is_read() -> None:
    message = Message(
        "x", "1:91", location=Location(1.0, 2.0), media=Media("i"), readings=(Reading("x", "te"),)
    )
    assert Message.of("x", "1:91", nested(message.metadata())) == message
    reply = Reply("?", (Button("a", "/x"),), "l", Document("u", "f"), link=Link("t", "u"))
    assert Reply.from_json(nested(json.loads(json.dumps(reply.as_json())))) == reply


def test_the_state_of_a_conversation_is_read() -> None:
    draft = Draft("bill", {"a": "b"}, (), None, None, "n", (), 1.0, offers={"bus": (OFFER,)})
    state = State(
        *("te", False, "bill"),
        asked="one_time_code",
        values={"a": "b"},
        kept=(draft,),
        offers={"bus": (OFFER,)},
        code=CodeAsked("45", 1.0),
        undo=Undo("n"),
    )
    stored = state.as_json()
    told = unseal(stored["values"])
    told = {**more(told, "code", "undo"), "kept": [more(one) for one in told["kept"]]}
    for offers in (told["offers"], told["kept"][0]["offers"]):
        offers["bus"] = [more(one) for one in offers["bus"]]
    kept = {**stored, "values": seal(told), **NEWER}
    assert read_state(kept, default_language="te", saved="te") == state
