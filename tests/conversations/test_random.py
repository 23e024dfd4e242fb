"""Talks made by chance under faults: nothing is doubled, lost or said wrongly.

`seva benchmark conversations` runs 500 of them; what is wrong with one is printed with its seed.
`seva benchmark conversations --seed SEED --talks 1 --every` repeats it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.deferred import Deferred

conversations = Deferred("benchmarks.conversations")

TALKS = 60


@pytest.mark.nightly
def test_talks_made_by_chance_hold_against_the_books(tmp_path: Path) -> None:
    async def all_of_them() -> list:
        return [talk async for talk in conversations.talks(range(TALKS), tmp_path)]

    done = asyncio.run(all_of_them())
    wrong = [line for talk in done if talk.broken for line in conversations.told(talk)]
    assert not wrong, "\n".join(wrong)
    met = conversations.summary(done)
    assert met["talks"] == TALKS
    assert met["writes"] > 0 and len(met["turns_under_fault"]) >= 10, met
