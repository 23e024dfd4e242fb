"""Everything from the files of one machine into empty databases, or nothing.

Each database is filled, and compared with the files, in a transaction of its own; only when all are
right do they end, one after the other. Who was killed between two of them runs the same command
again: a database that holds exactly what would be put there is left as it is. Then the files get
another name, so that nobody begins with them a second time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from nlu.storage.move import target as databases
from nlu.storage.move.errors import MoveError
from nlu.storage.move.hold import alone, looked_at
from nlu.storage.move.source import Content, Opened, Source, Values
from nlu.storage.move.target import SLICE, Target
from nlu.storage.move.values import Conversion, Digest
from nlu.storage.moved import moved_name

Advance = Callable[[int], None]
Step = Callable[[str, int], Advance]
"""Begins a step with so many rows; the function that it returns is told how many were done."""


_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True)
class TableMoved:
    """A table in its database."""

    store: str
    table: str
    where: str
    """The database, without its password."""
    rows: int
    hash: str
    """Of all its rows, the same in the file and in the database."""


@dataclass
class Outcome:
    """What a move did."""

    tables: list[TableMoved] = field(default_factory=list)
    replaced: dict[str, int] = field(default_factory=dict)
    """Values that lost a character which PostgreSQL takes in no text, by table and column."""
    renamed: list[Path] = field(default_factory=list)
    """Files and folders, as they are called now."""
    were_there: list[str] = field(default_factory=list)
    """Databases that had been filled by a move that was cut short."""


def count(sources: Sequence[Source]) -> list[tuple[Source, Content]]:
    """What would be moved; nothing is held and nothing changed. Raises MoveError."""
    there = _there(sources)
    with looked_at(_files(there)) as connections:
        return [
            (one, content) for one in there for content in one.contents(connections.__getitem__)
        ]


def look_at(sources: Sequence[Source]) -> dict[str, str]:
    """What is in each database that would be filled; empty texts for empty ones. Raises
    MoveError, DatabaseAway."""
    found = {}
    for url in _urls(_there(sources)):
        with databases.opened(url) as one:
            found[one.where] = "" if one.was_empty else one.there()
    return found


def move(sources: Sequence[Source], step: Step) -> Outcome:
    """Moves all of them. Raises MoveError and DatabaseAway: then no file was renamed, and each
    database is as it was unless the message says otherwise."""
    there, outcome = _there(sources), Outcome()
    with alone(_files(there)):  # nobody runs: only now may be ended what a crash left
        pass
    for one in there:
        one.finish()
    with ExitStack() as stack:
        connections = stack.enter_context(alone(_files(there)))
        for one in there:
            stack.enter_context(one.held())
        targets = {url: stack.enter_context(databases.opened(url)) for url in _urls(there)}
        _fill(there, connections.__getitem__, targets, outcome, step)
        for one in there:
            one.commits()
        _end(list(targets.values()))
        for one in there:
            _rename(one, outcome)
    return outcome


def _there(sources: Sequence[Source]) -> list[Source]:
    """Those of which something is there, under either name."""
    return [one for one in sources if one.paths]


def _files(sources: Iterable[Source]) -> list[Path]:
    return list(dict.fromkeys(one.file for one in sources if one.file is not None))


def _urls(sources: Iterable[Source]) -> list[str]:
    return list(dict.fromkeys(url for one in sources for url in one.urls))


def _fill(
    sources: Sequence[Source],
    opened: Opened,
    targets: Mapping[str, Target],
    outcome: Outcome,
    step: Step,
) -> None:
    """Fills each database and compares it; one that is not empty is only compared."""
    found = [(one, contents) for one in sources if (contents := one.contents(opened))]
    for one, contents in found:
        _refuse_others(contents, [targets[url] for url in one.urls])
    for one, contents in found:
        theirs = [targets[url] for url in one.urls]
        for target in theirs:
            if target.was_empty:
                target.make(one.tables)
        for content in contents:
            _fill_table(one, content, theirs, outcome, step)
    outcome.were_there = [one.where for one in targets.values() if not one.was_empty]


def _refuse_others(contents: Sequence[Content], targets: Sequence[Target]) -> None:
    """Raises MoveError for a database that cannot be one of a move that was cut short: without
    reading all of it."""
    for target in targets:
        for content in contents:
            if target.was_empty:
                continue
            alone = len(targets) == 1
            if not target.has(content.table) or (
                alone and target.count(content.table) != content.count
            ):
                raise _occupied(target)


def _fill_table(
    source: Source, content: Content, targets: Sequence[Target], outcome: Outcome, step: Step
) -> None:
    convert = Conversion(content.table, content.columns, targets[0].kinds(content.table))
    rows = (convert(row) for row in content.rows())
    wanted = _copy(content, rows, targets, step(f"{content.table}: copying", content.count))
    advance = step(f"{content.table}: comparing", content.count)
    for target, digest in zip(targets, wanted):
        but = frozenset() if target.was_empty else content.fresh
        found = target.digest(content.table, content.columns, but, advance)
        if found != digest:
            raise _differs(target, content) if target.was_empty else _occupied(target)
        if target.was_empty:
            target.number_from(content.table, content.last)
        outcome.tables.append(
            TableMoved(source.name, content.table, target.where, digest.rows, digest.hash)
        )
    if sum(digest.rows for digest in wanted) != content.count:
        raise MoveError(f"{content.table}: other numbers of rows were read than were counted")
    outcome.replaced |= {f"{content.table}.{name}": n for name, n in convert.replaced.items()}


def _copy(
    content: Content, rows: Iterator[Values], targets: Sequence[Target], advance: Advance
) -> list[Digest]:
    """Puts each row where it belongs; for each database what it should hold now."""
    wanted = [
        Digest(content.columns, () if target.was_empty else content.fresh) for target in targets
    ]
    waiting: list[list[Values]] = [[] for _ in targets]

    def put(place: int) -> None:
        if waiting[place] and targets[place].was_empty:
            targets[place].insert(content.table, content.columns, waiting[place])
        advance(len(waiting[place]))
        waiting[place].clear()

    for row in rows:
        place = content.place(row) if len(targets) > 1 else 0
        wanted[place].add(row)
        waiting[place].append(row)
        if len(waiting[place]) == SLICE:
            put(place)
    for place in range(len(targets)):
        put(place)
    return wanted


def _end(targets: Sequence[Target]) -> None:
    """Raises MoveError, which says what is filled, where the databases do not all take it."""
    done: list[str] = []
    for target in targets:
        try:
            if target.was_empty:
                target.commit()
        except Exception as error:
            filled = f"{', '.join(done)} is filled. " if done else ""
            raise MoveError(
                f"{target.where} did not end the transaction ({type(error).__name__}). {filled}Run "
                "the same command again, before any process: it goes on where this ended"
            ) from error
        done.append(target.where)


def _rename(source: Source, outcome: Outcome) -> None:
    """Raises MoveError: PostgreSQL has everything by then."""
    for path in source.unmoved:
        try:
            outcome.renamed.append(_renamed(path))
        except OSError as error:
            raise MoveError(
                f"PostgreSQL has everything, but {path} cannot be renamed ({error.strerror}): mend "
                "that, and run the same command again before any process"
            ) from error


def _renamed(path: Path) -> Path:
    """On disk when this returns."""
    new = moved_name(path)
    os.rename(path, new)
    for ending in _BESIDE:  # SQLite leaves them; all is in the file (`alone`)
        path.with_name(path.name + ending).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return new


def _occupied(target: Target) -> MoveError:
    return MoveError(
        f"{target.where} is not empty: it has {target.there()}. Nothing was moved; make a new "
        "database and name it"
    )


def _differs(target: Target, content: Content) -> MoveError:
    return MoveError(
        f"{target.where}: what came out of {content.table} is not what went in. Nothing was moved"
    )
