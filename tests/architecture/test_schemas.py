"""The tables that a new database gets are those that the steps lead to, for every store.

A change of a head without its step, or of a step without its head, fails here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from nlu.settings import Settings
from nlu.storage.migrations.migrator import Migrator, in_turn
from nlu.storage.migrations.step import Step
from nlu.storage.migrations.store import Store, all_stores
from nlu.storage.migrations.version import known_version, steps_of
from nlu.storage.tables import open_engine, open_tables
from tests.migrations.notes import Code, shape
from tests.postgres import empty

SHARED = {"SEVA_MODELS_STORE": "/models-of-all"}
STORES = all_stores(Settings.read(SHARED))
SEVERAL = {**SHARED, "SEVA_DATABASE_URL": "postgresql://x/y postgresql://x/z"}
ON_BOTH = [
    store
    for store in all_stores(Settings.read(SEVERAL))
    if store.engine == "postgresql" and not store.url.endswith("z")
]
ALL = list({store.name: store for store in [*STORES, *ON_BOTH]}.values())
TAKES_AWAY = re.compile(r"\b(DROP|RENAME|SET NOT NULL|ALTER COLUMN .* TYPE|DELETE FROM)\b")
NEEDS_A_VALUE = re.compile(r"ADD COLUMN (?!.*DEFAULT).*NOT NULL")


def ids(stores: Sequence[Store]) -> list[str]:
    return [store.name for store in stores]


def walk(url: str, store: Store, steps: Sequence[Step]) -> None:
    """From an empty database, one step after the other."""
    engine = open_engine(url)

    def all_of(db: sa.engine.Connection) -> None:
        migrator = Migrator(db, store.tables)
        for step in steps:
            migrator.up(step)
        assert migrator.version == known_version(store.tables)

    in_turn(engine, all_of)
    engine.dispose()


def ways(store: Store) -> list[list[Step]]:
    """One pair after the other, and an upgrade over several versions: all `before`, then all
    `after`."""
    steps = list(steps_of(store.tables))
    return [steps, sorted(steps, key=lambda step: step.half != "before")]


@pytest.mark.parametrize("store", STORES, ids=ids(STORES))
def test_steps_lead_to_the_head_in_sqlite(store: Store, tmp_path: Path) -> None:
    heads = f"sqlite:///{tmp_path / 'head.sqlite'}"
    open_tables(heads, store.tables).dispose()
    for number, steps in enumerate(ways(store)):
        url = f"sqlite:///{tmp_path / f'{number}.sqlite'}"
        walk(url, store, steps)
        assert shape(url) == shape(heads)


@pytest.mark.slow
@pytest.mark.parametrize("store", ON_BOTH, ids=ids(ON_BOTH))
def test_steps_lead_to_the_head_in_postgresql(store: Store, postgres: str) -> None:
    empty(postgres)
    open_tables(postgres, store.tables).dispose()
    head = shape(postgres)
    for steps in ways(store):
        empty(postgres)
        walk(postgres, store, steps)
        assert shape(postgres) == head


@pytest.mark.parametrize("several", [STORES, ON_BOTH], ids=["sqlite", "postgresql"])
def test_stores_in_one_database_are_in_nobodys_way(several: list[Store]) -> None:
    """Each has tables and a version table of its own, so that all may lie in one PostgreSQL, and
    some in one file of SQLite."""
    there = defaultdict[str, list[str]](list)
    for store in several:
        there[store.url] += [store.tables.versions, *store.tables.names]
    assert max(map(len, there.values())) > 4
    for url, names in there.items():
        assert sorted(names) == sorted(set(names)), url


def test_a_head_without_its_step_is_noticed(tmp_path: Path) -> None:
    """The comparison sees a column, an index and a default."""
    found = []
    for number in (1, 2, 3):
        url = f"sqlite:///{tmp_path / f'{number}.sqlite'}"
        Code(number, tmp_path, url).start()
        found.append(str(shape(url)))
    assert len(set(found)) == 3


def test_chain_of_the_tests_leads_to_its_head(
    url_of: Callable[[Path], str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    head = url_of(tmp_path / "head.sqlite")
    code = Code(3, tmp_path, head)
    code.start()
    wanted = shape(head)
    for number, steps in enumerate(ways(code.store)):
        url = url_of(tmp_path / f"{number}.sqlite")
        if url == head:
            empty(url)
        walk(url, code.store, steps)
        assert shape(url) == wanted


@pytest.mark.parametrize("store", ALL, ids=ids(ALL))
def test_what_comes_before_takes_nothing_away(store: Store) -> None:
    """Older code runs beside it (docs/migrations.md)."""
    for step in steps_of(store.tables):
        assert step.about
        for engine in ("sqlite", "postgresql"):
            for sql in step.statements(engine) if step.half == "before" else ():
                assert not TAKES_AWAY.search(sql) and not NEEDS_A_VALUE.search(sql), sql
        assert step.number == 1 or step.can_be_undone, f"{store.name} {step.id} has no way back"
