"""Every store takes over what a Seva without migrations left, and what a busy database says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from actions.citizens.profile import TABLES as PROFILES
from actions.departments.journal_tables import TABLES as JOURNAL
from actions.payments.ledger import TABLES as PAYMENTS
from nlu.settings import Settings
from nlu.storage.migrations.migrator import engine_name, in_turn
from nlu.storage.migrations.store import Store, all_stores, standing
from nlu.storage.migrations.version import known_version, steps_of
from nlu.storage.tables import IN_MEMORY, open_engine, open_tables
from tests.migrations.notes import shape
from tests.postgres import empty

STORES = {store.name: store for store in all_stores(Settings.read({}))}
LATER = {
    "payments": (PAYMENTS, "payments", ["payer", "unreadable_at"]),
    "journal": (JOURNAL, "department_writes", ["citizen", "unreadable_at"]),
    "profiles": (PROFILES, "profile", ["used", "unreadable_at"]),
}
"""Columns that came while tables were completed at each start, and lacked in older ones."""


def made_by_older(url: str, store: Store, without: list[str], table: str = "") -> None:
    """Its tables as they were, without a version."""
    engine = open_engine(url)
    with engine.begin() as db:
        for sql in steps_of(store.tables)[0].statements(engine_name(db)):
            if not any(name in sql for name in without) or "CREATE TABLE" in sql:
                db.exec_driver_sql(sql)
        for name in without:
            db.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
    engine.dispose()


@pytest.mark.parametrize("name", STORES)
def test_tables_without_a_version_are_taken_over(name: str, tmp_path: Path) -> None:
    url, new = f"sqlite:///{tmp_path / 'old.sqlite'}", f"sqlite:///{tmp_path / 'new.sqlite'}"
    store = STORES[name]
    made_by_older(url, store, [])
    assert not standing(Store(store.tables, url)).adopted
    open_tables(url, store.tables).dispose()
    open_tables(new, store.tables).dispose()
    found = standing(Store(store.tables, url))
    assert found.adopted and found.version == known_version(store.tables)
    assert shape(url) == shape(new)


def test_stores_that_share_a_file_are_taken_over_one_by_one(tmp_path: Path) -> None:
    """`usage.sqlite` is opened by `seva serve`, workers and the action server, whoever comes first:
    one makes its tables, or takes over old ones, and leaves those of the others as they are."""
    url = f"sqlite:///{tmp_path / 'usage.sqlite'}"
    used, limits, shares = (
        Store(STORES[one].tables, url) for one in ("usage", "limits", "api_usage")
    )
    made_by_older(url, used, [])
    made_by_older(url, limits, [])
    engine = open_engine(url)
    with engine.begin() as db:
        db.exec_driver_sql("INSERT INTO used (day, service, times) VALUES (1, 'bill', 5)")
        db.exec_driver_sql(
            "INSERT INTO windows (name, seconds, since, count) VALUES ('k', 1, 1, 7)"
        )
    seen = []
    for store in (shares, limits, used):
        open_tables(url, store.tables).dispose()
        seen.append([standing(one).adopted for one in (shares, limits, used)])
    assert seen == [[True, False, False], [True, True, False], [True, True, True]]
    with engine.connect() as db:
        assert db.exec_driver_sql("SELECT times FROM used").scalar() == 5
        assert db.exec_driver_sql("SELECT count FROM windows").scalar() == 7
    engine.dispose()


@pytest.mark.parametrize("name", LATER)
def test_columns_that_came_later_are_added(
    name: str, url_of: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_MIGRATE", "always")
    tables, table, columns = LATER[name]
    new = url_of(tmp_path / "new.sqlite")
    open_tables(new, tables).dispose()
    wanted = shape(new)
    old = url_of(tmp_path / "old.sqlite")
    if old == new:
        empty(old)
    made_by_older(old, STORES[name], columns, table)
    open_tables(old, tables).dispose()
    assert shape(old) == wanted


def test_a_table_that_others_hold_is_tried_again() -> None:
    """What psycopg2 raises has the code of PostgreSQL."""

    class LockNotAvailable(Exception):
        pgcode = "55P03"

    engine, tries = open_engine(IN_MEMORY), []

    def work(db: sa.engine.Connection) -> str:
        tries.append(db.exec_driver_sql("SELECT 1").scalar())
        if len(tries) < 3:
            raise LockNotAvailable
        return "done"

    assert in_turn(engine, work) == "done" and tries == [1, 1, 1]
    engine.dispose()


def test_another_error_is_not_tried_again() -> None:
    engine, tries = open_engine(IN_MEMORY), []

    def work(db: sa.engine.Connection) -> None:
        tries.append(1)
        db.exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(sa.exc.OperationalError):
        in_turn(engine, work)
    assert tries == [1]
    engine.dispose()
