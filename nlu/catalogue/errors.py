"""Mistakes in the catalogue, as values that name the line and the way to mend it."""

from __future__ import annotations

from collections.abc import Iterable

from nlu.records import Problem

__all__ = ["CatalogueError", "Problem"]


class CatalogueError(Exception):
    """The catalogue cannot be used; carries every problem at once, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keeps the problems in the order of file and line."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
