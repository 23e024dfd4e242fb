"""How far the shares of two weeks are apart.

The measure is the total variation distance: half the sum of all differences of shares. It says
which part of the requests would have to be of another sort for both weeks to be alike, from 0 to 1.
The population stability index, which banks use, has no such meaning, and is infinite where a
service was not asked for in one of the weeks: that is common here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt

from nlu.suppression import LEAST, Cell

OTHERS = ""
"""The name under which those are added up that may not be shown in one of the weeks."""


@dataclass(frozen=True)
class Shift:
    """One sort: its share of the week before and of this week."""

    name: str
    before: float
    now: float

    @property
    def change(self) -> float:
        """In shares, from -1 to 1."""
        return self.now - self.before


@dataclass(frozen=True)
class Drift:
    """What moved between two weeks. `distance` and `by_chance` are None where a week has too few
    to say anything; `by_chance` is what so few requests differ by where nothing changed."""

    shifts: tuple[Shift, ...]
    distance: float | None
    by_chance: float | None


def drift(before: Mapping[str, Cell], now: Mapping[str, Cell]) -> Drift:
    """The largest change first. What may not be shown in one of the weeks is in `OTHERS` in both:
    so nothing comes out that the tables of these weeks hide."""
    weeks = before, now
    totals = [sum(cell.value for cell in week.values()) for week in weeks]
    if min(totals) < LEAST:
        return Drift((), None, None)
    hidden = {name for week in weeks for name, cell in week.items() if cell.hidden}
    counts: dict[str, list[float]] = {}
    for place, week in enumerate(weeks):
        for name, cell in week.items():
            of = counts.setdefault(OTHERS if name in hidden else name, [0, 0])
            of[place] += cell.value
    shifts = [Shift(name, one / totals[0], two / totals[1]) for name, (one, two) in counts.items()]
    shifts.sort(key=lambda one: (-abs(one.change), one.name))
    spread = 1 / totals[0] + 1 / totals[1]
    together = [sum(pair) / sum(totals) for pair in counts.values()]
    chance = sum(sqrt(share * (1 - share) * spread * 2 / pi) for share in together) / 2
    return Drift(tuple(shifts), sum(abs(one.change) for one in shifts) / 2, chance)
