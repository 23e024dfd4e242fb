"""What a candidate did otherwise than the live model, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.storage.database import Database, Row
from nlu.training.metrics import wilson


@dataclass(frozen=True)
class Share:
    """Of so many messages, how many were treated otherwise. `key` is that of their language, empty
    for all of them."""

    key: str
    seen: int
    otherwise: int

    @property
    def share(self) -> float:
        """0 to 1; 0 without messages."""
        return self.otherwise / self.seen if self.seen else 0.0

    @property
    def interval(self) -> list[float]:
        """Its 95 % interval."""
        return wilson(self.otherwise, self.seen)


@dataclass(frozen=True)
class Pair:
    """A live action and another one of the candidate, so many times."""

    live: str
    other: str
    count: int


@dataclass(frozen=True)
class Figures:
    """Of one run. `pairs` are the most frequent that differ."""

    all: Share
    keys: tuple[Share, ...]
    pairs: tuple[Pair, ...]


def figures_of(databases: Sequence[Database], candidate: int, pairs: int) -> Figures:
    """The figures of the run with a number, summed over the databases of the inbox. Blocks."""
    rows = [row for database in databases for row in _counted(database, candidate)]
    seen: Counter[str] = Counter()
    otherwise: Counter[str] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for row in rows:
        seen[row["key"]] += int(row["count"])
        if row["live"] != row["other"]:
            otherwise[row["key"]] += int(row["count"])
            differing[row["live"], row["other"]] += int(row["count"])
    likeliest = sorted(differing.items(), key=lambda one: (-one[1], one[0]))
    return Figures(
        Share("", seen.total(), otherwise.total()),
        tuple(Share(key, count, otherwise[key]) for key, count in sorted(seen.items())),
        tuple(Pair(live, other, count) for (live, other), count in likeliest[:pairs]),
    )


def _counted(database: Database, candidate: int) -> list[Row]:
    return database.look(
        lambda db: db.execute(
            "SELECT key, live, other, SUM(count) AS count FROM shadow_counts "
            "WHERE candidate = ? GROUP BY key, live, other",
            (candidate,),
        ).fetchall()
    )
