"""The parts of a long run as one bar, with the time that is left."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TimeElapsedColumn, TimeRemainingColumn

from benchmarks.stream.stream import Progress


class Steps:
    """A bar on standard error. `expected`: seconds that each part takes, in their order."""

    def __init__(self, expected: Mapping[str, float], *, quiet: bool) -> None:
        columns = [*Bar.get_default_columns()[:-1], TimeElapsedColumn(), TimeRemainingColumn()]
        self._bar = Bar(*columns, console=Console(stderr=True), disable=quiet)
        self._expected, self._done, self._now = dict(expected), 0.0, ""
        self._task = self._bar.add_task("", total=sum(expected.values()))

    def __enter__(self) -> Steps:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, part: str) -> Progress:
        """The part before is done; returns what takes the share of this one that is done."""
        self._done += self._expected.get(self._now, 0.0)
        self._now = part
        self._show(0.0)
        return self._show

    def _show(self, share: float) -> None:
        done = self._done + self._expected[self._now] * min(max(share, 0.0), 1.0)
        self._bar.update(self._task, completed=done, description=self._now)
