"""With 200,000 messages a page reads a bounded number of rows by index: counted, not timed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.inbox.schema import TABLES
from api.review.decision import one
from api.review.item import Item
from api.review.state import OPEN
from api.review.store import Review
from nlu.storage.database import Database, Statements
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from tests.postgres import empty

pytestmark = pytest.mark.slow
CARDS, TOPICS, MESSAGES = 40_000, 370, 5
"""200,000 messages on cards of five."""
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")

_WHOLE = re.compile(r"(SCAN|Seq Scan on) (c|review_cards|review_items)\b(?! USING)")


class Counted:
    """A database that counts statements and the rows that they gave."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self.statements, self.rows = database, 0, 0
        self.folder = folder
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def look(self, query: Any) -> Any:
        return self._database.look(lambda db: query(_Watched(db, self)))


class _Watched:
    def __init__(self, db: Statements, counted: Counted) -> None:
        self._db, self._counted = db, counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, values: Any = ()) -> Any:
        self._counted.statements += 1
        self._counted.asked.append((sql, tuple(values)))
        found = self._db.execute(sql, values).fetchall()
        self._counted.rows += len(found)
        return _Found(found)


class _Found:
    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counted]:
    """Rows as filing leaves them, written at once."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEVA_VAR_DIR", str(folder))
        if request.param == "sqlite":
            database: Any = SqliteDatabase(folder / "inbox.sqlite", TABLES)
        else:
            url = request.getfixturevalue("postgres")
            empty(url)
            database = PostgresDatabase(url, TABLES)
        words = Item("power bill please", "en", "clarify", (("a", 0.5), ("b", 0.4)))
        database.change(lambda db: _fill(db, words.sealed(), request.param))
        yield Counted(database, folder)
        database.close()


def _fill(db: Any, payload: str, engine: str) -> None:
    numbers = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
        if engine == "sqlite"
        else "WITH n AS (SELECT generate_series(1, {}) AS i) "
    )
    languages = " ".join(f"WHEN {at} THEN '{key}'" for at, key in enumerate(KEYS))
    db.execute(
        "INSERT INTO review_cards (card, sound, shown, language, topic, count, weight, priority, "
        f"reasons, twice, state, day) {numbers.format(CARDS)}"
        f"SELECT i, 's' || i, 'm' || i, CASE i % 5 {languages} END, 't' || (i % {TOPICS}), "
        f"{MESSAGES}, 1.0, (i * 7919 % 100003) / 100003.0, '{{\"asked\": {MESSAGES}}}', 0, "
        "CASE WHEN i % 10 = 0 THEN 3 ELSE 0 END, '2026-11-30' FROM n"
    )
    db.execute(
        "INSERT INTO review_items (id, card, who, day, reason, payload) "
        f"{numbers.format(CARDS * MESSAGES)}SELECT CASE WHEN i <= {CARDS} THEN 'm' ELSE 'x' END || "
        f"i, (i - 1) % {CARDS} + 1, 'w' || (i % 9000), '2026-11-30', 'asked', ? FROM n",
        (payload,),
    )
    db.execute(
        "INSERT INTO review_topics (state, language, topic, cards, top) "
        "SELECT state, language, topic, COUNT(*), MAX(priority) FROM review_cards "
        "GROUP BY state, language, topic"
    )
    db.execute("ANALYZE")


@pytest.fixture
def review(many: Counted, keys: None, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.setenv("SEVA_VAR_DIR", str(many.folder))  # the keys that sealed the rows
    many.statements = many.rows = 0
    many.asked = []
    return Review([many])  # type: ignore[list-item]


def test_the_next_card(review: Review, many: Counted) -> None:
    [card] = review.queue("a", most=1)
    assert many.statements <= 4 and many.rows <= 60 + 60 * 3 + 10
    in_te = review.queue("a", language="te")
    assert {one_.language for one_ in in_te} == {"te"} and len(in_te) == 50
    assert card.priority > 0.98
    _uses_indexes(many)


def test_a_page_of_all(review: Review, many: Counted) -> None:
    first = review.page(OPEN)
    second = review.page(OPEN, (first[-1].priority, first[-1].number))
    assert len(first) == len(second) == 50
    assert first[-1].priority >= second[0].priority
    assert many.statements == 4 and many.rows == 200
    _uses_indexes(many)


def test_counts(review: Review, many: Counted) -> None:
    assert review.progress() == {0: 36_000, 1: 0, 2: 0, 3: 4_000, 4: 0}
    assert many.statements == 1 and many.rows <= 4


def test_a_decision_and_what_follows(review: Review, many: Counted) -> None:
    [card] = review.queue("b", most=1)
    review.decide(card.number, "b", one("power bill please", "t1"))
    assert card.number not in [one_.number for one_ in review.queue("b")]
    assert review.undo("b") == card.number
    assert [one_.number for one_ in review.queue("b", most=1)] == [card.number]


def _uses_indexes(many: Counted) -> None:
    """No statement reads a whole table of cards or messages."""
    for sql, values in many.asked:
        plan = _plan(many, sql, values)
        assert not re.search(
            r"(SCAN|Seq Scan on) (c|review_cards|review_items)\b(?! USING)", plan
        ), (
            sql,
            plan,
        )


def _plan(many: Counted, sql: str, values: tuple[Any, ...]) -> str:
    how = "EXPLAIN QUERY PLAN " if isinstance(many._database, SqliteDatabase) else "EXPLAIN "
    rows = many._database.look(lambda db: db.execute(how + sql, values).fetchall())
    return "\n".join(str(tuple(row)) for row in rows)


def test_there_are_as_many_as_is_said(many: Counted) -> None:
    found = many.look(lambda db: db.execute("SELECT COUNT(*) FROM review_items").fetchone())
    assert found[0] == 200_000
