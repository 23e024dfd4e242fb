"""`seva serve` as it is, but with fakes behind it: no model, ready at once.

Its arguments are the public and the internal port, a folder, the seconds of the drain, and how many
processes there are.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.app import create_app
from api.processes import Processes, listen, share_counts
from api.roles import listeners, serve_app
from nlu.catalogue import shared_catalogue
from nlu.log import configure_logging
from nlu.settings.settings import ServeSettings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding

SLOW, ASKED, GO = "slowly", "asked", "go"
"""A text that is understood once there is a file `go`; there is a file `asked` before."""
BROKEN, DYING = "broken", "dying"
"""With such a file a process does not get ready, or ends at its start."""


class Understanding(FakeUnderstanding):
    """A text may take its time. The model's name tells the process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.model_id = folder, str(os.getpid())

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        if text == SLOW:
            (self.folder / ASKED).touch()
            while not (self.folder / GO).exists():
                await asyncio.sleep(0.02)
        return await super().parse(text, language, client)


def _settings() -> ServeSettings:
    port, internal_port, folder, drain_seconds = sys.argv[1:5]
    return ServeSettings(
        var_dir=folder,
        serve_port=port,
        internal_port=internal_port,
        drain_seconds=drain_seconds,
        api_keys="right-key",
    )


def _app(settings: ServeSettings, internal: socket.socket) -> FastAPI:
    folder = settings.var_dir
    broken: Any = object() if (folder / BROKEN).exists() else None
    return create_app(
        settings,
        Understanding(folder),
        FakeSpeech(),
        broken,
        catalogue=shared_catalogue(Path("data")),
        internal=internal,
    )


def serve(load_first: bool, life: Connection, sockets: Sequence[socket.socket]) -> None:
    """One of several processes."""
    configure_logging("INFO")
    settings = _settings()
    if (settings.var_dir / DYING).exists():
        sys.exit(1)
    public, internal = sockets
    sys.exit(serve_app(_app(settings, internal), settings, public, life))


def main(count: int) -> int:
    """Serves until SIGTERM; the exit code."""
    configure_logging("INFO")
    settings = _settings()
    if count > 1:
        share_counts(settings.var_dir / "counts")
        return Processes(count, serve, partial(listeners, settings), stop_s=60).run()
    internal = listen(settings.internal_host, settings.internal_port)
    return serve_app(_app(settings, internal), settings)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[5])))
