"""How many messages of one citizen are taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from string import Template

import pytest

from api.inbox import arrivals
from api.whatsapp.payload import EXCESS, Inbound
from nlu.storage import windows
from nlu.storage.database import Transaction
from nlu.storage.sqlite import SqliteTransaction
from nlu.storage.windows import Limit

TABLES = Template(windows.SCHEMA).substitute(by_key="WITHOUT ROWID")
LIMITS = (Limit(3, 60), Limit(5, 3600))


@pytest.fixture
def db() -> Iterator[SqliteTransaction]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    yield SqliteTransaction(connection, lambda: 0.0)
    connection.close()


def arrive(db: Transaction, times: list[float], citizen: str = "a") -> list[str | None]:
    """The kinds of what is kept, None for what is dropped."""
    found = []
    for number, now in enumerate(times):
        message = Inbound(f"{citizen}{number}", "1", citizen, "text", text="a secret")
        (kept,) = arrivals.admit(db, [message], LIMITS, now)
        found.append(kept.kind if kept else None)
    return found


T, X, D = "text", EXCESS, None

CASES = {
    "below the limit": ([0, 1, 2], [T, T, T]),
    "told once, then dropped": ([0, 1, 2, 3, 4, 5], [T, T, T, X, D, D]),
    "the window opens with the first message": ([50, 51, 52, 109, 110], [T, T, T, X, T]),
    "told again of the longer limit": (
        [0, 1, 2, 3, 4, 60, 61],
        [T, T, T, X, D, X, D],
    ),
    "silent while the long limit is passed": ([0, 1, 2, 60, 61, 62, 120, 180], [T] * 5 + [X, D, D]),
    "all is well again after the long window": (
        [*range(10), 3600, 3601],
        [T] * 3 + [X] + [D] * 6 + [T, T],
    ),
    "a clock set back opens a new window": ([100, 101, 102, 50], [T, T, T, T]),
}


@pytest.mark.parametrize("name", CASES)
def test_messages_beyond_a_limit(db: Transaction, name: str) -> None:
    times, kinds = CASES[name]
    assert arrive(db, times) == kinds  # type: ignore[arg-type]


def test_another_citizen_is_not_concerned(db: Transaction) -> None:
    arrive(db, [0, 1, 2, 3, 4])
    assert arrive(db, [5, 6], "b") == ["text", "text"]


def test_what_asks_for_the_answer_carries_no_words(db: Transaction) -> None:
    message = Inbound("m", "1", "a", "button", text="a secret", button_id="b", phone="91")
    for _ in range(4):
        (kept,) = arrivals.admit(db, [message], LIMITS, 0)
    assert kept is not None and (kept.text, kept.button_id, kept.phone) == (None, None, "91")
    assert kept.message_id == "m"


def test_old_counts_are_forgotten(db: Transaction) -> None:
    arrive(db, [0, 1])
    arrive(db, [4000], "b")
    assert arrivals.forget(db, LIMITS, 4000) == 2
    assert db.execute("SELECT DISTINCT name FROM windows").fetchall() == [("1:b",)]


def test_processes_count_together(tmp_path: object) -> None:
    """Two connections to one file, as two processes have."""
    one, two = (sqlite3.connect(f"{tmp_path}/a.sqlite", isolation_level=None) for _ in range(2))
    one.executescript(TABLES)
    first, second = (SqliteTransaction(file, lambda: 0.0) for file in (one, two))
    assert arrive(first, [0, 1]) + arrive(second, [2, 3]) == ["text", "text", "text", EXCESS]
    one.close()
    two.close()
