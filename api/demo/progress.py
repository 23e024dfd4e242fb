"""How far the start of the demo is: a bar on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Collection
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column


class StartProgress:
    """Steps that are known beforehand; inside a `with` block."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console, self._began = console, time.monotonic()
        columns = (
            TextColumn("Starting"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            TextColumn(
                "{task.description}",
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
        )
        shown = console.is_terminal
        self._bar = Progress(
            *columns, console=console, transient=True, disable=not shown, expand=True
        )
        self._task = self._bar.add_task("", total=steps)

    def __enter__(self) -> StartProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def waiting_for(self, names: Collection[str]) -> None:
        """What is being done now, or which processes are not ready yet."""
        self._bar.update(self._task, description=", ".join(names))

    def done(self, name: str) -> None:
        """One step is over."""
        self._bar.advance(self._task)
        if self._bar.disable:
            took = time.monotonic() - self._began
            self._console.print(f"  {name} ({took:.0f} s)", highlight=False)

    def paused(self, said: str) -> None:
        """The bar makes room for the output of another process."""
        self._bar.stop()
        self._console.print(said, highlight=False)

    def resumed(self) -> None:
        """The bar is back."""
        self._bar.start()
