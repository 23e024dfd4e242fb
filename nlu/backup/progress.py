"""What whoever waits for a backup sees: a bar on a terminal, nothing where cron reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from nlu.backup.archive import Advance
from nlu.backup.copies import Step


@contextmanager
def steps(*, quiet: bool = False) -> Iterator[Step]:
    """A bar for each step, on standard error."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    off = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as bar:

        def step(name: str, size: int) -> Advance:
            task = bar.add_task(name, total=size or None)
            return lambda done: bar.advance(task, done)

        yield step
