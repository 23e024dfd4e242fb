"""Hides small numbers, and as many others as it takes that nobody can compute them back.

The rule, for numbers with a sum that is shown: 1 to 4 is hidden as "fewer than five". Then the
smallest other numbers are hidden too, until what is left over of the sum fits each value from 1 to
4 of each small number. Where that cannot be reached nothing but zeros is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

LEAST = 5
"""Numbers from here on are shown."""
Name = TypeVar("Name")


@dataclass(frozen=True)
class Cell:
    """A number of a table, and whether it may be shown. `few`: it is 1 to 4. `kept`: it is not
    small, but another one could be computed by it."""

    value: float
    hidden: Literal["", "few", "kept"] = ""

    @property
    def open(self) -> float | None:
        """The number where it may be shown."""
        return None if self.hidden else self.value


def is_few(value: float) -> bool:
    """Whether a number stands for too few to be shown."""
    return 0 < value < LEAST


def alone(value: float) -> Cell:
    """A number that is no part of a sum that is shown."""
    return Cell(value, "few" if is_few(value) else "")


def partition(values: Mapping[Name, int], *, veiled: bool = False) -> dict[Name, Cell]:
    """The numbers of a table whose sum is known. `veiled`: the sum itself may not be known, so none
    of them is shown."""
    few = [name for name, value in values.items() if is_few(value)]
    if veiled:
        return _hidden(values, [name for name, value in values.items() if value])
    if not few:
        return {name: Cell(value) for name, value in values.items()}
    others = sorted((value, place, name) for place, (name, value) in enumerate(values.items())
                    if value >= LEAST)  # fmt: skip
    small = [values[name] for name in few]
    for count in range(len(others) + 1):
        kept, shown = others[:count], others[count:]
        most = shown[0][0] if shown else None
        if _leaves_open(small, [value for value, _, _ in kept], most):
            return _hidden(values, [*few, *(name for _, _, name in kept)])
    return {name: Cell(value, "kept" if value else "") for name, value in values.items()}


def nested(
    groups: Mapping[str, Mapping[Name, int]], *, veiled: bool = False
) -> tuple[dict[str, Cell], dict[Name, Cell]]:
    """Sums of groups and the numbers in them, where both are shown: each is a partition of what is
    above it."""
    sums = partition({group: sum(one.values()) for group, one in groups.items()}, veiled=veiled)
    inside: dict[Name, Cell] = {}
    for group, values in groups.items():
        inside |= partition(values, veiled=bool(sums[group].hidden))
    return sums, inside


def _leaves_open(small: Sequence[int], kept: Sequence[int], most: int | None) -> bool:
    """Whether every small number may be anything from 1 to 4, for somebody who knows the sum of all
    that is hidden, that the kept ones are at least five, and at most `most` (the smallest one that
    is shown)."""
    left, others = sum(small) + sum(kept), len(small) - 1
    least = others + LEAST * len(kept)
    if left - (LEAST - 1) < least:
        return False
    if kept and most is None:
        return True
    return left - 1 <= (LEAST - 1) * others + (most or 0) * len(kept)


def _hidden(values: Mapping[Name, int], names: Sequence[Name]) -> dict[Name, Cell]:
    hidden = set(names)
    return {
        name: Cell(value, ("few" if is_few(value) else "kept") if name in hidden else "")
        for name, value in values.items()
    }
