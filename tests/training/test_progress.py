"""The time left of a training, from how long its steps took before."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from nlu.training.progress import Progress, earlier_times, in_words, keep_times
from nlu.training.progress_bar import ProgressBar

EARLIER = [("Reading the catalogue", 10.0), ("Training", 60.0), ("Scoring the hold-out", 30.0)]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_an_earlier_training_nobody_can_tell(clock: Clock) -> None:
    told = Progress((), clock).step("Reading the catalogue")
    assert (told.share, told.seconds_left) == (None, None)


def test_time_left_counts_down_within_a_step_and_never_below_the_rest(clock: Clock) -> None:
    progress = Progress(EARLIER, clock)
    assert progress.step("Reading the catalogue").seconds_left == 100.0
    clock.now += 4
    assert (progress.now().seconds_left, progress.now().share) == (96.0, 0.04)
    clock.now += 100  # longer than before
    assert progress.now().seconds_left == 90.0


def test_a_slower_machine_takes_longer_for_the_rest(clock: Clock) -> None:
    progress = Progress(EARLIER, clock)
    progress.step("Reading the catalogue")
    clock.now += 20  # twice as long
    now = progress.step("Training")
    assert (now.share, now.seconds_left) == (0.1, 180.0)


def test_steps_that_are_left_out_and_steps_that_are_new(clock: Clock) -> None:
    progress = Progress(EARLIER, clock)
    progress.step("Reading the catalogue")
    clock.now += 10
    now = progress.step("No weights depend on what changed: they are those of 2026")
    assert now.seconds_left == 90.0  # until a step is seen that was there before
    assert progress.step("Scoring the hold-out").seconds_left == 30.0


def test_numbers_in_a_line_do_not_make_another_step(clock: Clock) -> None:
    first = Progress((), clock)
    for line in ("Training", "epoch 1 of 2, loss 0.71", "epoch 2 of 2, loss 0.52"):
        first.step(line)
        clock.now += 10
    second = Progress(first.times(), clock)
    second.step("Training")
    clock.now += 10
    assert second.step("epoch 1 of 2, loss 0.70").seconds_left == 20.0
    clock.now += 10
    assert second.step("epoch 2 of 2, loss 0.50").seconds_left == 10.0


def test_times_are_kept_by_profile_if_weights_were_trained(tmp_path: Path) -> None:
    path = tmp_path / "times.json"
    keep_times("fast", [("Reading the catalogue", 3.0)], path)
    assert earlier_times("fast", path) == []
    keep_times("fast", EARLIER, path)
    keep_times("full", EARLIER[:2], path)
    assert earlier_times("fast", path) == EARLIER and earlier_times("full", path) == EARLIER[:2]
    path.write_text("[1]", "utf-8")
    assert earlier_times("fast", path) == []
    keep_times("fast", EARLIER, path)
    assert earlier_times("fast", path) == EARLIER


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (1, "about 5 s left"), (42, "about 40 s left"), (200, "about 3 min left")],
)
def test_in_words(seconds: float | None, words: str) -> None:
    assert in_words(seconds) == words


def test_bar_shows_the_time_left_on_a_terminal() -> None:
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, width=100)
    with ProgressBar(EARLIER, console) as bar:
        bar.step("Reading the catalogue")
        bar.step("Training")
    assert "Reading the catalogue (about 2 min left)" in told.getvalue()
    bar_line = told.getvalue().rpartition("Training ")[2]
    assert "━" in bar_line and "s left" in bar_line


def test_steps_are_lines_where_there_is_no_terminal() -> None:
    told = io.StringIO()
    with ProgressBar((), Console(file=told, width=100)) as bar:
        bar.step("Reading the catalogue")
        bar.step("Training [1/2]")
    assert told.getvalue() == "Reading the catalogue\nTraining [1/2]\n"
