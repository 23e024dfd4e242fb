"""Talks of citizens made by chance, while departments fail and the action server dies, checked
against the departments' own books."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.talk.judge import Judge
from benchmarks.talk.place import opened
from benchmarks.talk.talk import Talk, load_words, talked
from nlu.catalogue import load_catalogue

ROOT = Path(__file__).resolve().parents[1]


async def talks(seeds: Sequence[int], folder: Path) -> list[Talk]:
    """The talks of the seeds, some at the same time, each with departments whose faults are its
    own. All departments begin anew before the next ones."""
    words = load_words(load_catalogue(ROOT / "data"))
    judge = Judge(words.catalogue)
    lanes = len(words.settings["lanes"])
    done: list[Talk] = []
    async with opened(folder, words.settings["departments"]) as place:
        for _, together in groupby(seeds, lambda seed: seed // lanes):
            await place.reset()
            done += await asyncio.gather(
                *(talked(place, words, judge, seed, seed % lanes) for seed in together)
            )
    return done
