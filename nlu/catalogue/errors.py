"""Mistakes in the catalogue, as values that name the line and the way to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to do about it."""

    file: Path
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        """`file:line: what; how to mend it`, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}: {self.what}; {self.mend}"


class CatalogueError(Exception):
    """The catalogue cannot be used; carries every problem at once, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keeps the problems in the order of file and line."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
