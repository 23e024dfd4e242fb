"""One long outage of the action server under a steady stream of messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks.upheaval.facts import Facts, Said
from benchmarks.upheaval.place import Place, placed
from benchmarks.upheaval.post import Post, letter
from benchmarks.upheaval.witness import Witness
from benchmarks.upheaval.words import Words, understood
from nlu.catalogue import Catalogue
from nlu.settings.settings import Settings

_TICK_S = 0.05
_BEFORE_S = 10.0
_LONGEST_S = 240.0
_CITIZENS = 120
_DEAD = "seva_inbox_dead"


@dataclass(frozen=True)
class Outcome:
    """What happened."""

    facts: Facts
    words: Words
    back: float
    """When the action server answered again."""
    dead: int
    """Dead letters, as the workers count them."""


async def outage(
    folder: Path,
    catalogue: Catalogue,
    settings: Mapping[str, Any],
    seconds: float,
    rate: float,
    seed: int,
) -> Outcome:
    """The action server is dead for `seconds` while `rate` messages a second come from citizens
    who do not wait for answers. Raises RuntimeError where a process does not start."""
    place = placed(folder, catalogue, settings, seed)
    try:
        await place.supervisor.start()
        words = await understood(catalogue, settings, place.serve, Settings().keys[0])
        witness, dead = await _watched(place, words, seconds, rate, Random(seed))
    finally:
        await place.supervisor.stop()
    facts = witness.facts(place.supervisor.kills, place.supervisor.outages)
    back = max(kill.back for kill in facts.kills)
    return Outcome(facts, words, back, dead)


async def _watched(
    place: Place, words: Words, seconds: float, rate: float, random: Random
) -> tuple[Witness, int]:
    settings, witness = words.settings, Witness(place.book)
    post = Post(place.webhook, Settings(), {**settings["delivery"], "shared": 0, "late": 0}, random)
    begin = time.time()
    away: asyncio.Task[None] | None = None
    due, end, last = begin, begin + _BEFORE_S + seconds, {}
    keys: Mapping[str, int] = settings["keys"]
    while time.time() < end:
        now = time.time()
        if away is None and now > begin + _BEFORE_S:
            away = asyncio.create_task(place.supervisor.away("actions", "dead", seconds))
        while due <= now:
            due += random.expovariate(rate)
            number = random.randrange(_CITIZENS)
            phone = f"9199{number:08}"
            key = Random(phone).choices(list(keys), list(keys.values()))[0]
            if last.get(phone, 0) < int(now):
                last[phone] = int(now)
                said = _said(words, phone, key, int(now), random, len(witness.said))
                witness.hear(said)
                post.send([letter(said)])
        witness.look()
        await asyncio.sleep(_TICK_S)
    if away is not None:
        await away
    until = time.time() + _LONGEST_S
    while (witness.open or post.pending) and time.time() < until:
        witness.look()
        await asyncio.sleep(_TICK_S)
    await post.close()
    return witness, await _dead(place.metrics)


def _said(words: Words, phone: str, key: str, now: int, random: Random, number: int) -> Said:
    name = random.choice([*words.settings["unasked"], "greet", "thanks"])
    text = random.choice(list(words.texts[key, name]))
    return Said(f"wamid.in.{phone}.{number}", phone, now, text, name)


async def _dead(metrics: Sequence[str]) -> int:
    """The gauge that every worker shows of the one inbox."""
    await asyncio.sleep(6)  # it is set every few seconds
    found = 0
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        for address in metrics:
            for line in (await client.get(address)).text.splitlines():
                if line.startswith(f"{_DEAD} "):
                    found = max(found, int(float(line.split()[1])))
    return found
