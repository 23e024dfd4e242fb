"""A worker in a process of its own, to be killed: its dialogue stands still at one text.

Its arguments are a folder, the URL of the database, and `hang` or `go`.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from nlu.log import configure_logging
from nlu.settings.settings import Settings
from nlu.turn import Message, Turned
from tests.inbox.worker_fakes import FakeEngine
from tests.working import take_turns

LEASE = 1.0
REACHED = "reached"
"""A file that tells that the turn of the text is under way."""


class Hanging(FakeEngine):
    """Never comes to the end of a turn."""

    folder = Path()

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        (self.folder / REACHED).touch()
        await asyncio.sleep(3600)
        raise AssertionError("it was to be killed")


def main() -> None:
    folder, url, kind = sys.argv[1:]
    configure_logging("INFO")
    settings = Settings(var_dir=folder, database_url=url, lease_seconds=LEASE)
    engine = FakeEngine(spoken="te")
    if kind == "hang":
        engine = Hanging()
        engine.folder = Path(folder)
    asyncio.run(take_turns(settings, engine, None, threading.Event()))


if __name__ == "__main__":
    main()
