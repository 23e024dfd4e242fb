"""What every rule gets: the catalogue, the limits, and the line of each path of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import Limits
from nlu.catalogue.model import Catalogue


@dataclass(frozen=True)
class Run:
    """One run of the checker."""

    catalogue: Catalogue
    limits: Limits
    strict: bool = False
    broken: frozenset[Path] = frozenset()
    """Files that could not be read as they are; rules that would trip over them stay away."""

    def at(self, file: Path, *path: str, what: str, mend: str) -> Problem:
        """A problem at a path of keys, or at the closest key above it that the file has."""
        for length in range(len(path), 0, -1):
            line = self.catalogue.positions.get((file, path[:length]))
            if line is not None:
                return Problem(file, line, what, mend)
        return Problem(file, 1, what, mend)


Rule = Callable[[Run], Iterator[Problem]]
