"""Ctrl-C in a run: what runs is ended in order, and what was measured is told."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stopped(RuntimeError):
    """Ctrl-C came before there was anything to tell."""


def stop_event() -> asyncio.Event:
    """Is set by Ctrl-C and SIGTERM: what runs is ended in order, and what was measured is told."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop


async def until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, in a run that Ctrl-C or SIGTERM ends in order. Raises Stopped."""
    return await unless(stop_event(), work)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises Stopped where `stop` comes first."""
    doing, waiting = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Stopped("stopped before anything was measured")
        return doing.result()
    finally:
        waiting.cancel()
        doing.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)
