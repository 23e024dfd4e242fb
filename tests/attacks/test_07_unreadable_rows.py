"""Finding 7: rows that no key opens must not keep others from being settled.

Fifty of them, older than everything else, once filled each batch of the job that settles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.departments.journal import Entry, Journal, Write
from actions.departments.journal_tables import WRITES
from actions.departments.request import Context
from actions.payments.ledger import PAYMENTS, Ledger
from actions.payments.payment import Order, Payment
from nlu.storage.keys import new_key
from nlu.storage.sealed_table import SealedTable
from nlu.storage.sealing import Unreadable
from nlu.storage.tables import file_url
from nlu.storage.unreadable import UNREADABLE
from tests.dialogue.test_handover import RECORD
from tests.handover_numbers import numbers_of
from tests.postgres import empty

OLD, BATCH, FAR = 55, 50, 1e9
Back = Callable[[], None]
Lose = Callable[[], Back]


@pytest.fixture
def lose_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Replaces the key, as an operator does who restores a backup without it; the result puts the
    old one back behind the new."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    old, new = new_key(), new_key()
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    monkeypatch.setenv("SEVA_HASHING_KEY", old)

    def lose() -> Back:
        monkeypatch.setenv("SEVA_SEALING_KEY", new)
        return lambda: monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")

    return lose


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'j.sqlite'}"
        return
    url = request.getfixturevalue("postgres")
    empty(url)
    yield url


def write(number: int) -> Write:
    return Write("energy", "payBill", {"service_number": "1"}, Context("1:91", f"r{number}", "te"))


def payment(number: int, bill: str = "") -> Payment:
    return Payment(
        id=write(number).id,
        bill=bill or f"b{number}",
        write=write(number),
        gateway="sandbox",
        state="paid",
        opened_at=1,
        changed_at=1,
        due_at=float(number),
        order=Order(f"O{number}", 100, "l"),
    )


class Payments:
    """The ledger, filled and asked."""

    def __init__(self, url: str) -> None:
        self.store = Ledger(url)
        self.table: SealedTable[Payment] = self.store.table
        self.marks = PAYMENTS

    def keep(self, number: int) -> None:
        self.store.begin(payment(number))

    def due(self) -> list[str]:
        return [one.id for one in self.store.due(FAR, BATCH)]


class Writes:
    """The journal, filled and asked."""

    def __init__(self, url: str) -> None:
        self.store = Journal(url)
        self.table: SealedTable[Entry] = self.store.table
        self.marks = WRITES

    def keep(self, number: int) -> None:
        self.store.open(Entry(write(number), "unsure", 1.0, due_at=float(number), until=1e12))

    def due(self) -> list[str]:
        return [one.write.id for one in self.store.due(FAR, BATCH)]


@pytest.fixture(params=[Payments, Writes])
def store(request: pytest.FixtureRequest, url: str) -> Payments | Writes:
    return request.param(url)  # type: ignore[no-any-return]


def filled(store: Payments | Writes, lose_key: Lose) -> Back:
    """Many old rows, whose key is lost, and a new one; puts the key back."""
    for number in range(OLD):
        store.keep(number)
    back = lose_key()
    store.keep(OLD)
    return back


def test_new_rows_are_settled_behind_old_ones_that_no_key_opens(
    store: Payments | Writes, lose_key: Lose
) -> None:
    filled(store, lose_key)
    assert store.due() == [write(OLD).id]


def test_each_is_told_once(
    store: Payments | Writes, lose_key: Lose, caplog: pytest.LogCaptureFixture
) -> None:
    filled(store, lose_key)
    counted = UNREADABLE.labels(store.table.name, "key")
    before = counted._value.get()
    for _ in range(3):
        store.due()
    lines = [json.loads(line) for line in caplog.messages if line.startswith("{")]
    alarms = [one for one in lines if one["event"] == "unreadable"]
    assert len(alarms) == len({one["row"] for one in alarms}) == OLD
    assert {one["level"] for one in alarms} == {"error"}
    assert counted._value.get() - before == OLD


def test_they_are_settled_when_the_key_comes_back(store: Payments | Writes, lose_key: Lose) -> None:
    back = filled(store, lose_key)
    store.due()
    back()
    assert store.table.look("", 1000, marked_only=True).unreadable == 0
    assert store.due() == [write(number).id for number in range(BATCH)]


def test_bill_of_an_unreadable_payment_is_not_paid_twice(url: str, lose_key: Lose) -> None:
    ledger = Ledger(url)
    ledger.begin(payment(1, "the bill"))
    lose_key()
    with pytest.raises(Unreadable):
        ledger.begin(payment(2, "the bill"))


def test_profile_that_cannot_be_read_is_asked_for_again(tmp_path: Path, lose_key: Lose) -> None:
    profiles = Profiles(file_url(tmp_path / PROFILES), 2)
    profiles.remember("1:91", {"mobile": "9848012345"})
    back = lose_key()
    assert profiles.of("1:91").consent is None
    back()
    assert profiles.of("1:91").values == {"mobile": ("9848012345",)}


def test_handover_that_cannot_be_read_hides_no_other(tmp_path: Path, lose_key: Lose) -> None:
    handovers = Handovers(file_url(tmp_path / HANDOVERS))
    lost = handovers.open("1:91", RECORD)
    back = lose_key()
    kept = handovers.open("1:92", RECORD)
    assert numbers_of(handovers) == [kept]
    with pytest.raises(Unreadable):
        handovers.case(lost)
    back()
    assert handovers.case(lost).citizen == "1:91"
