"""Loops that claim work: nobody's call to wake is missed, and what is under way is finished."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.claim_loop import ClaimLoops
from api.outage import Outage

_NEVER = 3600.0


async def _well() -> bool:
    return True


def _loops(shutdown_s: float = 5) -> ClaimLoops:
    return ClaimLoops(Outage(_well, (0.0,), lambda _: None), (0.0,), shutdown_s)


async def _in_time(work: Awaitable[Any]) -> None:
    """Ends a test that would hang; a loop that missed its call would look after an hour."""
    await asyncio.wait_for(work, 20)


async def test_work_that_comes_while_a_loop_looks_is_found_at_once() -> None:
    loops, stop, done = _loops(), asyncio.Event(), []
    looks = 0

    async def claim(_free: int) -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 1:  # it comes after the look began, and is not in what the look found
            await asyncio.sleep(0)
            loops.wake()
            return []
        return [] if done else ["message"]

    async def work(item: str) -> None:
        done.append(item)
        stop.set()
        loops.wake()

    await _in_time(loops.run(stop, claim, work, 1, _NEVER))
    assert done == ["message"]


async def test_one_loop_does_not_take_the_call_from_another() -> None:
    loops, stop, done = _loops(), asyncio.Event(), []
    begun = asyncio.Event()

    def claiming(name: str) -> Callable[[int], Awaitable[list[str]]]:
        looks = 0

        async def claim(_free: int) -> list[str]:
            nonlocal looks
            looks += 1
            if looks == 1:
                if name == "slow":
                    begun.set()
                    await asyncio.sleep(0.05)  # the other loop looks again meanwhile
                return []
            return [] if name in done or name == "quick" else [name]

        return claim

    async def work(item: str) -> None:
        done.append(item)
        stop.set()
        loops.wake()

    async def call() -> None:
        await begun.wait()
        loops.wake()

    runs = [loops.run(stop, claiming(name), work, 1, _NEVER) for name in ("slow", "quick")]
    await _in_time(asyncio.gather(*runs, call()))
    assert done == ["slow"]


@pytest.mark.parametrize("places", [1, 3])
async def test_no_more_is_claimed_than_there_are_places(places: int) -> None:
    loops, stop, under_way, most = _loops(), asyncio.Event(), 0, 0
    left = ["message"] * 7

    async def claim(free: int) -> list[str]:
        found, left[:] = left[:free], left[free:]
        return found

    async def work(_item: str) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if not left:
            stop.set()
        loops.wake()

    await _in_time(loops.run(stop, claim, work, places, _NEVER))
    assert (most, left) == (places, [])


async def test_work_under_way_is_finished_or_cancelled_in_the_end() -> None:
    loops, stop, ends = _loops(shutdown_s=0.05), asyncio.Event(), []
    items = ["short", "endless"]

    async def claim(_free: int) -> list[str]:
        found, items[:] = items[:], []
        stop.set()
        return found

    async def work(item: str) -> None:
        try:
            await asyncio.sleep(0 if item == "short" else _NEVER)
            ends.append(item)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    await _in_time(loops.run(stop, claim, work, 2, _NEVER))
    assert ends == ["short", "cancelled"]
