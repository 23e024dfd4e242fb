"""A process that follows a pointer as Seva's do. Its load of a release other than `m1` takes until
it is allowed to end.

    python -m tests.serving.release_process FOLDER NAME

`FOLDER/live` names the release, `FOLDER/end-RELEASE-NAME` lets its load end there. `FOLDER/log`
gets a line for each step: the name, what it does, the release.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from nlu.live import LOCK, Live
from nlu.registry import DATA, Release
from nlu.release_load import in_own_thread


def _tell(folder: Path, line: str) -> None:
    handle = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


async def _main(folder: Path, name: str) -> None:
    def find() -> Release:
        model = folder / (folder / "live").read_text()
        return Release(model, model / DATA)

    def load(release: Release) -> str:
        _tell(folder, f"{name} loads {release.id}")
        while release.id != "m1" and not (folder / f"end-{release.id}-{name}").exists():
            time.sleep(0.02)
        return release.id

    async def loaded(release: Release) -> str:
        return await in_own_thread(partial(load, release))

    live = Live(find, loaded, lock=folder / LOCK)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    follows = asyncio.create_task(live.keep())
    told = ("", "")
    while not stop.is_set():
        now = (live.loaded or "nothing", live.trouble)
        if now != told:
            _tell(folder, f"{name} serves {now[0]}: {now[1] or 'well'}")
        told = now
        await asyncio.sleep(0.02)
    follows.cancel()
    await asyncio.gather(follows, return_exceptions=True)
    _tell(folder, f"{name} ends")


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
