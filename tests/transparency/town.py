"""A log over real HTTP, its owner who may cheat, and its neighbours."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from actions.transparency.log import Log
from actions.transparency.routes import build
from tests.processes import free_port

ORIGIN = "seva.example/log"


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app behind a real socket; yields its base URL."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="error", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def log_app(log: Log) -> FastAPI:
    """The log's own routes and nothing else."""
    app = FastAPI()
    app.include_router(build(log))
    return app


def rewrite(log: Log, entries: Sequence[bytes]) -> Log:
    """The owner puts another history in place: tiles, checkpoint and all, signed by its own key."""
    root = log.folder.root
    log.close()
    forged = root.with_name("forged")
    shutil.rmtree(forged, ignore_errors=True)
    (forged / "public").mkdir(parents=True)
    shutil.copy(log.folder.key, forged / "log.key")
    shutil.copy(log.folder.verifier, forged / "public" / "key")
    Log.open(forged).append_many(entries)
    shutil.rmtree(root)
    forged.rename(root)
    return Log.open(root)


def entries(count: int, start: int = 0) -> list[bytes]:
    """Numbered entries."""
    return [(start + number).to_bytes(32, "big") for number in range(count)]
