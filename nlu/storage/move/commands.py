"""The body of `seva migrate move`. It returns the exit code: 0, or 1 with a line on standard error
that says what is wrong and what to do.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from nlu.storage.database import DatabaseAway
from nlu.storage.move.errors import MoveError
from nlu.storage.move.move import Advance, Outcome, Step, count, look_at, move
from nlu.storage.move.source import Content, Source
from nlu.storage.moved import moved_name

_SHORT = 12
_NEXT = (
    "`seva keys check`: every sealed row can be read. Keys are no rows: sealing.key, hashing.key, "
    "documents/sealing.key and documents/log/log.key stay files, or variables",
    "start `seva actions`, then `seva serve` and `seva worker`, then `seva doctor`",
    "`seva backup`; once a backup of PostgreSQL can be restored, delete what is called *.moved: "
    "it holds what citizens told, and nobody deletes it when they ask for that",
)


def move_command(sources: Sequence[Source], var: Path, *, dry_run: bool, as_json: bool) -> int:
    """Move what lies in files into PostgreSQL, or say what would be moved."""
    try:
        there = [one for one in sources if one.paths]
        if not there:
            raise MoveError(f"{var} holds nothing of a deployment: see SEVA_VAR_DIR")
        if not any(one.unmoved for one in there):
            print(f"What was in {var} was moved already. {_kept(there)}")
            return 0
        if dry_run:
            return _look(there, var, as_json)
        with _steps(quiet=as_json) as step:
            outcome = move(there, step)
    except (MoveError, DatabaseAway, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"a file cannot be read ({error}); nothing was moved", file=sys.stderr)
        return 1
    _print(outcome, there, var, as_json)
    return 0


def _look(sources: Sequence[Source], var: Path, as_json: bool) -> int:
    """1 where a move would be refused."""
    found, databases = count(sources), look_at(sources)
    stay = _stay(sources, var)
    if as_json:
        rows = {content.table: content.count for _, content in found}
        print(json.dumps({"rows": rows, "databases": databases, "stay": stay}))
        return 1 if any(databases.values()) else 0
    table = Table("store", "table", "rows", "from")
    for source, content in found:
        table.add_row(source.name, content.table, str(content.count), _shown(source))
    Console().print(table)
    print(f"{_sum(found)} rows would go into {', '.join(databases)}. Nothing was changed.")
    for name in stay:
        print(f"{name} would stay: no store of a deployment is in it")
    for where, there in databases.items():
        if there:
            print(f"{where} is not empty: it has {there}. Name a new one", file=sys.stderr)
    return 1 if any(databases.values()) else 0


def _print(outcome: Outcome, sources: Sequence[Source], var: Path, as_json: bool) -> None:
    stay = _stay(sources, var)
    if as_json:
        facts = asdict(outcome) | {"renamed": list(map(str, outcome.renamed)), "stay": stay}
        print(json.dumps(facts))
        return
    databases = list(dict.fromkeys(one.where for one in outcome.tables))
    several = ["in"] if len(databases) > 1 else []
    table = Table("store", "table", "rows", "sha256", *several)
    for one in outcome.tables:
        which = [f"database {databases.index(one.where) + 1}"] if several else []
        table.add_row(one.store, one.table, str(one.rows), one.hash[:_SHORT], *which)
    Console().print(table)
    rows = sum(one.rows for one in outcome.tables)
    print(
        f"Moved: {rows} rows into {', '.join(databases)}, "
        "each table compared with its file before it counted."
    )
    for where in outcome.were_there:
        print(f"{where} had been filled before; it holds the same")
    for column, values in outcome.replaced.items():
        print(
            f"{column}: {values} with a character that PostgreSQL does not take; it is U+FFFD now"
        )
    for path in outcome.renamed:
        print(f"renamed: {path}")
    for name in stay:
        print(f"{name} stays: no store of a deployment is in it")
    print("What follows, in this order:")
    for number, line in enumerate(_NEXT, 1):
        print(f"{number}. {line}")


def _sum(found: Sequence[tuple[Source, Content]]) -> int:
    return sum(content.count for _, content in found)


def _shown(source: Source) -> str:
    return str(source.file or source.paths[0])


def _kept(sources: Sequence[Source]) -> str:
    names = ", ".join(dict.fromkeys(path.name for one in sources for path in one.paths))
    return f"These keep it: {names}; delete them once a backup of PostgreSQL can be restored"


def _stay(sources: Sequence[Source], var: Path) -> list[str]:
    """SQLite files in SEVA_VAR_DIR that no store knows."""
    known = {
        moved_name(one.file.with_name(one.file.name.removesuffix(".moved")))
        for one in sources
        if one.file
    }
    found = sorted(var.rglob("*.sqlite"))
    return [str(path) for path in found if moved_name(path) not in known]


@contextmanager
def _steps(*, quiet: bool) -> Iterator[Step]:
    """A bar for the table that is under way, on standard error; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    off = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as bar:

        def step(name: str, rows: int) -> Advance:
            for one in bar.tasks:
                bar.update(one.id, visible=False)
            task = bar.add_task(name, total=rows)
            return lambda done: bar.advance(task, done)

        yield step
