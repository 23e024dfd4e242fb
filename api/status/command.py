"""The body of `seva status`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live

from api.status.places import Place, places
from api.status.report import Report, Watch
from api.status.table import notes, serving, table
from nlu.settings.settings import Settings

_AGAIN = 0.5  # seconds until it is asked once more to end


def status_command(
    settings: Settings,
    roles: Sequence[str],
    *,
    once: bool,
    every: float,
    as_json: bool,
    out: TextIO | None = None,
) -> int:
    """Prints how the roles are; the exit code. Where `out` (standard output) is no terminal, the
    table is printed once. SIGTERM or Ctrl-C ends it with 0."""
    known = {place.role: place for place in places(settings)}
    unknown = [role for role in roles if role not in known]
    if unknown:
        print(f"no such role: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    asked = [place for name, place in known.items() if not roles or name in roles]
    console = Console(file=out or sys.stdout)
    once = once or not (as_json or console.is_terminal)
    if once:
        return asyncio.run(_once(asked, console, as_json))
    try:
        asyncio.run(_again(asked, console, every, as_json))
    except BrokenPipeError:  # who reads has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


async def _once(asked: Sequence[Place], console: Console, as_json: bool) -> int:
    """Exit code 1 where a role does not answer, or is not ready."""
    reports = await Watch(asked, once=True).look()
    _print(reports, console, as_json)
    return 0 if all(report.ready for report in reports) else 1


async def _again(asked: Sequence[Place], console: Console, every: float, as_json: bool) -> None:
    """Until SIGTERM or Ctrl-C, also while a role keeps it waiting."""
    looking = asyncio.create_task(_keep_looking(asked, console, every, as_json))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if looking.done():
        await looking  # it never ends by itself: this raises why it did
    while not looking.done():  # Python 3.10 can lose a cancellation (bpo-42130)
        looking.cancel()
        await asyncio.wait({looking}, timeout=_AGAIN)


async def _keep_looking(
    asked: Sequence[Place], console: Console, every: float, as_json: bool
) -> None:
    watch = Watch(asked)
    if as_json:
        while True:
            _print(await watch.look(), console, as_json)
            await asyncio.sleep(every)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(_view(await watch.look()), refresh=True)
            await asyncio.sleep(every)


def _print(reports: Sequence[Report], console: Console, as_json: bool) -> None:
    if as_json:
        told = {"roles": [report.as_json() for report in reports]}
        print(json.dumps(told, ensure_ascii=False), file=console.file, flush=True)
    else:
        console.print(_view(reports))


def _view(reports: Sequence[Report]) -> Group:
    return Group(table(reports), *serving(reports), *notes(reports))
