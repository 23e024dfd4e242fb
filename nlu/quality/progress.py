"""A bar on standard error for work of minutes, with the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str, int, int], None]
"""Told what is done, how many pieces of it, and of how many."""


@contextmanager
def bar() -> Iterator[Tell]:
    """Inside, each kind of work that is told has a line of its own. Where standard error is no
    terminal, one line is written for each kind of work when it begins."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as drawn:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = drawn.add_task(what, total=total)
                if not console.is_terminal:
                    console.print(f"{what} ({total}) ...")
            drawn.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


def untold(what: str, done: int, total: int) -> None:
    """For who does not look."""
