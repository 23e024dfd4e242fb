"""A whole deployment for a stream of turns, and its end, whatever happens."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import processor_seconds
from benchmarks.stream.stream import Stream, load_settings
from benchmarks.upheaval.place import Layout, Place, models_folder, placed
from benchmarks.upheaval.stop import unless
from benchmarks.upheaval.words import Words
from nlu.catalogue import load_catalogue
from nlu.registry import live_release, promote


@asynccontextmanager
async def deployed(
    layout: Layout, people: Sequence[str], stop: asyncio.Event, models: Sequence[str] = ()
) -> AsyncIterator[Stream]:
    """A stream to processes that answer; they and their files are gone afterwards. `models`: the
    registry is one of the run's own with these releases, of which the first is live. Raises
    RuntimeError where a process does not start, Stopped."""
    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="seva-stream-") as folder:
        if models:
            layout = replace(layout, models=_registry(Path(folder) / "models", models))
        catalogue = load_catalogue(live_release(layout.models).data)
        place = placed(Path(folder), catalogue, settings, 0, people, layout)
        stream: Stream | None = None
        try:
            await unless(stop, place.supervisor.start())
            stream = Stream(place, Words(catalogue, settings, {}, {}), people)
            await stream.prepare()
            yield stream
        finally:
            if stream is not None:
                await stream.close()
            await place.supervisor.stop()


def _registry(folder: Path, models: Sequence[str]) -> Path:
    """A folder of links to releases; the first is live."""
    folder.mkdir(parents=True)
    for name in models:
        (folder / name).symlink_to((models_folder() / name).resolve())
    promote(folder, models[0])
    return folder


def used(place: Place) -> dict[str, float]:
    """Processor seconds of each role so far."""
    found: dict[str, float] = {}
    for name in place.supervisor.processes:
        pid = place.supervisor.pid(name)
        role = name.partition("-")[0]
        found[role] = found.get(role, 0.0) + (processor_seconds(pid) if pid else 0.0)
    return found


def used_since(place: Place, before: dict[str, float], turns: int) -> dict[str, float]:
    """Processor milliseconds of each role for a turn."""
    now = used(place)
    return {role: round(1000 * (now[role] - before[role]) / max(turns, 1), 1) for role in now}
