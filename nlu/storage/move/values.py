"""Values of SQLite as PostgreSQL takes them, and a hash by which two tables are compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any

from nlu.storage.move.errors import MoveError
from nlu.storage.move.source import Values

_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
_SPACE = 1 << 256


class Conversion:
    """Rows of one table, as its columns in PostgreSQL want them. SQLite keeps any value in any
    column; one that is of another type is refused, and the message names it."""

    def __init__(self, table: str, columns: Sequence[str], kinds: Mapping[str, str]) -> None:
        """`kinds`: `data_type` of information_schema.columns, by column. Raises MoveError for a
        column that is not there."""
        lacking = [name for name in columns if name not in kinds]
        if lacking:
            raise MoveError(
                f"the table {table} of the file has columns that this Seva does not know "
                f"({', '.join(lacking)}): it may be of a newer one; run that"
            )
        self._table, self._columns = table, tuple(columns)
        self._each = [_KINDS.get(kinds[name], _as_it_is) for name in columns]
        self.replaced: Counter[str] = Counter()
        """How many values of each column lost a character that PostgreSQL takes in no text."""

    def __call__(self, row: Values) -> Values:
        """The row. Raises MoveError."""
        return tuple(map(self._one, self._columns, self._each, row))

    def _one(self, column: str, convert: Callable[[Any], Any], value: Any) -> Any:
        if value is None:
            return None
        try:
            found = convert(value)
        except (TypeError, ValueError):
            raise MoveError(
                f"the table {self._table} has a value in {column} that is no "
                f"{convert.__name__.strip('_')}: mend it in the file, then run this again"
            ) from None
        if found != value and convert is _text:
            self.replaced[column] += 1
        return found


class Digest:
    """Number and hash of rows, in whatever order they come: the sum of their hashes."""

    def __init__(self, columns: Sequence[str], but: Collection[str] = ()) -> None:
        """`but`: columns that do not count."""
        self._kept = [place for place, name in enumerate(columns) if name not in but]
        self.rows, self._sum = 0, 0

    def add(self, row: Values) -> None:
        """One more."""
        told = repr([row[place] for place in self._kept]).encode("utf-8", "surrogatepass")
        self._sum = (self._sum + int.from_bytes(sha256(told).digest(), "big")) % _SPACE
        self.rows += 1

    @property
    def hash(self) -> str:
        """As hex."""
        return f"{self._sum:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and (self.rows, self.hash) == (other.rows, other.hash)


def _text(value: Any) -> str:
    """A NUL, and bytes that are no UTF-8, become U+FFFD."""
    if not isinstance(value, str):
        raise TypeError
    return _IMPOSSIBLE.sub("\ufffd", value)


def _integer(value: Any) -> int:
    if not isinstance(value, (int, float)) or int(value) != value:
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if value not in (0, 1):
        raise TypeError
    return bool(value)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        raise TypeError
    return bytes(value)


def _as_it_is(value: Any) -> Any:
    return value


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "character varying": _text,
    "integer": _integer,
    "bigint": _integer,
    "smallint": _integer,
    "double precision": _number,
    "real": _number,
    "boolean": _boolean,
    "bytea": _bytes,
}
