"""Places of a text that are taken by something: asked for each value, so looked up by halving."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

Span = tuple[int, int]


class Spans:
    """Places (start, end), in any order; those that meet or touch become one."""

    def __init__(self, places: Iterable[Span]) -> None:
        """Sorts them once."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(places):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def meets(self, start: int, end: int) -> bool:
        """Whether any of them has a character of `start:end`."""
        at = bisect_left(self._starts, end) - 1
        return at >= 0 and self._ends[at] > start
