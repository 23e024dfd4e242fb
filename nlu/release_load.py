"""How a release, or a catalogue alone, is loaded in a process that serves meanwhile.

A load is seconds of computing in Python, and would hold up the turns of its process in three ways:

- The garbage collector walks over all that is loaded so far again and again, and nobody runs
  meanwhile: it made half of a load, and stops of 0.7 s. So it pauses, and collects once at the end.
- A thread that computes lets others have the interpreter after 5 ms. A turn asks for it a hundred
  times, so that it waited half a second and more. So they get it sooner.
- A process waits at its end for the threads of an executor. So the load has a thread of its own.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache
from typing import TypeVar

_SWITCH_S = 0.0005
"""How soon others get the interpreter while a release is loaded."""

T = TypeVar("T")


class _Loads:
    """How many loads are under way in this process, and what was set before the first of them."""

    def __init__(self) -> None:
        self._count, self._lock = 0, threading.Lock()
        self._switch_s, self._collects = 0.0, True

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._switch_s, self._collects = sys.getswitchinterval(), gc.isenabled()
                sys.setswitchinterval(min(_SWITCH_S, self._switch_s))
                gc.disable()

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                sys.setswitchinterval(self._switch_s)
                if self._collects:
                    gc.enable()


_LOADS = _Loads()


@contextmanager
def beside_turns() -> Iterator[None]:
    """Inside a release is loaded, and what it replaces is collected (`gc.collect`). Loads may
    overlap."""
    _LOADS.begin()
    try:
        yield
    finally:
        _LOADS.end()


async def in_own_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises, as with `asyncio.to_thread`. A process that ends leaves it
    unfinished."""
    future: Future[T] = Future()
    context = copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(context.run(work))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="release", daemon=True).start()
    return await asyncio.wrap_future(future)


@lru_cache(maxsize=1)
def settle() -> None:
    """Takes what is loaded so far, once, out of the garbage collector's view.

    The modules and the first catalogue are half a million objects that live as long as the process,
    or in which nothing points back; each full collection would walk over them all while a citizen
    waits. Never later: what a model or an application is made of points back, and would stay.
    """
    gc.collect()
    gc.freeze()


def settle_again() -> None:
    """The same after what lives long was replaced, as a catalogue that its editors changed. What
    was taken out of the view before is looked at once more, so that nothing stays for ever: nobody
    runs for the half second that this takes."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
