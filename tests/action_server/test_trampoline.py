"""Actions run beside the event loop; only their calls of departments run in it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from actions.server.trampoline import InLoop, beside_loop


async def test_stretches_run_in_threads_and_calls_in_the_loop() -> None:
    where: list[bool] = []
    own = threading.get_ident()

    async def call() -> str:
        where.append(threading.get_ident() == own)
        await asyncio.sleep(0)
        return "found"

    async def action() -> str:
        where.append(threading.get_ident() == own)
        found = await InLoop(call)
        where.append(threading.get_ident() == own)
        return f"{found} twice {await InLoop(call)}"

    assert await beside_loop(action()) == "found twice found"
    assert where == [False, True, False, True]


async def test_another_turn_is_answered_while_one_computes() -> None:
    """The slow one ends only when the quick ones have been answered."""
    done = threading.Event()

    async def slow() -> str:
        return "slow" if done.wait(30) else "stuck"

    async def quick() -> str:
        return "quick"

    waiting = asyncio.create_task(beside_loop(slow()))
    for _ in range(5):
        assert await beside_loop(quick()) == "quick"
    done.set()
    assert await waiting == "slow"


async def test_errors_of_calls_and_actions_are_raised_where_they_are_awaited() -> None:
    async def call() -> None:
        raise KeyError("call")

    async def action() -> str:
        try:
            await InLoop(call)
        except KeyError:
            raise LookupError("action") from None
        return "unreached"

    with pytest.raises(LookupError, match="action"):
        await beside_loop(action())


async def test_cancelled_in_a_call_the_action_ends() -> None:
    ended = threading.Event()

    async def action() -> None:
        try:
            await InLoop(lambda: asyncio.sleep(60))
        finally:
            ended.set()

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(beside_loop(action()), 0.05)
    assert ended.is_set()


async def test_no_thread_is_held_while_a_department_takes_its_time() -> None:
    """More actions wait than there are threads."""
    loop, gate = asyncio.get_running_loop(), asyncio.Event()

    async def action() -> str:
        await InLoop(gate.wait)
        return "done"

    waiting = [loop.create_task(beside_loop(action())) for _ in range(200)]
    await asyncio.sleep(0.05)
    assert await asyncio.to_thread(time.monotonic)
    gate.set()
    assert await asyncio.gather(*waiting) == ["done"] * 200
