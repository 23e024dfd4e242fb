"""Runs an action beside the event loop, but for its calls of departments.

Understanding an answer, opening sealed values and SQLite take time in which nobody else would be
answered; calls of departments wait, and wait best in the loop, where their connections live. So an
action is one coroutine whose stretches between two calls run in a thread, and each call in the
loop. No thread is held while a department takes its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InLoop(Generic[T]):
    """What an action awaits of the event loop: `await InLoop(call)` is the result of `call()`."""

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self.call = call

    def __await__(self) -> Generator[InLoop[T], T, T]:
        return (yield self)


async def beside_loop(action: Coroutine[Any, Any, T]) -> T:
    """The result of an action that awaits nothing but `InLoop`."""
    go_on: Callable[[], Any] = partial(action.send, None)
    while True:
        ended, value = await asyncio.to_thread(_stretch, go_on)
        if ended:
            return value  # type: ignore[no-any-return]
        try:
            result = await value.call()
        except Exception as error:
            go_on = partial(action.throw, error)
        except BaseException:  # cancelled: nobody will go on with it
            action.close()
            raise
        else:
            go_on = partial(action.send, result)


def _stretch(go_on: Callable[[], Any]) -> tuple[bool, Any]:
    """Whether the action ended, with its result or what it waits for. A future cannot carry the
    StopIteration that says so."""
    try:
        return False, go_on()
    except StopIteration as end:
        return True, end.value
