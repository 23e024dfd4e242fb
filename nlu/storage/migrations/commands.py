"""What an operator does when tables change: the bodies of `seva migrate ...`.

Each step is a transaction of its own, so that what was cut short is taken up by the same command.
Each command prints what it does and returns the exit code.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from functools import wraps

import sqlalchemy as sa
from typing_extensions import ParamSpec

from nlu.storage.database import DatabaseAway
from nlu.storage.migrations.migrator import Migrator, in_turn
from nlu.storage.migrations.step import Half, Step
from nlu.storage.migrations.store import Standing, Store, standing
from nlu.storage.migrations.version import NoVersion, Version, WrongVersion, refuse_beyond, steps_of
from nlu.storage.tables import open_engine

P = ParamSpec("P")
Confirm = Callable[[str], bool]
"""Asks the operator whether to go on."""
AFTER = "Does no process of an older Seva run any more, on any machine? It would fail."
DOWN = "Does no process that needs these steps run any more, on any machine? It would fail."


def _faults_told(command: Callable[P, int]) -> Callable[P, int]:
    """What goes wrong with a database is a line, and exit code 1."""

    @wraps(command)
    def told(*args: P.args, **named: P.kwargs) -> int:
        try:
            return command(*args, **named)
        except (WrongVersion, DatabaseAway) as error:
            print(error, file=sys.stderr)
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            print(
                f"the database refused ({type(cause).__name__}: {str(cause).strip()}); "
                "what was begun is taken back: mend it, and run the command again",
                file=sys.stderr,
            )
        return 1

    return told


@_faults_told
def status_command(stores: Sequence[Store], *, as_json: bool) -> int:
    """Print how the tables of each store stand; 1 where this Seva cannot work with them."""
    found = [standing(store) for store in stores]
    if as_json:
        print(json.dumps([_facts(one) for one in found]))
    else:
        for one in found:
            print(f"{one.store.name:<10} {_told(one):<36} {one.store.where}")
        waiting = {half for one in found for half in _halves(one)}
        if "before" in waiting:
            print("\n`seva migrate before` adds what this Seva needs; older processes go on.")
        if "after" in waiting:
            print("\n`seva migrate after` takes away what only older Sevas need.")
    return 0 if all(one.ready for one in found) else 1


@_faults_told
def before_command(stores: Sequence[Store], *, dry_run: bool) -> int:
    """Add what this Seva needs to tables that are there."""
    return _up(stores, "before", dry_run, lambda question: True)


@_faults_told
def after_command(stores: Sequence[Store], *, dry_run: bool, confirm: Confirm) -> int:
    """Take away what only older Sevas needed."""
    return _up(stores, "after", dry_run, confirm)


@_faults_told
def down_command(
    store: Store, to: int, *, after_only: bool, lose_data: bool, dry_run: bool, confirm: Confirm
) -> int:
    """Undo the steps of all pairs later than `to`, those of `after` first."""
    found = standing(store)
    steps = _undone(found, to, after_only)
    if not steps:
        print(f"{store.name}: nothing to undo")
        return 0
    for step in steps:
        if not step.can_be_undone:
            raise WrongVersion(f"{store.name}: {_title(step)} cannot be undone")
    engine = open_engine(store.url)
    try:
        lost = _losses(engine, store, steps)
        for step in steps:
            _announce(store, step, downwards=True)
        if lost:
            print(f"{store.name}: this would be lost: {', '.join(lost)}", file=sys.stderr)
        if dry_run:
            return 0
        if lost and not lose_data:
            print("Nothing was changed. With --lose-data it is lost.", file=sys.stderr)
            return 1
        if not confirm(DOWN):
            return _nothing_done()
        for step in steps:
            _timed(store, step, "undone", in_turn(engine, _undo(store, step, lose_data)))
    finally:
        engine.dispose()
    return 0


def _up(stores: Sequence[Store], half: Half, dry_run: bool, confirm: Confirm) -> int:
    found = [standing(store) for store in stores]
    todo = [one for one in found if _has_work(one, half)]
    for one in todo:
        if half == "before" and not one.adopted:
            print(f"{one.store.name}: tables of a Seva without migrations are taken over")
        for step in one.waiting(half):
            _announce(one.store, step, downwards=False)
    if not todo:
        print(f"no step `{half}` waits")
    if not todo or dry_run:
        return 0
    if not confirm(AFTER):
        return _nothing_done()
    for one in todo:
        _work(one.store, half)
    return 0


def _has_work(one: Standing, half: Half) -> bool:
    if one.version is not None:
        refuse_beyond(one.store.where, one.store.tables, one.version)
    steps = one.waiting(half)
    if half == "after":
        for step in steps:
            if one.version is None or not one.adopted or one.version.before < step.number:
                raise WrongVersion(f"{one.store.name}: run `seva migrate before` first")
    return bool(steps) or (half == "before" and not one.adopted)


def _work(store: Store, half: Half) -> None:
    """Step by step; another process may have been faster."""

    def next_one(db: sa.engine.Connection) -> Step | None:
        migrator = Migrator(db, store.tables)
        try:
            found = migrator.version
        except NoVersion:
            migrator.adopt(store.where)
            found = migrator.version
        refuse_beyond(store.where, store.tables, found or Version(1))
        for step in migrator.plan(half):
            migrator.up(step)
            return step
        return None

    engine = open_engine(store.url)
    try:
        while True:
            begun = time.monotonic()
            step = in_turn(engine, next_one)
            if step is None:
                return
            _timed(store, step, "done", begun)
    finally:
        engine.dispose()


def _undone(found: Standing, to: int, after_only: bool) -> list[Step]:
    """What is undone, in that order."""
    version = found.version
    if version is None or not found.adopted:
        return []
    steps = [one for one in steps_of(found.store.tables) if one.number > max(to, 1)]
    for half in ("after", "before"):
        there, known = version.of(half), max((s.number for s in steps if s.half == half), default=1)
        if there > max(known, to, 1):
            raise WrongVersion(
                f"{found.store.name}: its tables are at {version}; the Seva that brought them "
                "there knows how to go back"
            )
    ours = [one for one in steps if one.number <= version.of(one.half)]
    ours.sort(key=lambda step: (step.half != "after", -step.number))
    return [one for one in ours if one.half == "after" or not after_only]


def _losses(engine: sa.engine.Engine, store: Store, steps: Sequence[Step]) -> list[str]:
    """Counted where the columns are there: what an `after` gives back is not counted before."""
    with engine.connect() as db:
        migrator = Migrator(db, store.tables)
        return [f"{count} {what}" for step in steps for count, what in migrator.losses(step)]


def _undo(store: Store, step: Step, lose_data: bool) -> Callable[[sa.engine.Connection], float]:
    def undo(db: sa.engine.Connection) -> float:
        begun = time.monotonic()
        migrator = Migrator(db, store.tables)
        if migrator.losses(step) and not lose_data:  # came meanwhile
            raise WrongVersion(f"{store.name}: {_title(step)} would lose data; see --lose-data")
        migrator.down(step)
        return begun

    return undo


def _facts(one: Standing) -> dict[str, object]:
    version = one.version
    return {
        "store": one.store.name,
        "where": one.store.where,
        "made": version is not None,
        "adopted": version is not None and one.adopted,
        "before": version and version.before,
        "after": version and version.after,
        "waiting": [step.id for half in _halves(one) for step in one.waiting(half)],
        "ready": one.ready,
    }


def _halves(one: Standing) -> list[Half]:
    halves: tuple[Half, ...] = ("before", "after")
    return [half for half in halves if one.waiting(half) or (half == "before" and not one.adopted)]


def _told(one: Standing) -> str:
    if one.version is None:
        return "not made yet"
    if one.beyond:
        return f"{one.version}: of a newer Seva"
    if not one.adopted:
        return "before migrations: `before` waits"
    waiting = " and ".join(f"`{half}`" for half in _halves(one))
    return f"{one.version.before:04}{f', {waiting} waits' if waiting else ''}"


def _title(step: Step) -> str:
    return f"{step.number:04} {step.name} ({step.half})"


def _announce(store: Store, step: Step, *, downwards: bool) -> None:
    print(f"{store.name}: {'undo ' if downwards else ''}{_title(step)}: {step.about}")
    for sql in step.statements(store.engine, downwards=downwards):
        print("    " + sql.replace("\n", "\n    "))


def _timed(store: Store, step: Step, what: str, begun: float) -> None:
    print(f"{store.name}: {_title(step)} {what} in {time.monotonic() - begun:.1f} s", flush=True)


def _nothing_done() -> int:
    print("Nothing was changed.", file=sys.stderr)
    return 1
