"""The journal of writes on SQLite and PostgreSQL: kept once, changed by one, sealed, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from actions.departments import OperationResult
from actions.departments.journal import Entry, Journal, State, Write
from actions.departments.request import Context
from nlu.storage.sealing import Unreadable
from nlu.storage.tables import IN_MEMORY
from nlu.turn import Document
from tests.postgres import empty

WRITE = Write("energy", "payBill", {"name": "లక్ష్మి", "odd": "\ud800"}, Context("91984", "k-1", "te"))
ENTRY = Entry(WRITE, "sending", 100.0, due_at=130.0, until=900.0)
ANSWER = OperationResult("ok", {"order": "O-1"}, Document("https://x.example/1.pdf", "a.pdf"))


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
        empty(url)
    else:
        url = f"sqlite:///{tmp_path / 'j.sqlite'}" if request.param == "sqlite" else IN_MEMORY
    journal = Journal(url)
    yield journal
    journal.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_that_start_at_once_make_the_tables_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Each with an engine of its own, as processes have."""
    for round_ in range(5):
        url = f"sqlite:///{tmp_path / f'{round_}.sqlite'}"
        if kind == "postgresql":
            url = request.getfixturevalue("postgres")
            empty(url)
        together = threading.Barrier(8)

        def start(_: int, url: str = url, together: threading.Barrier = together) -> Journal:
            together.wait()
            return Journal(url)

        with ThreadPoolExecutor(8) as pool:
            started = list(pool.map(start, range(8)))
        for journal in started:
            journal.close()


def test_new_write_is_kept_and_read_back_as_it_was(journal: Journal) -> None:
    assert journal.open(ENTRY) is None
    assert journal.find("energy", "k-1") == ENTRY
    assert journal.find("energy", "k-2") is None
    assert journal.find("cmrf", "k-1") is None


def test_write_that_is_there_already_is_not_overwritten(journal: Journal) -> None:
    journal.open(ENTRY)
    assert journal.open(replace(ENTRY, sent_by=999.0)) == ENTRY


def test_answer_is_kept_with_its_fields_and_document(journal: Journal) -> None:
    journal.open(ENTRY)
    moved = journal.move(ENTRY, state="settled", result=ANSWER, due_at=None)
    assert moved is not None
    assert journal.find("energy", "k-1") == moved
    assert moved.result == ANSWER


def test_news_in_between_is_kept_until_it_is_told(journal: Journal) -> None:
    journal.open(ENTRY)
    moved = journal.move(ENTRY, state="pending", result=ANSWER, news=True)
    assert moved is not None
    assert journal.find("energy", "k-1") == moved
    told = journal.move(moved, news=False)
    assert told is not None
    assert not told.news


def test_entry_is_changed_by_one_of_two(journal: Journal) -> None:
    journal.open(ENTRY)
    assert journal.move(ENTRY, state="unsure") is not None
    assert journal.move(ENTRY, state="settled") is None
    assert journal.find("energy", "k-1").state == "unsure"  # type: ignore[union-attr]


def test_many_that_open_the_same_write_at_once_find_one_entry(journal: Journal) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: journal.open(replace(ENTRY, sent_by=float(n))), range(8)))
    assert found.count(None) == 1
    assert len({entry.sent_by for entry in found if entry}) == 1


def test_what_is_due_comes_longest_due_first(journal: Journal) -> None:
    for number, due in enumerate([50.0, None, 10.0, 200.0]):
        context = replace(WRITE.context, request_id=f"k-{number}")
        journal.open(replace(ENTRY, write=replace(WRITE, context=context), due_at=due))
    assert [entry.due_at for entry in journal.due(100.0, 10)] == [10.0, 50.0]
    assert len(journal.due(1000.0, 2)) == 2


def test_what_is_over_is_forgotten_and_what_waits_is_kept(journal: Journal) -> None:
    states = {"settled": None, "unsent": None, "unsure": None, "pending": None, "sending": 5.0}
    for state, due in states.items():
        context = replace(WRITE.context, request_id=state)
        write = replace(WRITE, context=context)
        journal.open(replace(ENTRY, write=write, state=state, due_at=due))  # type: ignore[arg-type]
    assert journal.forget(50.0) == 0
    assert journal.forget(101.0) == 3
    assert [s for s in states if journal.find("energy", s)] == ["pending", "sending"]


def test_answered_writes_are_found_by_who_asked_until_they_want_them_forgotten(
    journal: Journal,
) -> None:
    """The latest first; none of another citizen, and none that nobody answered."""
    for at, (citizen, state) in enumerate(
        [("91984", "settled"), ("91984", "sending"), ("91999", "settled"), ("91984", "pending")]
    ):
        write = replace(WRITE, context=Context(citizen, f"k-{at}", "te"))
        state_of: State = state  # type: ignore[assignment]
        journal.open(Entry(write, state_of, 100.0 + at, result=ANSWER))
    found = [entry.write.context.request_id for entry in journal.answered("91984", 5)]
    assert found == ["k-3", "k-0"]
    assert len(journal.answered("91984", 1)) == 1
    journal.unlink("91984")
    assert journal.answered("91984", 5) == []
    assert [e.write.context.request_id for e in journal.answered("91999", 5)] == ["k-2"]
    assert journal.find("energy", "k-0") is not None  # what is kept of it stays


def test_nonce_is_new_once(journal: Journal) -> None:
    assert not journal.seen("energy", "n")
    assert journal.remember("energy", "n", 1.0)
    assert journal.seen("energy", "n")
    assert not journal.remember("energy", "n", 2.0)
    assert journal.remember("cmrf", "n", 2.0)


def test_place_is_named_by_the_environment(tmp_path: Path) -> None:
    Journal.from_environment({"SEVA_VAR_DIR": str(tmp_path / "var")}).open(ENTRY)
    again = Journal.from_environment(
        {"SEVA_JOURNAL_URL": f"sqlite:///{tmp_path}/var/journal.sqlite"}
    )
    assert again.find("energy", "k-1") == ENTRY


def test_write_whose_sealing_key_is_gone_is_not_taken_for_new(tmp_path: Path) -> None:
    """It may have arrived: it is asked after, or left alone."""
    url = f"sqlite:///{tmp_path / 'j.sqlite'}"
    journal = Journal(url)
    journal.open(ENTRY)
    journal.move(ENTRY, state="settled", result=ANSWER, due_at=None)
    with journal._engine.begin() as db:
        db.exec_driver_sql("UPDATE department_writes SET request = 'x', result = 'x'")
    found = journal.open(ENTRY)
    assert found is not None
    assert (found.state, found.write) == ("unsure", WRITE)
    with pytest.raises(Unreadable):
        journal.find("energy", "k-1")


def test_what_somebody_has_to_look_after_is_counted_by_state(journal: Journal) -> None:
    """Also what cannot be read; not what is over."""
    assert journal.unsettled(200.0) == {}
    for number, state in enumerate(("unsure", "unsure", "pending", "unsent")):
        write = replace(WRITE, context=replace(WRITE.context, request_id=f"k-{number}"))
        due = None if state == "unsent" else 300.0
        entry = Entry(write, cast(State, state), 100.0 + number, due_at=due)
        assert journal.open(entry) is None
    assert journal.unsettled(200.0) == {"unsure": (2, 100.0), "pending": (1, 98.0)}
    assert journal.unsettled(50.0)["unsure"] == (2, 0.0)
