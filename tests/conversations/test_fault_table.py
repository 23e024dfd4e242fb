"""Each kind of operation under each fault, as a citizen reads it; each in one of the five keys.

`seva benchmark conversations --faults` runs all keys with the real time-outs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from benchmarks.talk.judge import Judge
from benchmarks.talk.table import FAULTS, Case, played
from tests.deferred import Deferred

talk_place = Deferred("benchmarks.talk.place")

KEYS = list(FAULTS["agree"])
CASES = [
    Case(kind, mode, KEYS[(row + column) % len(KEYS)])
    for row, kind in enumerate(FAULTS["kinds"])
    for column, mode in enumerate(FAULTS["modes"])
]


@dataclass(frozen=True)
class Table:
    """A place and its event loop."""

    place: talk_place.Place
    judge: Judge
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """Started once for all cases, with short time-outs."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    folder = tmp_path_factory.mktemp("table")
    here = talk_place.opened(folder, FAULTS["short"], FAULTS["short_dialogue"])
    place = loop.run_until_complete(stack.enter_async_context(here))
    yield Table(place, Judge(place.catalogue), loop)
    loop.run_until_complete(stack.aclose())
    loop.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_citizen_is_told_the_truth_and_it_is_done_once(table: Table, case: Case) -> None:
    pause = FAULTS["short"]["breaker"]["reset_after"]
    outcome = table.loop.run_until_complete(
        played(table.place, table.judge, case, FAULTS["short_delays"], pause)
    )
    assert not outcome.wrong, f"{outcome.wrong}; said under the fault: {outcome.said!r}"
