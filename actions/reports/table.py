"""A table of a report in one language, without the numbers that may not be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml
from nlu.suppression import Cell
from nlu.text.numbers import indian_grouping

_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """All of `words.yml`: key -> language -> words."""
    found: Mapping[str, Mapping[str, str]] = load_yaml((_HERE / "words.yml").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def groups() -> Mapping[str, Any]:
    """All of `report.yml`."""
    found: Mapping[str, Any] = load_yaml((_HERE / "report.yml").read_text("utf-8"))
    return found


@dataclass(frozen=True)
class Shown:
    """What stands in a place of a table, and the number behind it where it may be known."""

    text: str
    value: float | None = None

    def as_json(self) -> list[Any]:
        """Text and number."""
        return [self.text, self.value]


@dataclass(frozen=True)
class Column:
    """A column after the first. `bar`: its numbers are drawn."""

    label: str
    bar: bool = False


@dataclass(frozen=True)
class Table:
    """Rows have a name and a place for each column; `total` too, where there is one. `plot` is
    `columns` for days that follow each other, `bars` for sorts, or empty."""

    name: str
    title: str
    first: str
    columns: Sequence[Column]
    rows: Sequence[tuple[str, Sequence[Shown]]]
    total: tuple[str, Sequence[Shown]] | None = None
    notes: Sequence[str] = field(default_factory=tuple)
    plot: str = "bars"

    def as_json(self) -> dict[str, Any]:
        """For the console."""

        def row(one: tuple[str, Sequence[Shown]]) -> list[Any]:
            return [one[0], [place.as_json() for place in one[1]]]

        return {
            "name": self.name,
            "title": self.title,
            "first": self.first,
            "columns": [[column.label, column.bar] for column in self.columns],
            "rows": [row(one) for one in self.rows],
            "total": row(self.total) if self.total else None,
            "notes": list(self.notes),
            "plot": self.plot,
        }


@dataclass(frozen=True)
class Speech:
    """Words and numbers in one language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key. Raises KeyError."""
        told = words()[key][self.language]
        return told.format(**values) if values else told

    def kind(self, name: str) -> str:
        """The words of a sort; its name where it is not known here, as one of a newer Seva."""
        known = words().get(name)
        return known[self.language] if known else name or self("unknown")

    def number(self, cell: Cell) -> Shown:
        """A number, or why it is not shown."""
        if cell.hidden:
            return Shown(self(cell.hidden))
        return Shown(grouped(cell.value), cell.value)

    def share(self, cell: Cell, whole: Cell) -> Shown:
        """The part of the whole, where both may be known."""
        if cell.hidden or whole.hidden or not whole.value:
            return Shown(self("kept") if cell.value else "")
        part = cell.value / whole.value
        return Shown(percent(part), round(100 * part, 1))

    def time(self, seconds: float) -> str:
        """A length of time, to its largest unit."""
        for key, of in (("days_long", 86_400), ("hours", 3600)):
            if seconds >= of:
                return self(key, count=f"{seconds / of:.0f}")
        return self("minutes", count=f"{max(1.0, seconds / 60):.0f}")

    def bound(self, kind: str) -> str:
        """The name of a kind of wait (`actions.citizens.counted.bucket`)."""
        return self("up_to", time=self.time(int(kind))) if kind else self("longer")


def summed(cells: Iterable[Cell]) -> Cell:
    """The sum, which is shown but where it is small or every part of it is kept back."""
    found = list(cells)
    value = sum(cell.value for cell in found)
    if 0 < value < 5:
        return Cell(value, "few")
    nonzero = [cell for cell in found if cell.value]
    return Cell(value, "kept" if nonzero and all(one.hidden for one in nonzero) else "")


def percent(share: float) -> str:
    """`0.125` -> `12.5 %`."""
    return f"{100 * share:.1f} %"


def grouped(value: float) -> str:
    """`1234567` -> `12,34,567`."""
    return indian_grouping(Decimal(str(value)))
