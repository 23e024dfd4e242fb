"""Which services are taken for which: a matrix of those that are confused, and the worst pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlu.training.report.message import Message

EXAMPLES = 4  # messages shown for a pair


@dataclass(frozen=True)
class Pair:
    """Messages that meant `truth` and were heard as `heard` ("" when no service was ranked)."""

    truth: str
    heard: str
    messages: tuple[Message, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it happened in, the most frequent first."""
        return tuple(key for key, _ in Counter(m.key for m in self.messages).most_common())

    @property
    def examples(self) -> tuple[Message, ...]:
        """A few of the messages, of as many keys as there are."""
        seen: Counter[str] = Counter()
        turns: list[tuple[int, int, Message]] = []
        for message in self.messages:
            turns.append((seen[message.key], len(turns), message))
            seen[message.key] += 1
        return tuple(m for _, _, m in sorted(turns, key=lambda t: t[:2])[:EXAMPLES])


@dataclass(frozen=True)
class Row:
    """One service of the matrix: its messages, those ranked right, and a count per column."""

    truth: str
    rows: int
    right: int
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows are what was meant, columns what was heard; only services with errors are in it.

    Rows and columns are grouped by department, departments and services with most errors first;
    what belongs to no department comes last.
    `left_out` counts the confused services that did not fit.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int


def pairs(messages: Sequence[Message]) -> list[Pair]:
    """Every confused pair, the most frequent first."""
    found: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in messages:
        if message.confused:
            found[message.truth, message.best].append(message)
    made = [Pair(truth, heard, tuple(rows)) for (truth, heard), rows in found.items()]
    return sorted(made, key=lambda pair: (-len(pair.messages), pair.truth, pair.heard))


def matrix(
    messages: Sequence[Message], department: Callable[[str], str], limit: int = 30
) -> Matrix:
    """The matrix of at most `limit` rows and columns."""
    confused = [m for m in messages if m.confused]
    meant = Counter(m.truth for m in confused)
    truths = [name for name, _ in meant.most_common(limit)]
    heard = Counter(m.best for m in confused if m.truth in truths)
    columns = _grouped([name for name, _ in heard.most_common(limit)], heard, department)
    cells = Counter((m.truth, m.best) for m in confused)
    total = Counter(m.truth for m in messages)
    rows = tuple(
        Row(
            truth,
            total[truth],
            total[truth] - meant[truth],
            tuple(cells[truth, column] for column in columns),
        )
        for truth in _grouped(truths, meant, department)
    )
    return Matrix(tuple(columns), rows, len(meant) - len(rows))


def _grouped(
    names: Sequence[str], errors: Counter[str], department: Callable[[str], str]
) -> list[str]:
    of_department: Counter[str] = Counter()
    for name in names:
        of_department[department(name)] += errors[name]
    return sorted(
        names,
        key=lambda n: (
            not department(n),
            -of_department[department(n)],
            department(n),
            -errors[n],
            n,
        ),
    )
