"""Slips of the thumb on a phone keyboard with Latin letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random


class Keyboard:
    """Where keys lie, and the slips that follow from it."""

    def __init__(
        self,
        rows: Sequence[str],
        row_shift: Sequence[float],
        reach: float,
        slips: Mapping[str, float],
    ) -> None:
        """`rows` from top to bottom, each beginning `row_shift` keys from the left.

        Keys at most `reach` keys apart are neighbours; `slips` are the shares of neighbour,
        transpose, drop, double and extra. Raises ValueError for another slip.
        """
        self._slips = {name: getattr(self, f"_{name}", None) for name in slips}
        unknown = [name for name, slip in self._slips.items() if slip is None]
        if unknown:
            raise ValueError(f"unknown slips: {', '.join(unknown)}")
        self._names, self._weights = tuple(slips), tuple(slips.values())
        places = {
            key: (shift + column, row)
            for row, (keys, shift) in enumerate(zip(rows, row_shift))
            for column, key in enumerate(keys)
        }
        self.neighbours = {
            key: "".join(
                other
                for other, (u, v) in places.items()
                if other != key and (u - x) ** 2 + (v - y) ** 2 <= reach**2
            )
            for key, (x, y) in places.items()
        }

    def slip(self, word: str, random: Random) -> str:
        """`word` with one slip; the first letter, which people look at, stays."""
        if len(word) < 2:
            return word
        name = random.choices(self._names, self._weights)[0]
        slip = self._slips[name]
        assert slip is not None
        return slip(word, random.randrange(1, len(word)), random)

    def _near(self, letter: str, random: Random) -> str:
        return random.choice(self.neighbours.get(letter.lower(), letter))

    def _neighbour(self, word: str, at: int, random: Random) -> str:
        return word[:at] + self._near(word[at], random) + word[at + 1 :]

    def _transpose(self, word: str, at: int, random: Random) -> str:
        at = max(at, 2) if len(word) > 2 else 1
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]

    def _drop(self, word: str, at: int, random: Random) -> str:
        return word[:at] + word[at + 1 :]

    def _double(self, word: str, at: int, random: Random) -> str:
        return word[:at] + word[at] + word[at:]

    def _extra(self, word: str, at: int, random: Random) -> str:
        return word[:at] + self._near(word[at], random) + word[at:]
