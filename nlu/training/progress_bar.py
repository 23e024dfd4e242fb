"""The steps of a training on a terminal: a bar with the time left; elsewhere a line for each."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from nlu.training import progress as times


class _TimeLeft(ProgressColumn):
    """Asked anew at each refresh, so that it counts down within a step."""

    def __init__(self, bar: ProgressBar) -> None:
        super().__init__()
        self._bar = bar

    def render(self, task: Task) -> Text:
        now = self._bar.progress.now()
        self._bar.move(now.share)
        return Text(times.in_words(now.seconds_left), style="progress.remaining")


class ProgressBar:
    """Inside a `with` block; on standard error, since standard output belongs to `--json`."""

    def __init__(self, earlier: times.Times, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self.progress = times.Progress(earlier)
        shown = self._console.is_terminal
        name = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._bar = Progress(
            TextColumn("{task.description}", table_column=name),
            BarColumn(bar_width=24),
            _TimeLeft(self),
            console=self._console,
            transient=True,
            disable=not shown,
            expand=True,
        )
        self._task = self._bar.add_task("Training", total=1.0 if earlier else None)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def step(self, said: str) -> None:
        """Another step begins."""
        now = self.progress.step(said)
        left = times.in_words(now.seconds_left)
        self._console.print(f"{said} ({left})" if left else said, highlight=False, markup=False)
        self._bar.update(self._task, description=escape(said))

    def move(self, share: float | None) -> None:
        """The bar shows this share of the work."""
        if share is not None:
            self._bar.tasks[0].completed = share
